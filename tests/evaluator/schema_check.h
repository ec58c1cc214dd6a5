// A JSON Schema checker for what docs/openapi.json uses: type, properties, required, additionalProperties,
// items, enum, anyOf, $ref. A keyword that it does not know is a fault, so that no rule is passed over.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace pcb::test {

using Json = nlohmann::json;

class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& document) : document_(document) {}

  // What does not fit, each with its place; empty: all is well.
  std::vector<std::string> faults(const Json& schema, const Json& value) {
    faults_.clear();
    check(schema, value, "$");
    return faults_;
  }

 private:
  static bool is(const Json& value, const std::string& type) {
    if (type == "number") return value.is_number();
    if (type == "integer") return value.is_number_integer();
    return type == value.type_name() || (type == "null" && value.is_null());
  }

  void fault(const std::string& place, const std::string& what) { faults_.push_back(place + ": " + what); }

  void check(const Json& schema, const Json& value, const std::string& place) {
    static const std::set<std::string> known = {"$ref",       "type", "properties", "required",
                                                "items",      "enum", "anyOf",      "additionalProperties",
                                                "description"};
    for (const auto& [key, unused] : schema.items())
      if (known.count(key) == 0) fault(place, "the schema says " + key + ", which this test cannot check");
    if (schema.contains("$ref"))
      return check(document_.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1))), value,
                   place);
    if (schema.contains("anyOf")) return check_any(schema["anyOf"], value, place);
    if (schema.contains("type") && !fits_type(schema["type"], value))
      return fault(place, std::string("is ") + value.type_name() + ", not " + schema["type"].dump());
    if (schema.contains("enum") && !value.is_null() &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      fault(place, value.dump() + " is none of " + schema["enum"].dump());
    if (value.is_array() && schema.contains("items")) {
      for (std::size_t i = 0; i < value.size(); ++i)
        check(schema["items"], value[i], place + "[" + std::to_string(i) + "]");
    }
    if (value.is_object()) check_object(schema, value, place);
  }

  static bool fits_type(const Json& type, const Json& value) {
    if (type.is_string()) return is(value, type);
    return std::any_of(type.begin(), type.end(), [&](const Json& one) { return is(value, one); });
  }

  void check_any(const Json& schemas, const Json& value, const std::string& place) {
    for (const Json& schema : schemas)
      if (SchemaCheck(document_).faults(schema, value).empty()) return;
    fault(place, "fits none of anyOf: " + value.dump());
  }

  void check_object(const Json& schema, const Json& value, const std::string& place) {
    const Json none = Json::object();
    const Json& properties = schema.contains("properties") ? schema["properties"] : none;
    for (const Json& name : schema.value("required", Json::array()))
      if (!value.contains(name.get<std::string>())) fault(place, name.dump() + " is missing");
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) {
        check(properties[name], member, place + "." + name);
      } else if (const Json more = schema.value("additionalProperties", Json(true)); more.is_object()) {
        check(more, member, place + "." + name);
      } else if (!more.get<bool>()) {
        fault(place, "\"" + name + "\" is not in the schema");
      }
    }
  }

  const Json& document_;
  std::vector<std::string> faults_;
};

}  // namespace pcb::test
