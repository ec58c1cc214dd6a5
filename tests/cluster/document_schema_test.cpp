#include "cluster/document_schema.h"

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex.h>

#include "cluster/document_json.h"
#include "tests/cluster/generated_file.h"

namespace pcb {
namespace {

using nlohmann::json;

bool matches(const std::string& text, const std::string& pattern) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

// Checks a value against the part of JSON Schema that our schema uses; "" or the path of the first fault. A
// keyword that it does not know is a fault too, so that the schema cannot outgrow the test.
std::string schema_fault(const json& schema, const json& value, const std::string& path) {
  static const std::set<std::string> kAnnotations = {"$schema", "title", "description"};
  static const std::map<std::string, bool (json::*)() const noexcept> kTypes = {
      {"object", &json::is_object}, {"array", &json::is_array},     {"string", &json::is_string},
      {"number", &json::is_number}, {"boolean", &json::is_boolean}, {"integer", &json::is_number_integer}};
  for (const auto& [keyword, rule] : schema.items()) {
    bool ok = true;
    if (keyword == "type") {
      ok = (value.*kTypes.at(rule))();
    } else if (keyword == "const") {
      ok = value == rule;
    } else if (keyword == "enum") {
      ok = std::find(rule.begin(), rule.end(), value) != rule.end();
    } else if (keyword == "minimum") {
      ok = !value.is_number() || value.get<double>() >= rule.get<double>();
    } else if (keyword == "maximum") {
      ok = !value.is_number() || value.get<double>() <= rule.get<double>();
    } else if (keyword == "minLength") {
      ok = !value.is_string() || value.get<std::string>().size() >= rule.get<size_t>();
    } else if (keyword == "pattern") {
      ok = !value.is_string() || matches(value, rule);
    } else if (keyword == "anyOf") {
      ok = std::any_of(rule.begin(), rule.end(),
                       [&](const json& s) { return schema_fault(s, value, path).empty(); });
    } else if (keyword == "required") {
      ok = std::all_of(rule.begin(), rule.end(),
                       [&](const json& key) { return value.contains(key.get<std::string>()); });
    } else if (keyword == "items") {
      for (size_t i = 0; value.is_array() && i < value.size(); ++i) {
        const std::string fault = schema_fault(rule, value[i], path + "[" + std::to_string(i) + "]");
        if (!fault.empty()) return fault;
      }
    } else if (keyword == "properties") {
      for (const auto& [key, property] : rule.items()) {
        if (!value.is_object() || !value.contains(key)) continue;
        const std::string fault = schema_fault(property, value[key], path + "." + key);
        if (!fault.empty()) return fault;
      }
    } else if (!kAnnotations.contains(keyword)) {
      return path + ": the schema has the keyword " + keyword;
    }
    if (!ok) return path + ": " + keyword;
  }
  return "";
}

std::string fault_of(const std::string& text) {
  static const json kSchema = json::parse(cluster_document_schema());
  return schema_fault(kSchema, json::parse(text), "$");
}

// Every path of properties in the schema: "hosts[].name".
void collect_properties(const json& schema, const std::string& path, std::set<std::string>& out) {
  if (schema.contains("items")) collect_properties(schema["items"], path + "[]", out);
  if (schema.contains("anyOf")) {
    for (const json& option : schema["anyOf"]) collect_properties(option, path, out);
  }
  if (!schema.contains("properties")) return;
  for (const auto& [key, property] : schema["properties"].items()) {
    out.insert(path + "." + key);
    collect_properties(property, path + "." + key, out);
  }
}

std::set<std::string> fields_of_schema() {
  std::set<std::string> fields;
  collect_properties(json::parse(cluster_document_schema()), "$", fields);
  // Hosts and guests share the type of a bridge; these fields mean nothing where they are.
  for (const char* idle :
       {"$.hosts[].bridges[].tag", "$.guests[].bridges[].mtu", "$.guests[].bridges[].vlan_aware"}) {
    EXPECT_EQ(fields.erase(idle), 1U) << idle;
  }
  return fields;
}

void collect_keys(const json& value, const std::string& path, std::set<std::string>& out) {
  if (value.is_array()) {
    for (const json& element : value) collect_keys(element, path + "[]", out);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      out.insert(path + "." + key);
      collect_keys(member, path + "." + key, out);
    }
  }
}

TEST(DocumentSchema, FilesInDocsAreWhatTheTablesSay) {
  expect_generated("docs/cluster-document.schema.json", cluster_document_schema());
  expect_generated("docs/cluster-document.md", cluster_document_page());
}

TEST(DocumentSchema, TheFullDocumentHasEveryFieldOfTheSchema) {
  const std::set<std::string> in_schema = fields_of_schema();
  std::set<std::string> in_document;
  collect_keys(json::parse(read_source_file("tests/cluster/documents/full.json")), "$", in_document);
  EXPECT_EQ(in_schema, in_document);
}

TEST(DocumentSchema, EveryFieldThatIsWrittenIsInTheSchema) {
  const auto reading = read_cluster(read_source_file("tests/cluster/documents/full.json"));
  ASSERT_TRUE(reading.ok());
  const std::set<std::string> in_schema = fields_of_schema();
  std::set<std::string> written;
  collect_keys(json::parse(write_cluster(reading->cluster)), "$", written);
  for (const std::string& key : written) EXPECT_TRUE(in_schema.contains(key)) << key;
  EXPECT_GE(written.size() + 1, in_schema.size());  // but for the empty `hosts` of a rule
}

TEST(DocumentSchema, AcceptsWhatTheReaderAccepts) {
  for (const char* name : {"minimal.json", "full.json"}) {
    const std::string text = read_source_file(std::string("tests/cluster/documents/") + name);
    EXPECT_EQ(fault_of(text), "") << name;
    EXPECT_EQ(fault_of(write_cluster(read_cluster(text)->cluster)), "") << name;
  }
}

// One change of a good document at a time: schema and reader must agree on whether it is still good.
TEST(DocumentSchema, ReaderAndSchemaAgreeOnEveryChangedValue) {
  const json good = json::parse(read_source_file("tests/cluster/documents/full.json"));
  const json replacements[] = {
      nullptr, true, -1, 0.5, 7, 70000, 1e-4, 2e18, "", "lxc/7", "x", json::array(), json::object(), "apart"};
  // Names that clash or lead nowhere are beyond a schema, and the two versions of a bridge agree by other
  // tests.
  const auto is_name = [](const std::string& pointer) {
    return pointer.ends_with("/name") || pointer.ends_with("/host") || pointer.ends_with("/id") ||
           pointer.ends_with("/key");
  };
  int checked = 0;
  std::set<std::string> done;
  const json flat = good.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    std::string path = pointer;
    for (; !path.empty() && done.insert(path).second; path.resize(path.rfind('/'))) {
      for (const json& replacement : replacements) {
        if (is_name(path) && replacement.is_string() && replacement != "") continue;
        if (path == "/hosts" || path == "/guests") continue;  // then guests or rules lead nowhere
        json changed = good;
        changed[json::json_pointer(path)] = replacement;
        const std::string text = changed.dump();
        const auto reading = read_cluster(text);
        EXPECT_EQ(reading.ok(), fault_of(text).empty())
            << path << " := " << replacement
            << "\nreader: " << (reading.ok() ? "good" : reading.error().message)
            << "\nschema: " << fault_of(text);
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 1000);
}

}  // namespace
}  // namespace pcb
