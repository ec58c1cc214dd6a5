#include "evaluator/decide/silence.h"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "common/text.h"
#include "evaluator/decide/json_view.h"
#include "evaluator/decide/pattern.h"

namespace pcb {
namespace {

constexpr std::size_t kMostMatchers = 100;
constexpr std::size_t kMostShownBytes = 80;

using Labels = std::map<std::string, std::string>;

struct RelieveRule {
  Resource resource;
  const char* alertname;
};
// As in rules/alerts.yml.
constexpr std::array kRelieveRules{RelieveRule{Resource::cpu, "HostCpuOverloaded"},
                                   RelieveRule{Resource::memory, "HostMemoryOverloaded"}};
constexpr const char* kRelieveSeverity = "info";

std::optional<Matcher> read_matcher(const JsonView& view) {
  const auto name = view.text_of("name");
  const auto value = view.text_of("value");
  const auto is_regex = view.truth_of("isRegex");
  if (!name || name->empty() || !value || !is_regex) return std::nullopt;
  // Absent before Alertmanager 0.22, which knew no other.
  const bool says_equal = view.member("isEqual").has_value();
  const auto is_equal = says_equal ? view.truth_of("isEqual") : std::optional(true);
  if (!is_equal) return std::nullopt;
  return Matcher{*name, *value, *is_regex, *is_equal};
}

Silence read_silence(const JsonView& view) {
  Silence silence;
  silence.created_by = view.text_of("createdBy").value_or("");
  silence.comment = view.text_of("comment").value_or("");
  const auto matchers = view.member("matchers");
  const auto elements = matchers ? matchers->elements() : std::vector<JsonView>();
  if (elements.empty() || elements.size() > kMostMatchers) {
    silence.fault = "it has no matchers that can be read";
    return silence;
  }
  silence.matchers.reserve(elements.size());
  for (const JsonView& element : elements) {
    auto matcher = read_matcher(element);
    if (!matcher) {
      silence.fault = "it has a matcher that cannot be read";
      return silence;
    }
    silence.matchers.push_back(std::move(*matcher));
  }
  return silence;
}

// What is known of an alert that might come.
struct Expected {
  Labels labels;
  bool complete = false;  // any other label is surely absent
};

enum class Answer { no, perhaps, yes };

Answer covers(const Matcher& matcher, const Expected& alert) {
  const auto found = alert.labels.find(matcher.name);
  if (found == alert.labels.end() && !alert.complete) return Answer::perhaps;
  const std::string value = found == alert.labels.end() ? "" : found->second;
  const auto same = matcher.is_regex ? matches_whole(matcher.value, value) : matcher.value == value;
  if (!same) return Answer::perhaps;
  return *same == matcher.is_equal ? Answer::yes : Answer::no;
}

Answer covers(const Silence& silence, const Expected& alert) {
  if (!silence.fault.empty()) return Answer::perhaps;
  Answer answer = Answer::yes;
  for (const Matcher& matcher : silence.matchers) {
    const Answer one = covers(matcher, alert);
    if (one == Answer::no) return Answer::no;
    if (one == Answer::perhaps) answer = Answer::perhaps;
  }
  return answer;
}

// The first alert of the lists that `is` the one; its labels.
template <class Is>
std::optional<Labels> labels_of(const std::vector<Result<std::string>>& alerts, Is is) {
  for (const auto& body : alerts) {
    const auto list = body ? read_alert_list(*body) : Result<AlertList>(body.error());
    if (!list) continue;
    for (const ListedAlert& listed : list->alerts) {
      if (is(listed.alert)) return listed.alert.labels;
    }
  }
  return std::nullopt;
}

// Alerts as they would come for a host that nobody has named.
std::vector<Expected> patterns_of(const Silenceable& move, const std::vector<Result<std::string>>& alerts) {
  if (move.incident != nullptr) {
    const auto known = labels_of(
        alerts, [&](const Alert& alert) { return move.incident->alerts.count(alert.fingerprint) != 0; });
    if (known) return {{*known, true}};
  }
  const auto common = labels_of(
      alerts, [&](const Alert& alert) { return judge(alert, move.cluster).use == AlertUse::heartbeat; });
  std::vector<Expected> all;
  all.reserve(kRelieveRules.size());
  for (const RelieveRule& rule : kRelieveRules) {
    Expected alert{common.value_or(Labels()), common.has_value()};
    alert.labels["alertname"] = rule.alertname;
    alert.labels["severity"] = kRelieveSeverity;
    alert.labels["balancer"] = "relieve";
    alert.labels["resource"] = name_of(rule.resource);
    alert.labels["cluster"] = move.cluster;
    all.push_back(std::move(alert));
  }
  return all;
}

std::vector<Expected> expected_of(const Silenceable& move, const std::vector<Result<std::string>>& alerts) {
  std::vector<Expected> all;
  const auto patterns = patterns_of(move, alerts);
  all.reserve(patterns.size() * move.ids.size());
  for (const std::string& id : move.ids) {
    for (const Expected& pattern : patterns) {
      all.push_back(pattern);
      all.back().labels["id"] = id;
    }
  }
  return all;
}

std::string words_of(const Silence& silence) {
  const auto quoted = [](const std::string& text) {
    return "\"" + text::printable(text::shortened(text, kMostShownBytes)) + "\"";
  };
  return "a silence of " + quoted(silence.created_by) + " (" + quoted(silence.comment) + ")";
}

}  // namespace

Result<std::vector<Silence>> read_silences(std::string_view json_text) {
  const auto tree = read_json_tree(json_text);
  if (!tree) return tree.error().in("Alertmanager's answer is not JSON that can be read");
  const JsonView root(*tree);
  if (root.kind() != JsonKind::array) return Error{"Alertmanager's answer is not a list of silences"};
  std::vector<Silence> silences;
  for (const JsonView& view : root.elements()) {
    const auto status = view.member("status");
    const std::string state = status ? status->text_of("state").value_or("") : "";
    if (state == "expired" || state == "pending") continue;
    silences.push_back(read_silence(view));
    if (state != "active") silences.back().fault = "it has no state";
  }
  return silences;
}

Sight silence_over(const Silenceable& move, const std::vector<Result<std::string>>& silences,
                   const std::vector<Result<std::string>>& alerts) {
  const auto expected = expected_of(move, alerts);
  bool answered = false;
  std::string fault = "no Alertmanager is configured";
  std::string perhaps;
  for (const auto& body : silences) {
    const auto list = body ? read_silences(*body) : Result<std::vector<Silence>>(body.error());
    if (!list) {
      fault = list.error().message;
      continue;
    }
    answered = true;
    for (const Silence& silence : *list) {
      for (const Expected& alert : expected) {
        const Answer answer = covers(silence, alert);
        if (answer == Answer::yes)
          return {AlertSight::stopped, words_of(silence) + " covers " + alert.labels.at("id")};
        if (answer == Answer::perhaps && perhaps.empty())
          perhaps = words_of(silence) + " may cover " + alert.labels.at("id");
      }
    }
  }
  if (!answered) return {AlertSight::unreachable, "Alertmanager does not say what is silenced: " + fault};
  if (!perhaps.empty())
    return {AlertSight::unreachable, perhaps + ": its matchers cannot be decided, so nothing is started"};
  return {AlertSight::active, ""};
}

}  // namespace pcb
