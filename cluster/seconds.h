// Durations as the configuration keeps them: seconds with fractions.
#pragma once

#include <chrono>

namespace pcb {

using Seconds = std::chrono::duration<double>;

}  // namespace pcb
