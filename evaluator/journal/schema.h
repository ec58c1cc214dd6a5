// The journal's tables: what each version adds to the one before.
//
// PRAGMA user_version is the version. Migration k turns version k into k + 1 and is never changed once
// released; the Journal makes a backup before it applies one. A table of data: exempt from the limit on
// lines.
#pragma once

#include <array>

namespace pcb {

extern const std::array<const char*, 3> kMigrations;
inline constexpr int kSchemaVersion = 3;

}  // namespace pcb
