#include "evaluator/decide/operation.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/text.h"

namespace pcb {
namespace {

constexpr std::array kMethods{MoveMethod::live, MoveMethod::restart, MoveMethod::offline, MoveMethod::ha};
constexpr double kMostBytes = 1e15;

bool is_host_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), good);
}

bool is_guest_id(std::string_view guest) {
  const auto slash = guest.find('/');
  if (slash == std::string_view::npos) return false;
  const auto kind = guest.substr(0, slash), number = guest.substr(slash + 1);
  return (kind == "lxc" || kind == "qemu") && number.size() >= 3 && number.size() <= 9 && number[0] != '0' &&
         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_bytes(double value) { return std::isfinite(value) && value >= 0 && value <= kMostBytes; }

std::string quoted(std::string_view hostile) { return "\"" + text::printable(hostile) + "\""; }

}  // namespace

const char* name_of(MoveMethod method) {
  switch (method) {
    case MoveMethod::live:
      return "live";
    case MoveMethod::restart:
      return "restart";
    case MoveMethod::offline:
      return "offline";
    case MoveMethod::ha:
      return "ha";
  }
  return "live";
}

std::optional<MoveMethod> move_method_from(std::string_view name) {
  for (const MoveMethod method : kMethods) {
    if (name == name_of(method)) return method;
  }
  return std::nullopt;
}

bool is_container(const Operation& operation) { return operation.guest.starts_with("lxc/"); }

std::string vmid_of(const Operation& operation) {
  return operation.guest.substr(operation.guest.find('/') + 1);
}

std::optional<std::string> fault_of(const Operation& operation) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (operation.id.size() != 32 || !std::all_of(operation.id.begin(), operation.id.end(), hex))
    return quoted(operation.id) + " is no operation: 32 lower-case hex digits are";
  if (!is_guest_id(operation.guest)) return quoted(operation.guest) + " is no guest: lxc/101 or qemu/201 is";
  for (const std::string* host : {&operation.from, &operation.to}) {
    if (!is_host_name(*host)) return quoted(*host) + " is no name of a Proxmox node";
  }
  if (operation.from == operation.to) return "source and target are both " + operation.from;
  const bool fits =
      operation.method == MoveMethod::ha ||
      (operation.method == MoveMethod::offline && !operation.was_running) ||
      (operation.method == MoveMethod::restart && operation.was_running && is_container(operation)) ||
      (operation.method == MoveMethod::live && operation.was_running && !is_container(operation));
  if (!fits) {
    return std::string(operation.was_running ? "a running " : "a stopped ") +
           (is_container(operation) ? "container" : "VM") + " does not move by " + name_of(operation.method);
  }
  if (!is_bytes(operation.target_memory_bytes) || !is_bytes(operation.bandwidth_bytes_per_second.value_or(0)))
    return std::string("memory and bandwidth are bytes, from 0 to 1e15");
  return std::nullopt;
}

}  // namespace pcb
