// What one round of collecting leaves behind: a value that other threads may keep.
#pragma once

#include <memory>

#include "exporter/render.h"
#include "exporter/snapshot.h"

namespace pcb {

struct Collected {
  Snapshot snapshot;
  SelfMetrics self;
};

using SharedCollected = std::shared_ptr<const Collected>;

}  // namespace pcb
