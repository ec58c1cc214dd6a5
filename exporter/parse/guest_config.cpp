#include "exporter/parse/guest_config.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/text.h"
#include "exporter/parse/section_config.h"

namespace pcb {
namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;

// "mp12" is `prefix` and a number.
bool is_numbered(std::string_view key, std::string_view prefix) {
  return key.size() > prefix.size() && key.starts_with(prefix) && text::to_uint64(key.substr(prefix.size()));
}

bool is_volume_key(std::string_view key, bool is_container) {
  if (is_numbered(key, "unused")) return true;
  if (is_container) return key == "rootfs" || is_numbered(key, "mp");
  constexpr std::array<std::string_view, 4> kBuses = {"ide", "sata", "scsi", "virtio"};
  const bool disk =
      std::any_of(kBuses.begin(), kBuses.end(), [&](auto bus) { return is_numbered(key, bus); });
  return disk || key == "efidisk0" || key == "tpmstate0" || key == "vmstate";
}

// "8G", "102M", "0T", "1.5T", bytes; 0 is what a directory without a quota has: not known.
std::optional<double> parse_size(std::string_view size) {
  if (size.empty()) return std::nullopt;
  constexpr std::string_view kUnits = "KMGTP";
  const auto unit = kUnits.find(size.back());
  double factor = 1;
  if (unit != std::string_view::npos) {
    factor = std::pow(1024.0, static_cast<double>(unit + 1));
    size.remove_suffix(1);
  }
  const auto number = text::to_double(size);
  if (!number || *number <= 0) return std::nullopt;
  return *number * factor;
}

GuestVolume parse_volume(std::string_view key, std::string_view value) {
  GuestVolume volume;
  volume.key = key;
  auto name = value.substr(0, value.find(','));
  if (name.starts_with("file=") || name.starts_with("volume=")) name = name.substr(name.find('=') + 1);
  volume.cdrom = option_of(value, "media") == "cdrom";
  volume.shared_by_admin = option_of(value, "shared") == "1";
  volume.size_bytes = parse_size(option_of(value, "size"));
  volume.volume = name;
  const auto colon = name.find(':');
  if (name == "none" || name == "cdrom") {
    volume.kind = GuestVolume::Kind::none;
  } else if (name.starts_with("/dev/")) {
    volume.kind = GuestVolume::Kind::device;
  } else if (name.starts_with('/') || colon == std::string_view::npos) {
    volume.kind = GuestVolume::Kind::bind_mount;
  } else {
    volume.storage = name.substr(0, colon);
    volume.volume = name.substr(colon + 1);
  }
  return volume;
}

GuestNic parse_nic(std::string_view value, bool is_container) {
  GuestNic nic;
  nic.bridge = option_of(value, "bridge");
  const auto tag = text::to_int64(option_of(value, "tag"));
  if (tag && *tag > 0 && *tag < 4095) nic.tag = static_cast<int>(*tag);
  // "virtio=BC:24:…" for a VM, "hwaddr=BC:24:…" for a container.
  const auto first = value.substr(0, value.find(','));
  nic.mac =
      is_container ? option_of(value, "hwaddr") : first.substr(std::min(first.find('=') + 1, first.size()));
  return nic;
}

void take_line(GuestConfig& config, std::string_view line) {
  const auto separator = line.find_first_of(":=");
  if (line.starts_with('#') || separator == std::string_view::npos) return;
  const auto key = text::trim(line.substr(0, separator)), value = text::trim(line.substr(separator + 1));
  if (key.starts_with("lxc.")) {
    config.raw_lxc.emplace_back(key, value);
  } else if (line[separator] == ':') {
    config.keys.insert_or_assign(std::string(key), std::string(value));
  }
}

bool is_snapshot(std::string_view section) {
  return !text::equal_ignoring_case(section, "pve:pending") &&
         !text::equal_ignoring_case(section, "pending") && !text::to_lower(section).starts_with("special:");
}

}  // namespace

bool is_mac(std::string_view text) {
  constexpr std::size_t kLength = 17;
  if (text.size() != kLength) return false;
  for (std::size_t i = 0; i < kLength; ++i) {
    const char c = text[i];
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (i % 3 == 2 ? c != ':' : !is_hex) return false;
  }
  return true;
}

std::string_view option_of(std::string_view value, std::string_view key) {
  for (const auto piece : text::split(value, ',')) {
    if (piece.size() > key.size() && piece.starts_with(key) && piece[key.size()] == '=') {
      return piece.substr(key.size() + 1);
    }
  }
  return {};
}

std::string_view GuestConfig::get(std::string_view key) const {
  const auto found = keys.find(key);
  return found == keys.end() ? std::string_view{} : std::string_view(found->second);
}

std::string GuestConfig::name() const {
  const auto given = get(is_container ? "hostname" : "name");
  if (!given.empty()) return std::string(given);
  return (is_container ? "CT" : "VM ") + number;
}

double GuestConfig::memory_bytes() const {
  constexpr double kDefault = 512;
  const auto value = get("memory");
  const auto current = option_of(value, "current");  // "current=8192" since PVE 8
  const auto megabytes = text::to_double(current.empty() ? value.substr(0, value.find(',')) : current);
  return (megabytes && *megabytes > 0 ? *megabytes : kDefault) * kMebibyte;
}

std::optional<double> GuestConfig::cores_limit() const {
  const auto positive = [&](std::string_view key) {
    const auto value = text::to_double(get(key));
    return value && *value > 0 ? value : std::nullopt;
  };
  if (is_container) {
    const auto cores = positive("cores");
    return cores ? cores : positive("cpulimit");
  }
  if (const auto vcpus = positive("vcpus")) return vcpus;
  return positive("sockets").value_or(1) * positive("cores").value_or(1);
}

std::string GuestConfig::cpu_type() const {
  const auto value = get("cpu");
  const auto named = option_of(value, "cputype");
  const auto type = named.empty() ? value.substr(0, value.find(',')) : named;
  return type.empty() ? "kvm64" : std::string(type);
}

Result<GuestConfig> parse_guest_config(std::string_view text, bool is_container, std::string_view number) {
  if (!text.ends_with('\n')) return Error{"the config is half-written"};
  GuestConfig config;
  config.is_container = is_container;
  config.number = number;
  bool live = true;
  for (const auto line : text::split_lines(text)) {
    const auto content = text::trim(line);
    if (content.starts_with('[') && content.ends_with(']')) {
      live = false;
      const auto section = content.substr(1, content.size() - 2);
      if (is_snapshot(section)) config.snapshots.emplace_back(section);
    } else if (live) {
      take_line(config, content);
    }
  }
  if (is_container && !config.keys.contains("rootfs") && !config.keys.contains("lock")) {
    return Error{"the config is half-written: it has no rootfs"};
  }
  for (const auto& [key, value] : config.keys) {
    if (is_volume_key(key, is_container)) config.volumes.push_back(parse_volume(key, value));
    if (is_numbered(key, "net")) config.nics.push_back(parse_nic(value, is_container));
  }
  config.tags = split_list(config.get("tags"));
  return config;
}

}  // namespace pcb
