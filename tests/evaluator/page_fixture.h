// What every view of the page is held against: a cluster with the same text in every place that others write,
// and a reader of HTML that lists tags and attributes.
#pragma once

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/page/frame.h"
#include "evaluator/planner/plan_output.h"
#include "tests/evaluator/hostile_names.h"

namespace pcb::test {

// Without the empty one: where nothing is said, a part of a page may be left out. Nor the longest, which take
// seconds and add nothing.
inline const std::vector<std::string> kHostile = [] {
  std::vector<std::string> names = hostile_names();
  std::erase_if(names, [](const std::string& name) { return name.empty() || name.size() > 1000; });
  return names;
}();

struct Tag {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;

  [[nodiscard]] std::string shape() const {
    std::string text = name;
    for (const auto& [attribute, value] : attributes) text += " " + attribute;
    return text;
  }
  [[nodiscard]] std::string value_of(const std::string& attribute) const {
    for (const auto& [name_of_it, value] : attributes)
      if (name_of_it == attribute) return value;
    return "";
  }
};

// Reads as a browser's tokenizer does where it matters: "<" and a letter or "/" begin a tag wherever they
// stand, a quote ends a value at its like.
inline std::vector<Tag> tags_of(const std::string& page) {
  std::vector<Tag> tags;
  for (std::size_t i = 0; i + 1 < page.size(); ++i) {
    if (page[i] != '<' ||
        (!std::isalpha(static_cast<unsigned char>(page[i + 1])) && page[i + 1] != '/' && page[i + 1] != '!'))
      continue;
    Tag tag;
    ++i;
    while (i < page.size() && page[i] != '>' && !std::isspace(static_cast<unsigned char>(page[i])))
      tag.name += page[i++];
    while (i < page.size() && page[i] != '>') {
      if (std::isspace(static_cast<unsigned char>(page[i]))) {
        ++i;
        continue;
      }
      std::string attribute, value;
      while (i < page.size() && page[i] != '=' && page[i] != '>' &&
             !std::isspace(static_cast<unsigned char>(page[i])))
        attribute += page[i++];
      if (i < page.size() && page[i] == '=') {
        const char quote = ++i < page.size() ? page[i] : '"';
        EXPECT_EQ(quote, '"') << "every value is in double quotes: "
                              << page.substr(i - std::min<std::size_t>(i, 60), 120);
        const std::size_t end = page.find(quote, i + 1);
        value = page.substr(i + 1, end - i - 1);
        i = end == std::string::npos ? page.size() : end + 1;
      }
      tag.attributes.emplace_back(attribute, value);
    }
    tags.push_back(std::move(tag));
  }
  return tags;
}

inline std::vector<std::string> shapes_of(const std::string& page) {
  std::vector<std::string> shapes;
  for (const Tag& tag : tags_of(page)) shapes.push_back(tag.shape());
  return shapes;
}

// What holds for every view: nothing inline, nothing from elsewhere, every id once, every field with a name
// that is heard, every change a POST with a proof that it comes from here.
inline void expect_sound(const std::string& page) {
  std::set<std::string> ids, labelled;
  std::vector<Tag> tags = tags_of(page);
  std::vector<std::string> open;
  const std::set<std::string> empty{"meta", "link", "input", "br", "!doctype"};
  for (const Tag& tag : tags) {
    for (const auto& [name, value] : tag.attributes) {
      EXPECT_FALSE(name == "style" || name.starts_with("on")) << tag.shape();
      if (name == "id") {
        EXPECT_TRUE(ids.insert(value).second) << "twice: " << value;
      }
      if (name == "for") labelled.insert(value);
      if (name == "href" || name == "src" || name == "action") {
        EXPECT_TRUE(value.starts_with("/") || value.starts_with("#")) << value;
      }
    }
    EXPECT_NE(tag.name, "style");
    if (tag.name == "script") {
      EXPECT_TRUE(tag.value_of("src").starts_with("/assets/")) << "inline script";
    }
    if (tag.name.starts_with("/")) {
      ASSERT_FALSE(open.empty()) << tag.name;
      EXPECT_EQ("/" + open.back(), tag.name);
      open.pop_back();
    } else if (empty.count(tag.name) == 0) {
      open.push_back(tag.name);
    }
    if (tag.name == "form") {
      const std::string method = tag.value_of("method"), action = tag.value_of("action");
      EXPECT_TRUE(method == "get" || method == "post") << method;
      EXPECT_EQ(method == "post", action.starts_with("/api/v1/") || action == "/logout") << action;
    }
  }
  EXPECT_TRUE(open.empty()) << open.back() << " is not closed";
  for (const Tag& tag : tags) {
    const bool heard = tag.value_of("type") == "hidden" || !tag.value_of("aria-label").empty() ||
                       labelled.count(tag.value_of("id")) > 0;
    if (tag.name == "input" || tag.name == "select") {
      EXPECT_TRUE(heard) << tag.shape() << " has no label";
    }
  }
}

// A frame and what it shows, with the same text everywhere.
struct PageScene {
  View view;
  ActView act;
  Standing standing;
  Frame frame;

  explicit PageScene(const std::string& text, double now = 1000) {
    view.at = now - 10;
    view.cluster = view.mode = view.mode_reason = text;
    view.hold = {HoldReason::samples_empty, text};
    view.notes = {text};
    act.paused = act.lock_sentence = text;
    act.refusals = {{Restraint::guest_cooldown, text}};
    Host host;
    host.name = text;
    host.cpu_cores = 8;
    host.memory_bytes = 8e9;
    host.cpu_used_cores = 7;
    host.age_seconds = 4;
    Host other = host;
    other.name = text + "-other";
    other.cpu_used_cores = 1;
    other.memory_used_bytes = 2e9;
    view.document.emplace().hosts = {host, other};
    for (int number = 101; number <= 116; ++number) {
      Guest guest;
      guest.id = "lxc/" + std::to_string(number);
      guest.name = text + std::to_string(number);
      guest.host = text;
      guest.cpu_used_cores = 0.4;
      view.document->guests.push_back(guest);
    }
    Incident incident;
    incident.id = 7;
    incident.host = incident.reason = text;
    standing.incidents = {incident};
    standing.plan.emplace();
    standing.plan->id = 12;
    standing.plan->reason = standing.plan->goal = text;
    standing.plan->digest = text;
    MoveRecord move;
    move.id = 70;
    move.guest = "lxc/101";
    move.name = move.from = move.to = move.method = move.why = move.reason = text;
    standing.moves = {move};
    frame.title = "Test";
    frame.path = "/plan";
    frame.here = "/plan";
    frame.version = "1.0";
    frame.now = now;
    frame.problem = text;
    frame.button.pressed = text;
    frame.button.last = SwitchRecord{now - 60, SwitchName::red_button, true, text, text, text};
    frame.visitor = {text, true, "a-csrf-token"};
    frame.view = &view;
    frame.act = &act;
  }
  PageScene(const PageScene&) = delete;

  // A plan of its one move.
  [[nodiscard]] Plan plan(const std::string& text) const {
    Plan plan;
    plan.cluster = plan.goal = plan.reason = text;
    plan.scope = {text};
    plan.result = PlanResult::moves;
    plan.moves = {{1, {}, "lxc/101", text, text, text + "-other", "restart", 20, 1e9, text}};
    plan.before = {0.1, 1.2, 0.3, 0, {{text, {0.9, 0.5}}, {text + "-other", {0.1, 0.2}}}};
    plan.after = {0, 0.9, 0.1, 2, {{text, {0.7, 0.5}}, {text + "-other", {0.3, 0.2}}}};
    plan.bound = {0, 0.85};
    plan.rejected = {{"lxc/102", text, "cpu_limit", text},
                     {"lxc/102", text + "-other", "cpu_limit", text},
                     {"lxc/104", {}, "bind_mount", "mp0"}};
    plan.fixes = {
        {"lxc/104", "dev", text, "give every host the device " + text + ", or take dev0 out", 1.5, 2e9},
        {"lxc/105", "lock", text, "if none runs: pct unlock 105", 1.5, 2e9}};
    plan.needs = {text};
    return plan;
  }
};

}  // namespace pcb::test
