// The grammar of single values in config.yaml: "80" as percent, "30s", "4GiB", "tag:database" …
//
// Pure. parse_value() fills `out` or gives a sentence "found …, …": what was found and what is allowed. The
// sentence shows the value, so secrets must not come here. Each value has one grammar, whatever YAML thinks
// of its type: yes/no, octal numbers and dates have no special meaning. Tested by
// tests/cluster/config_values_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config_fields.h"
#include "common/result.h"

namespace pcb {

Status parse_value(const OptionNote& note, std::string_view text, std::string& out);
Status parse_value(const OptionNote& note, std::string_view text, double& out);
Status parse_value(const OptionNote& note, std::string_view text, int& out);
Status parse_value(const OptionNote& note, std::string_view text, bool& out);
Status parse_value(const OptionNote& note, std::string_view text, Seconds& out);

// The value as it would be written in the file: "80", "15s", "8MiB", "true"; "" for an empty text.
std::string write_value(const OptionNote& note, const std::string& value);
std::string write_value(const OptionNote& note, double value);
std::string write_value(const OptionNote& note, int value);
std::string write_value(const OptionNote& note, bool value);
std::string write_value(const OptionNote& note, Seconds value);

// What is allowed, for people: "percent, above 1 up to 100", "one of suggest, approve, auto", "1s to 1h".
std::string allowed_text(const OptionNote& note);

// "lxc/101", "qemu/201" or "tag:name": which guests an entry means.
bool is_guest_selector(std::string_view text);
bool is_node_name(std::string_view text);
bool is_loopback(std::string_view listen);

// "a|b|c" → its words.
std::vector<std::string_view> words_of(const OptionNote& note);

// The candidate that is nearest to what was written, when it is near enough to be what was meant.
std::optional<std::string> nearest_word(std::string_view written, const std::vector<std::string>& candidates);

}  // namespace pcb
