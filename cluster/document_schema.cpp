#include "cluster/document_schema.h"

#include <vector>

#include "cluster/document_fields.h"
#include "common/text.h"

namespace pcb {
namespace {

template <class T>
struct ElementOf {};
template <class T>
struct ElementOf<std::vector<T>> {
  using Type = T;
};
template <class T>
struct ElementOf<std::optional<T>> {
  using Type = T;
};

template <class T>
concept Optional = requires(T value) {
  value.has_value();
};
template <class T>
concept List = requires(T value) {
  value.emplace_back();
}
&&!std::is_same_v<T, std::string>;

std::string quoted(std::string_view text) { return "\"" + text::json_escape(text) + "\""; }

template <class E>
std::string enum_words(const char* separator, bool in_quotes) {
  std::string words;
  for (const std::string_view word : kEnumWords<E>) {
    words += (words.empty() ? "" : separator) + (in_quotes ? quoted(word) : std::string(word));
  }
  return words;
}

// The schema of one kind of object: {"type": "object", "required": […], "properties": {…}}.
class SchemaWriter {
 public:
  explicit SchemaWriter(std::string indent) : indent_(std::move(indent)) {}

  template <class T>
  static std::string object(const std::string& indent, const std::string& first_property = "",
                            const std::string& first_required = "") {
    SchemaWriter writer(indent + "    ");
    writer.properties_ = first_property;
    writer.required_ = first_required;
    T value{};
    describe(writer, value);
    const std::string inner = indent + "  ";
    return "{\n" + inner + "\"type\": \"object\",\n" + inner + "\"required\": [" + writer.required_ + "],\n" +
           inner + "\"properties\": {\n" + writer.properties_ + "\n" + inner + "}\n" + indent + "}";
  }

  template <class T>
  void operator()(const FieldNote& note, const T& /*member*/) {
    if (note.required) required_ += (required_.empty() ? "" : ", ") + quoted(note.key);
    properties_ += (properties_.empty() ? "" : ",\n") + indent_ + quoted(note.key) +
                   ": {\"description\": " + quoted(description(note)) + ", " + type<T>(note) + "}";
  }

 private:
  static std::string description(const FieldNote& note) {
    std::string words = note.meaning;
    if (*note.unit != '\0') words += ", in " + std::string(note.unit);
    if (*note.absent != '\0') words += "; absent: " + std::string(note.absent);
    return words;
  }

  template <class T>
  std::string type(const FieldNote& note) const {
    if constexpr (Optional<T>) {
      return type<typename ElementOf<T>::Type>(note);
    } else if constexpr (List<T>) {
      return "\"type\": \"array\", \"items\": {" + type<typename ElementOf<T>::Type>(note) + "}";
    } else if constexpr (std::is_same_v<T, bool>) {
      return "\"type\": \"boolean\"";
    } else if constexpr (std::is_same_v<T, int>) {
      return "\"type\": \"integer\", \"minimum\": 0, \"maximum\": 65535";
    } else if constexpr (std::is_same_v<T, double>) {
      return std::string("\"type\": \"number\", \"minimum\": 0") +
             ", \"maximum\": " + (note.range == FieldRange::ratio ? "1" : kLargestNumberText) +
             (note.range == FieldRange::capacity ? R"(, "anyOf": [{"const": 0}, {"minimum": 0.001}])" : "");
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (note.range == FieldRange::guest_id)
        return R"("type": "string", "pattern": "^(lxc|qemu)/[1-9][0-9]{0,8}$")";
      return std::string("\"type\": \"string\"") +
             (note.range == FieldRange::name ? ", \"minLength\": 1" : "");
    } else if constexpr (std::is_enum_v<T>) {
      return "\"enum\": [" + enum_words<T>(", ", true) + "]";
    } else if constexpr (std::is_same_v<T, Bridge>) {
      return R"("anyOf": [{"type": "string", "minLength": 1}, )" + object<T>(indent_) + "]";
    } else {
      std::string whole = object<T>(indent_);
      return whole.substr(1, whole.size() - 2);
    }
  }

  std::string indent_;
  std::string required_;
  std::string properties_;
};

// One table of the page for each kind of object, those inside it below it.
class PageWriter {
 public:
  explicit PageWriter(std::string path) : path_(std::move(path)) {}

  template <class T>
  static void object(std::string& tables, const std::string& path, const std::string& title) {
    PageWriter writer(path);
    T value{};
    describe(writer, value);
    tables += "## " + title +
              "\n\n| field | type | unit | absent means | meaning | source |\n|---|---|---|---|---|---|\n" +
              writer.rows_ + "\n" + writer.below_;
  }

  template <class T>
  void operator()(const FieldNote& note, const T& /*member*/) {
    const std::string absent = note.required ? "**required**" : note.absent;
    rows_ += "| `" + std::string(note.key) + "` | " + type<T>(note) + " | " + note.unit + " | " + absent +
             " | " + note.meaning + " | " + note.source + " |\n";
  }

 private:
  template <class T>
  std::string type(const FieldNote& note) {
    if constexpr (Optional<T>) {
      return type<typename ElementOf<T>::Type>(note);
    } else if constexpr (List<T>) {
      return "list of " + type<typename ElementOf<T>::Type>(note);
    } else if constexpr (std::is_same_v<T, bool>) {
      return "boolean";
    } else if constexpr (std::is_same_v<T, int>) {
      return "whole number";
    } else if constexpr (std::is_same_v<T, double>) {
      return note.range == FieldRange::ratio ? "number 0..1" : "number";
    } else if constexpr (std::is_same_v<T, std::string>) {
      return "string";
    } else if constexpr (std::is_enum_v<T>) {
      return enum_words<T>(", ", false);
    } else {
      const std::string path = path_.empty() ? note.key : path_ + "." + note.key;
      object<T>(below_, path, "`" + path + "`");
      return std::is_same_v<T, Bridge> ? "string (its name) or object" : "object";
    }
  }

  std::string path_;
  std::string rows_;
  std::string below_;
};

constexpr const char* kIntroduction = R"(# The cluster document

Schema `balancer.cluster/1`: the state of one Proxmox cluster as one JSON text. The exporter gives it at `/cluster`,
the planner reads it (`balancer-evaluator plan --cluster FILE`), and a saved one can be planned on again at any time.
It can be written by hand: the smallest one is

```json
{"schema": "balancer.cluster/1",
 "hosts": [{"name": "pve1", "cpu_cores": 8, "memory_bytes": 34359738368}]}
```

The machine-readable form of this page is `cluster-document.schema.json`; both are made from the table that the
reader and the writer use.

- UTF-8. Memory and sizes are bytes, CPU is cores, ratios are 0..1, times are Unix seconds.
- **What is not known is absent**, never 0 and never null.
- The order of keys and of lists means nothing.
- **Refused**, with the JSON path of the fault (`$.guests[3].host: …`; where two clash, of the second): another
  schema, a required field that is missing, a wrong type, null, a number that is negative or above
  1e18, a host's cores or memory above 0 but below 0.001, a word that is not in the list, a
  malformed id, two hosts of one name, two guests of one id, a guest on a host that is not in the document, two
  storages or bridges of one name on a host, two volumes of one key, one key twice in an object, nesting beyond 32
  levels, more than 64 MiB, and text that is not JSON (with line and column).
- **Ignored with a warning**: unknown fields, and a rule that names a guest or host that is not in the document, no
  guest, or (only_on, avoid) no host.

)";

}  // namespace

std::string cluster_document_schema() {
  const std::string schema_field =
      "    \"schema\": {\"description\": \"name and version of this format\", \"const\": " +
      quoted(kClusterSchema) + "}";
  std::string object = SchemaWriter::object<Cluster>("", schema_field, "\"schema\"");
  return "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"Cluster "
         "document\",\n" +
         object.substr(2) + "\n";
}

std::string cluster_document_page() {
  std::string page = kIntroduction;
  page += "Beside the fields below, the document has `schema`, which is `\"" + std::string(kClusterSchema) +
          "\"` and **required**.\n\n";
  PageWriter::object<Cluster>(page, "", "The document");
  page +=
      "## Codes of `guests.blockers`\n\nA guest with a blocker never moves. Where the table says so, "
      "`allow_blockers` in\nconfig.yaml overrides one for a guest.\n\n"
      "| code | meaning | may be allowed |\n|---|---|---|\n";
  for (const BlockerCode& blocker : kBlockerCodes) {
    page += "| `" + std::string(blocker.code) + "` | " + std::string(blocker.meaning) + " | " +
            (blocker.may_be_allowed ? "yes" : "no") + " |\n";
  }
  return page;
}

}  // namespace pcb
