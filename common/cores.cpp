#include "common/cores.h"

#include <cmath>

#include "common/text.h"

namespace pcb::text {

std::string human_cores(double cores) {
  const double shown = std::round(cores * 100) / 100;
  return number(shown) + (shown == 1 ? " core" : " cores");
}

}  // namespace pcb::text
