// A metrics page read back into prometheus-cpp's own types: so that both serve and render the very same
// series.
//
// Reads what our renderer writes (Prometheus's text format, one family after another), no more.
#pragma once

#include <istream>
#include <vector>

#include <prometheus/metric_family.h>

namespace pcb::bench {

// Aborts on a line it cannot read: the bench would compare different things.
std::vector<prometheus::MetricFamily> read_page(std::istream& page);

}  // namespace pcb::bench
