// write_cluster(): the writing half of cluster/document_json.h.
#include <cmath>

#include "cluster/document_fields.h"
#include "cluster/document_json.h"
#include "common/text.h"

namespace pcb {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  out += text::json_escape(text);
  out += '"';
}

// Writes one object on one line, in the order of the field tables.
class LineWriter {
 public:
  explicit LineWriter(std::string& out) : out_(out) {}

  template <class T>
  void object(const T& value) {
    out_ += '{';
    const bool outer = std::exchange(first_, true);
    describe(*this, value);
    first_ = outer;
    out_ += '}';
  }

  // A number that is not finite is not known, and what is not known is left out.
  void operator()(const FieldNote& note, double value) {
    if (!std::isfinite(value)) return;
    key(note);
    text::append_number(out_, value);
  }
  template <class T>
  void operator()(const FieldNote& note, const std::optional<T>& value) {
    if (value) write_present(note, *value);
  }
  template <class T>
  void operator()(const FieldNote& note, const std::vector<T>& values) {
    if (!values.empty() || note.required) write_present(note, values);
  }
  void operator()(const FieldNote& note, const std::string& value) {
    if (!value.empty() || note.required) write_present(note, value);
  }
  template <class T>
  void operator()(const FieldNote& note, const T& value) {
    write_present(note, value);
  }

  void element(const std::string& value) { append_quoted(out_, value); }
  void element(bool value) { out_ += value ? "true" : "false"; }
  void element(int value) { out_ += std::to_string(value); }
  void element(const Bridge& bridge) {
    if (bridge.vlan_aware || bridge.mtu || bridge.tag) {
      object(bridge);
    } else {
      element(bridge.name);
    }
  }
  template <class T>
  void element(const std::vector<T>& values) {
    out_ += '[';
    const char* separator = "";
    for (const T& value : values) {
      out_ += std::exchange(separator, ", ");
      element(value);
    }
    out_ += ']';
  }
  template <class T>
  void element(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      append_quoted(out_, kEnumWords<T>.at(static_cast<size_t>(value)));
    } else {
      object(value);
    }
  }

 private:
  void key(const FieldNote& note) {
    if (!std::exchange(first_, false)) out_ += ", ";
    append_quoted(out_, note.key);
    out_ += ": ";
  }
  template <class T>
  void write_present(const FieldNote& note, const T& value) {
    if constexpr (std::is_same_v<T, double>) {
      operator()(note, value);
    } else {
      key(note);
      element(value);
    }
  }

  std::string& out_;
  bool first_ = true;
};

// Writes the document itself: each field on its line, each host, guest and rule on its own.
class DocumentWriter {
 public:
  explicit DocumentWriter(std::string& out) : out_(out) {}

  template <class T>
  void operator()(const FieldNote& note, const std::optional<T>& value) {
    if (!value) return;
    if constexpr (std::is_same_v<T, double>) {
      if (!std::isfinite(*value)) return;
    }
    key(note);
    if constexpr (std::is_same_v<T, double>) {
      text::append_number(out_, *value);
    } else {
      LineWriter(out_).element(*value);
    }
  }
  template <class T>
  void operator()(const FieldNote& note, const std::vector<T>& values) {
    key(note);
    out_ += '[';
    const char* separator = "\n    ";
    for (const T& value : values) {
      out_ += std::exchange(separator, ",\n    ");
      LineWriter(out_).element(value);
    }
    out_ += values.empty() ? "]" : "\n  ]";
  }

 private:
  void key(const FieldNote& note) {
    out_ += ",\n  ";
    append_quoted(out_, note.key);
    out_ += ": ";
  }

  std::string& out_;
};

}  // namespace

std::string write_cluster(const Cluster& cluster) {
  std::string out = "{\n  \"schema\": ";
  append_quoted(out, kClusterSchema);
  DocumentWriter writer(out);
  describe(writer, cluster);
  out += "\n}\n";
  return out;
}

}  // namespace pcb
