#include "tests/lab/model/spec.h"

#include <cstdlib>
#include <utility>

namespace pcb::lab {
namespace {

std::optional<double> with_unit(std::string_view text,
                                const std::vector<std::pair<std::string_view, double>>& units) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || value != value) return std::nullopt;
  const std::string_view unit = std::string_view(copy).substr(static_cast<std::size_t>(end - copy.c_str()));
  for (const auto& [name, factor] : units) {
    if (unit == name) return value * factor;
  }
  return std::nullopt;
}

}  // namespace

int HostSpec::major() const { return std::atoi(version.c_str()); }

const HostSpec* ClusterSpec::host(std::string_view host_name) const {
  for (const auto& one : hosts) {
    if (one.name == host_name) return &one;
  }
  return nullptr;
}

bool is_shared(const StorageSpec& storage) {
  return storage.shared || storage.type == "rbd" || storage.type == "nfs" || storage.type == "cifs" ||
         storage.type == "cephfs" || storage.type == "iscsi" || storage.type == "pbs";
}

std::optional<double> parse_size(std::string_view text) {
  constexpr double k = 1024.0;
  return with_unit(text, {{"", 1},
                          {"KiB", k},
                          {"MiB", k * k},
                          {"GiB", k * k * k},
                          {"TiB", k * k * k * k},
                          {"kB", 1e3},
                          {"MB", 1e6},
                          {"GB", 1e9},
                          {"TB", 1e12}});
}

std::optional<double> parse_duration(std::string_view text) {
  return with_unit(text, {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"", 1}});
}

}  // namespace pcb::lab
