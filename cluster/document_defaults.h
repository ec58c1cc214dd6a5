// What holds where the cluster document says nothing: one place, so that exporter, planner and evaluator
// agree.
//
// Pure. The reader leaves absent fields absent; these functions apply the defaults of
// docs/cluster-document.md. Where "unknown" is an answer of its own, the result is optional. Tested by
// tests/cluster/document_defaults_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"

namespace pcb {

inline constexpr double kDefaultCpuThreshold = 0.80;
inline constexpr double kDefaultMemoryThreshold = 0.85;

bool is_quorate(const Cluster& cluster);          // true
bool is_auto_rebalanced(const Cluster& cluster);  // false

HostState state_of(const Host& host);  // online
bool is_online(const Host& host);
double age_seconds_of(const Host& host);            // 0: fresh
double cpu_threshold_of(const Host& host);          // 0.80
double memory_threshold_of(const Host& host);       // 0.85
double memory_reserved_bytes_of(const Host& host);  // 0
// L(h) of DESIGN 7: what may be used. Cores: threshold × cores. Bytes: min(threshold × memory, memory −
// reserve), never below 0.
double cpu_limit_cores(const Host& host);
double memory_limit_bytes(const Host& host);

GuestStatus status_of(const Guest& guest);  // running
bool is_running(const Guest& guest);
bool is_template(const Guest& guest);     // false
bool is_guest_id(std::string_view id);    // lxc/N or qemu/N, N 1 to 999999999 without leading zeros
bool is_container(const Guest& guest);    // by its id
std::string name_of(const Guest& guest);  // its id
bool is_ha_managed(const Guest& guest);   // false
// What it uses now: 0 when stopped; nullopt when it is not stopped and the field is absent.
std::optional<double> cpu_used_cores_of(const Guest& guest);
std::optional<double> memory_used_bytes_of(const Guest& guest);
// What a target must bear: the larger of the high value and the use.
std::optional<double> cpu_arriving_cores_of(const Guest& guest);
std::optional<double> memory_arriving_bytes_of(const Guest& guest);

// The host's storage of that name; nullptr when it is not there or the host's storages are not known.
const HostStorage* find_storage(const Host& host, const std::string& name);
bool is_active(const HostStorage& storage);  // true
bool is_shared(const HostStorage& storage);  // false
// The volume says it itself, else the storage of the host that the guest is on.
bool is_shared(const Volume& volume, const Host& host);
// Bytes that a copy would move: used_bytes, else size_bytes; nullopt when neither is known.
std::optional<double> copy_bytes_of(const Volume& volume);

// "online", "lxc/101": the words of the document, for texts.
std::string to_word(HostState state);
std::string to_word(GuestStatus status);
std::string to_word(RuleKind kind);

}  // namespace pcb
