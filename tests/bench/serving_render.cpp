// Rendering: our renderer against prometheus-cpp's TextSerializer over the same series, in turns.
//
//   serving_render SERIES PAIRS
//
// First both pages are compared: the same series with the same values, in any order of families. Then PAIRS
// pairs of runs; each pair prints four numbers: milliseconds of wall time and of the thread's CPU time for
// ours, then for prometheus-cpp's. The first line is "series COUNT bytes OURS".
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include <prometheus/text_serializer.h>

#include "common/text.h"
#include "tests/bench/serving_page.h"
#include "tests/bench/serving_snapshot.h"

namespace pcb::bench {
namespace {

using Series = std::map<std::string, double>;

Series series_of(const std::string& page) {
  Series found;
  for (const auto line : text::split_lines(page)) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = line.rfind(' ');
    found[std::string(line.substr(0, blank))] =
        std::strtod(std::string(line.substr(blank + 1)).c_str(), nullptr);
  }
  return found;
}

// prometheus-cpp writes 16 digits, which is one too few for some doubles.
bool same(const Series& ours, const Series& theirs) {
  if (ours.size() != theirs.size()) return false;
  for (const auto& [name, value] : ours) {
    const auto found = theirs.find(name);
    if (found == theirs.end() || std::abs(found->second - value) > 1e-15 * 4 * std::abs(value)) {
      std::cerr << "differs: " << name << '\n';
      return false;
    }
  }
  return true;
}

struct Times {
  double wall_ms = 0, cpu_ms = 0;
};

double thread_cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

template <class Work>
Times timed(const Work& work, std::size_t expected_bytes) {
  const double cpu = thread_cpu_ms();
  const auto wall = std::chrono::steady_clock::now();
  const std::string page = work();
  const Times taken{
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - wall).count(),
      thread_cpu_ms() - cpu};
  if (page.size() != expected_bytes) std::exit(1);  // also keeps the work from being optimized away
  return taken;
}

int run(std::size_t series, int pairs) {
  const Collected collected = cluster_of_series(series);
  const auto ours = [&] { return render_metrics(collected.snapshot, collected.self); };
  const std::string our_page = ours();
  std::istringstream page(our_page);
  const auto families = read_page(page);
  const prometheus::TextSerializer serializer;
  const auto theirs = [&] { return serializer.Serialize(families); };
  const std::string their_page = theirs();
  const Series expected = series_of(our_page);
  if (expected.size() != count_series(our_page) || !same(expected, series_of(their_page))) {
    std::cerr << "the two pages hold different series\n";
    return 1;
  }
  std::printf("series %zu bytes %zu\n", expected.size(), our_page.size());
  for (int i = 0; i < pairs; ++i) {
    const Times one = timed(ours, our_page.size());
    const Times other = timed(theirs, their_page.size());
    std::printf("%.4f %.4f %.4f %.4f\n", one.wall_ms, one.cpu_ms, other.wall_ms, other.cpu_ms);
  }
  return 0;
}

}  // namespace
}  // namespace pcb::bench

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: serving_render SERIES PAIRS\n";
    return 2;
  }
  return pcb::bench::run(std::strtoul(arguments[1], nullptr, 10), std::atoi(arguments[2]));
}
