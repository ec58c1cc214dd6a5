// Readers of Proxmox's backup jobs: jobs.cfg, and vzdump.cron of before Proxmox VE 7.1, which later versions
// still obey; and of the pools that a job may name.
//
// Pure. What a job backs up is chosen by its pool, else its vmids, else all but `exclude`; `node` narrows
// that to the guests of one host. Tested by tests/exporter/backup_jobs_test.cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace pcb {

struct BackupJobConfig {
  std::string id, schedule;  // schedule: a calendar event
  bool enabled = true, all = false;
  std::string node, pool, storage, mode;     // empty: not given
  std::vector<std::string> guests, exclude;  // numbers
  std::string origin;                        // "jobs.cfg:backup-1", "vzdump.cron:2"
};

// Sections of other types (realm-sync) are left out.
Result<std::vector<BackupJobConfig>> parse_jobs_cfg(std::string_view text);
Result<std::vector<BackupJobConfig>> parse_vzdump_cron(std::string_view text);

// Lines "pool:NAME:COMMENT:GUESTS:STORAGES:" of user.cfg: name → numbers of guests.
std::map<std::string, std::vector<std::string>> parse_pools(std::string_view text);

}  // namespace pcb
