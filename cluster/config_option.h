// What is said of one option of config.yaml: key, kind, range, whether it takes effect without a restart,
// consequence. The tables of cluster/config_fields*.h are made of it. Tested by
// tests/cluster/config_options_test.cpp.
#pragma once

#include <concepts>
#include <type_traits>

namespace pcb {

enum class OptionKind {
  text,
  cluster_name,
  node_name,
  address,
  user,
  path,
  url,
  listen,
  server,
  email,
  word,
  matchers,
  headers,
  time_of_day,
  guest,
  blocker,
  percent,
  ratio,
  factor,
  number,
  port,
  duration,
  size,
  rate,
  boolean,
  secret,
  section,
};

struct OptionNote {
  const char* key = "";
  OptionKind kind = OptionKind::text;
  bool required = false;
  bool live = true;     // a reload suffices
  bool unused = false;  // read and checked, but no program of this version heeds it: setting it is warned of
  double min = 0;       // of numbers; of durations in seconds
  double max = 1e15;
  const char* words = "";    // "a|b|c": what a word may be
  const char* absent = "";   // what holds without it, where the member's own default does not say so
  const char* example = "";  // shown in /config.yaml where there is no default
  bool shown = false;        // stands in /config.yaml uncommented
  const char* tells = "";    // the consequence
};

template <class T, class U>
concept Section = std::same_as<std::remove_const_t<T>, U>;

}  // namespace pcb
