#include "evaluator/decide/limits.h"

#include "cluster/document_defaults.h"

namespace pcb {

double capacity_of(const Host& host, Resource resource) {
  return resource == Resource::cpu ? host.cpu_cores : host.memory_bytes;
}

double limit_of(const Host& host, Resource resource) {
  return resource == Resource::cpu ? cpu_limit_cores(host) : memory_limit_bytes(host);
}

std::optional<double> used_of(const Host& host, Resource resource) {
  return resource == Resource::cpu ? host.cpu_used_cores : host.memory_used_bytes;
}

}  // namespace pcb
