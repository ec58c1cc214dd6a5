// From the files of one answer to the parts of a HostReport.
//
// Pure. Every function fills what it can and notes in `sections` what was missing or torn: a part that cannot
// be read keeps its former value. Tested by tests/exporter/host_state_test.cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "exporter/host_report.h"

namespace pcb {

std::string_view file_of(const FileMap& files, std::string_view path);  // empty if it was not sent

// Sets host and guests. An error only if there is no uptime: then there is no sample.
Result<HostSample> read_sample(const FileMap& files, double received_at, bool with_guests,
                               std::map<std::string, SectionState>& sections);
HostRates rates_between(const HostSample& before, const HostSample& now);

// Set configs.
void read_facts(const FileMap& files, std::string_view node, double received_at, HostReport& report);
void read_settings(const FileMap& files, double received_at, HostReport& report);

// Set cluster.
void read_view(const FileMap& files, double received_at, HostReport& report);

}  // namespace pcb
