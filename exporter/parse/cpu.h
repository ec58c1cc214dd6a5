// Reader of /proc/cpuinfo: the model, and which x86-64 level of the psABI the CPU reaches.
//
// Pure. The first processor counts (a cut after it is fine). A level is reached only when every flag of it is
// there: Proxmox's CPU types x86-64-v2-AES, -v3 and -v4 start on hosts of that level alone.
// Source: the x86-64 psABI, section 3.1.1, in the kernel's flag names. Tested by
// tests/exporter/parse_proc_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace pcb {

struct CpuFacts {
  std::string model, vendor;
  std::optional<std::string> level;  // "x86-64-v1" … "x86-64-v4"; absent on other architectures
};
Result<CpuFacts> parse_cpuinfo(std::string_view text);

}  // namespace pcb
