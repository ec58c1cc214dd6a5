#include "cluster/document_json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "cluster/document_defaults.h"
#include "cluster/document_fields.h"
#include "cluster/json_tree.h"

namespace pcb {
namespace {

constexpr size_t kMaxWarnings = 50;

template <class E>
concept Enum = std::is_enum_v<E>;

// Walks the tree with the field tables. The first fault ends the reading.
class Reader {
 public:
  explicit Reader(JsonTree& tree) : tree_(tree) {}

  template <class T>
  bool read_object(uint32_t index, T& value) {
    if (!expect(index, JsonKind::object, "an object")) return false;
    const uint32_t outer = object_;
    const uint32_t outer_cursor = cursor_;
    object_ = index;
    cursor_ = index + 1;
    describe(*this, value);
    if (error_.empty()) note_unknown(index);
    object_ = outer;
    cursor_ = outer_cursor;
    return error_.empty();
  }

  // One field, as the tables in document_fields.h call it.
  template <class T>
  void operator()(const FieldNote& note, T& member) {
    if (!error_.empty()) return;
    const uint32_t index = find(note.key);
    if (index == 0) {
      if (note.required) fail(object_, "\"" + std::string(note.key) + "\" is missing; it is required");
      return;
    }
    tree_.nodes[index].seen = true;
    read(note, index, member);
  }

  bool schema_is_known() {
    if (!expect(0, JsonKind::object, "an object")) return false;
    object_ = 0;
    cursor_ = 1;
    const uint32_t index = find("schema");
    if (index == 0) {
      return fail(0, "\"schema\" is missing; this program reads \"" + std::string(kClusterSchema) + "\"");
    }
    tree_.nodes[index].seen = true;
    if (tree_.nodes[index].kind == JsonKind::string && tree_.nodes[index].text == kClusterSchema) return true;
    return fail(index, "found " + describe_json(tree_.nodes[index]) + "; this program reads \"" +
                           std::string(kClusterSchema) + "\"");
  }

  bool fail(uint32_t index, const std::string& sentence) {
    if (error_.empty()) error_ = tree_.path_of(index) + ": " + sentence;
    return false;
  }
  // The path of an element of a list that is a member of an object: "hosts", 3.
  [[nodiscard]] uint32_t element(uint32_t object, std::string_view key, size_t position) {
    object_ = object;
    cursor_ = object + 1;
    uint32_t index = find(key) + 1;
    while (position-- > 0) index = tree_.nodes[index].next;
    return index;
  }
  [[nodiscard]] uint32_t member(uint32_t object, std::string_view key) {
    object_ = object;
    cursor_ = object + 1;
    return find(key);
  }
  [[nodiscard]] std::string path_of(uint32_t index) const { return tree_.path_of(index); }

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::vector<std::string> unknown_fields() const {
    std::vector<std::string> sentences;
    for (const auto& [key, unknown] : unknown_) {
      std::string sentence = unknown.path + ": unknown field ignored";
      if (unknown.count > 1)
        sentence += " (here and in " + std::to_string(unknown.count - 1) + " other places)";
      sentences.push_back(std::move(sentence));
    }
    return sentences;
  }

 private:
  struct Unknown {
    std::string path;
    size_t count = 0;
  };

  bool expect(uint32_t index, JsonKind kind, const char* wanted) {
    if (tree_.nodes[index].kind == kind) return true;
    std::string sentence = "found " + describe_json(tree_.nodes[index]) + ", expected " + wanted;
    if (tree_.nodes[index].kind == JsonKind::null) sentence += "; leave the field out when it is not known";
    return fail(index, sentence);
  }

  // Keys mostly come in the order of the table, so the search starts behind the last hit.
  uint32_t find(std::string_view key) {
    const uint32_t begin = object_ + 1;
    const uint32_t end = tree_.nodes[object_].next;
    for (uint32_t i = cursor_; i < end; i = tree_.nodes[i].next) {
      if (tree_.nodes[i].key == key) return hit(i);
    }
    for (uint32_t i = begin; i < cursor_; i = tree_.nodes[i].next) {
      if (tree_.nodes[i].key == key) return hit(i);
    }
    return 0;
  }
  uint32_t hit(uint32_t index) {
    cursor_ = tree_.nodes[index].next;
    return index;
  }

  void note_unknown(uint32_t object) {
    for (uint32_t i = object + 1; i < tree_.nodes[object].next; i = tree_.nodes[i].next) {
      if (tree_.nodes[i].seen) continue;
      const std::string kind =
          std::string(tree_.nodes[tree_.nodes[object].parent].key) + "." + std::string(tree_.nodes[i].key);
      if (unknown_.size() == kMaxWarnings && !unknown_.contains(kind)) continue;
      Unknown& unknown = unknown_[kind];
      if (unknown.count++ == 0) unknown.path = tree_.path_of(i);
    }
  }

  template <class T>
  void read(const FieldNote& note, uint32_t index, std::optional<T>& member) {
    read(note, index, member.emplace());
  }
  template <class T>
  void read(const FieldNote& note, uint32_t index, std::vector<T>& member) {
    if (!expect(index, JsonKind::array, "a list")) return;
    member.reserve(tree_.nodes[index].children);
    for (uint32_t i = index + 1; i < tree_.nodes[index].next && error_.empty(); i = tree_.nodes[i].next) {
      read(note, i, member.emplace_back());
    }
  }
  void read(const FieldNote& /*note*/, uint32_t index, bool& member) {
    if (expect(index, JsonKind::boolean, "true or false")) member = tree_.nodes[index].truth;
  }
  void read(const FieldNote& note, uint32_t index, std::string& member) {
    if (!expect(index, JsonKind::string, "a string")) return;
    member = tree_.nodes[index].text;
    if (note.range == FieldRange::name && member.empty()) fail(index, "found \"\", expected a name");
    if (note.range == FieldRange::guest_id && !is_guest_id(member)) {
      fail(index,
           "found " + describe_json(tree_.nodes[index]) + ", expected lxc/N or qemu/N such as \"lxc/101\"");
    }
  }
  void read(const FieldNote& note, uint32_t index, double& member) {
    if (!expect(index, JsonKind::number, "a number")) return;
    const double number = tree_.nodes[index].number;
    const std::string found = "found " + describe_json(tree_.nodes[index]);
    if (number < 0) fail(index, found + ", expected 0 or more");
    if (number > kLargestNumber) fail(index, found + ", expected at most " + kLargestNumberText);
    if (note.range == FieldRange::capacity && number != 0 && number < kSmallestCapacity)
      fail(index, found + ", expected 0 or at least 0.001");
    if (note.range == FieldRange::ratio && number > 1)
      fail(index, found + ", expected a ratio 0..1 such as 0.85");
    member = number + 0.0;  // -0 becomes 0
  }
  void read(const FieldNote& /*note*/, uint32_t index, int& member) {
    if (!expect(index, JsonKind::number, "a whole number")) return;
    const double number = tree_.nodes[index].number;
    if (number < 0 || number > 65535 || std::trunc(number) != number) {
      fail(index, "found " + describe_json(tree_.nodes[index]) + ", expected a whole number 0..65535");
      return;
    }
    member = static_cast<int>(number);
  }
  template <Enum E>
  void read(const FieldNote& /*note*/, uint32_t index, E& member) {
    std::string words;
    for (size_t i = 0; i < kEnumWords<E>.size(); ++i) {
      if (tree_.nodes[index].kind == JsonKind::string && tree_.nodes[index].text == kEnumWords<E>[i]) {
        member = static_cast<E>(i);
        return;
      }
      words += (i == 0 ? "" : ", ") + std::string(kEnumWords<E>[i]);
    }
    fail(index, "found " + describe_json(tree_.nodes[index]) + ", expected one of " + words);
  }
  void read(const FieldNote& note, uint32_t index, Bridge& member) {
    if (tree_.nodes[index].kind != JsonKind::string) {
      read_object(index, member);
    } else {  // its bare name
      read(FieldNote{note.key, true, FieldRange::name}, index, member.name);
    }
  }
  template <class T>
  void read(const FieldNote& /*note*/, uint32_t index, T& member) {
    read_object(index, member);
  }

  JsonTree& tree_;
  uint32_t object_ = 0;
  uint32_t cursor_ = 1;
  std::string error_;
  std::map<std::string, Unknown> unknown_;  // by the object's and the field's key
};

// The position of the first element whose key stood before; npos when all differ.
template <class T, class Key>
size_t second_of_a_pair(const std::vector<T>& elements, Key key) {
  std::unordered_set<std::string_view> known;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!known.insert(key(elements[i])).second) return i;
  }
  return std::string::npos;
}

// What no single field shows: names that clash, names that lead nowhere.
class CrossChecker {
 public:
  CrossChecker(Reader& reader, ReadCluster& reading) : reader_(reader), reading_(reading) {}

  bool check() {
    Cluster& cluster = reading_.cluster;
    if (!all_differ(0, "hosts", cluster.hosts, "name",
                    [](const Host& h) -> std::string_view { return h.name; }) ||
        !all_differ(0, "guests", cluster.guests, "id",
                    [](const Guest& g) -> std::string_view { return g.id; })) {
      return false;
    }
    for (const Host& host : cluster.hosts) hosts_.insert(host.name);
    for (const Guest& guest : cluster.guests) guests_.insert(guest.id);
    for (size_t i = 0; i < cluster.hosts.size(); ++i) {
      if (!check_host(i, cluster.hosts[i])) return false;
    }
    for (size_t i = 0; i < cluster.guests.size(); ++i) {
      if (!check_guest(i, cluster.guests[i])) return false;
    }
    drop_unusable_rules();
    return true;
  }

 private:
  template <class T, class Key>
  bool all_differ(uint32_t object, const char* list, const std::vector<T>& elements, const char* field,
                  Key key) {
    const size_t position = second_of_a_pair(elements, key);
    if (position == std::string::npos) return true;
    uint32_t place = reader_.element(object, list, position);
    if (const uint32_t at = reader_.member(place, field); at != 0) place = at;
    return reader_.fail(place, std::string("this ") + field + " stands in the list for the second time");
  }

  bool check_host(size_t position, const Host& host) {
    const auto bridge_name = [](const Bridge& b) -> std::string_view { return b.name; };
    const auto storage_name = [](const HostStorage& s) -> std::string_view { return s.name; };
    const auto place = [&] { return reader_.element(0, "hosts", position); };
    return (!host.bridges || all_differ(place(), "bridges", *host.bridges, "name", bridge_name)) &&
           (!host.storages || all_differ(place(), "storages", *host.storages, "name", storage_name));
  }

  bool check_guest(size_t position, const Guest& guest) {
    if (!hosts_.contains(guest.host)) {
      const uint32_t place = reader_.member(reader_.element(0, "guests", position), "host");
      return reader_.fail(place, "there is no host of this name in $.hosts");
    }
    const auto key = [](const Volume& v) -> std::string_view { return v.key; };
    return !guest.volumes || guest.volumes->size() < 2 ||
           all_differ(reader_.element(0, "guests", position), "volumes", *guest.volumes, "key", key);
  }

  // Why a rule cannot be followed; empty when it can.
  [[nodiscard]] std::string fault_of(const Rule& rule) const {
    for (const std::string& id : rule.guests) {
      if (!guests_.contains(id)) return "it names a guest that is not there: " + quoted(id);
    }
    for (const std::string& name : rule.hosts) {
      if (!hosts_.contains(name)) return "it names a host that is not there: " + quoted(name);
    }
    if (rule.guests.empty()) return "it names no guest";
    const bool wants_hosts = rule.kind == RuleKind::only_on || rule.kind == RuleKind::avoid;
    return wants_hosts && rule.hosts.empty() ? "it names no host" : "";
  }

  void drop_unusable_rules() {
    std::vector<Rule>& rules = reading_.cluster.rules;
    std::vector<Rule> usable;
    for (size_t i = 0; i < rules.size(); ++i) {
      const std::string fault = fault_of(rules[i]);
      if (fault.empty()) {
        usable.push_back(std::move(rules[i]));
      } else if (reading_.warnings.size() < 2 * kMaxWarnings) {
        reading_.warnings.push_back("$.rules[" + std::to_string(i) + "]: rule ignored, " + fault);
      }
    }
    rules = std::move(usable);
  }

  static std::string quoted(std::string_view text) {
    JsonNode node;
    node.kind = JsonKind::string;
    node.text = text;
    return describe_json(node);
  }

  Reader& reader_;
  ReadCluster& reading_;
  std::unordered_set<std::string_view> hosts_, guests_;
};

}  // namespace

Result<ReadCluster> read_cluster(std::string_view json_text) {
  Result<JsonTree> tree = read_json_tree(json_text);
  if (!tree) return tree.error();
  ReadCluster reading;
  Reader reader(*tree);
  if (!reader.schema_is_known() || !reader.read_object(0, reading.cluster)) return Error{reader.error()};
  reading.warnings = reader.unknown_fields();
  if (!CrossChecker(reader, reading).check()) return Error{reader.error()};
  return reading;
}

}  // namespace pcb
