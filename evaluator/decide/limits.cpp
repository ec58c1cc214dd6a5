#include "evaluator/decide/limits.h"

#include <algorithm>

namespace pcb {
namespace {

constexpr double kDefaultCpuThreshold = 0.80;
constexpr double kDefaultMemoryThreshold = 0.85;

}  // namespace

double capacity_of(const Host& host, Resource resource) {
  return resource == Resource::cpu ? host.cpu_cores : host.memory_bytes;
}

double limit_of(const Host& host, Resource resource) {
  if (resource == Resource::cpu) return host.cpu_threshold.value_or(kDefaultCpuThreshold) * host.cpu_cores;
  return std::min(host.memory_threshold.value_or(kDefaultMemoryThreshold) * host.memory_bytes,
                  host.memory_bytes - host.memory_reserved_bytes.value_or(0));
}

std::optional<double> used_of(const Host& host, Resource resource) {
  return resource == Resource::cpu ? host.cpu_used_cores : host.memory_used_bytes;
}

}  // namespace pcb
