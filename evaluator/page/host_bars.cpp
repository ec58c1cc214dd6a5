#include "evaluator/page/host_bars.h"

#include <algorithm>
#include <cmath>

#include "cluster/document_defaults.h"
#include "common/cores.h"
#include "common/text.h"
#include "evaluator/page/html.h"

namespace pcb {
namespace {

using html::escaped;

constexpr std::size_t kDrawnGuests = 12;  // parts of their own; the rest are one
constexpr std::size_t kNamedGuests = 3;   // below the bar, in words

std::string named(const GuestLoad& load, Resource resource) {
  return load.name + " (" + load.id + "): " + amount(resource, load.use);
}

double sum_of(const std::vector<GuestLoad>& loads, std::size_t from) {
  double sum = 0;
  for (std::size_t i = from; i < loads.size(); ++i) sum += loads[i].use;
  return sum;
}

std::string names_below(const std::vector<GuestLoad>& loads, Resource resource) {
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamedGuests, loads.size()); ++i)
    names += (i == 0 ? "" : " · ") + escaped(loads[i].name) + " " + escaped(amount(resource, loads[i].use));
  if (loads.size() > kNamedGuests) names += " · " + std::to_string(loads.size() - kNamedGuests) + " more";
  return names.empty() ? "" : "<p class=\"names\">" + names + "</p>\n";
}

}  // namespace

std::string amount(Resource resource, double value) {
  if (resource == Resource::memory) return text::human_bytes(value);
  return text::human_cores(std::round(value * 10) / 10);
}

const char* word_of(Resource resource) { return resource == Resource::cpu ? "CPU" : "memory"; }

std::vector<GuestLoad> loads_on(const Cluster& cluster, const Host& host, Resource resource,
                                std::vector<std::string>* unknown) {
  std::vector<GuestLoad> loads;
  for (const Guest& guest : cluster.guests) {
    if (guest.host != host.name || !is_running(guest)) continue;
    const auto use = resource == Resource::cpu ? cpu_used_cores_of(guest) : memory_used_bytes_of(guest);
    if (use) {
      loads.push_back({guest.id, name_of(guest), *use});
    } else if (unknown != nullptr) {
      unknown->push_back(name_of(guest));
    }
  }
  std::sort(loads.begin(), loads.end(), [](const GuestLoad& a, const GuestLoad& b) {
    return a.use != b.use ? a.use > b.use : a.id < b.id;
  });
  return loads;
}

std::string host_bar(const Cluster& cluster, const Host& host, Resource resource) {
  const std::string what = word_of(resource);
  std::vector<std::string> unknown;
  const std::vector<GuestLoad> loads = loads_on(cluster, host, resource, &unknown);
  const double guests = sum_of(loads, 0);
  const auto measured = used_of(host, resource);
  const double whole = capacity_of(host, resource);
  if (!measured && loads.empty())
    return "<p class=\"figure\">" + what + " <span class=\"dim\">not known</span></p>\n";
  const double used = std::max(measured.value_or(guests), guests);
  const double limit = limit_of(host, resource);
  const bool over = used > limit;
  html::Bar drawn;
  drawn.whole = whole;
  drawn.limit = limit;
  drawn.label = host.name + " " + what + ": " + amount(resource, used) + " of " + amount(resource, whole) +
                " in use, " + amount(resource, limit) + " allowed" + (over ? ", over its limit" : "");
  const std::string tone = over ? " over" : "";
  drawn.segments.push_back(
      {used - guests, "own" + tone, "the host itself: " + amount(resource, used - guests)});
  const std::size_t alone = std::min(kDrawnGuests, loads.size());
  for (std::size_t i = 0; i < alone; ++i)
    drawn.segments.push_back({loads[i].use, (i % 2 == 0 ? "even" : "odd") + tone, named(loads[i], resource)});
  if (alone < loads.size())
    drawn.segments.push_back({sum_of(loads, alone), "rest" + tone,
                              html::plural(loads.size() - alone, "more guest", "more guests") + ": " +
                                  amount(resource, sum_of(loads, alone))});
  std::string figure = "<p class=\"figure\">" + what + " <strong" + (over ? " class=\"bad\"" : "") + ">" +
                       text::percent(whole > 0 ? used / whole : 0) + "</strong> <span class=\"dim\">of " +
                       escaped(amount(resource, whole)) + ", limit " +
                       text::percent(whole > 0 ? limit / whole : 0) + "</span>" +
                       (over ? " <strong class=\"bad\">over its limit</strong>" : "") + "</p>\n";
  if (!unknown.empty())
    figure += html::note("warn small", "Use not known: " + escaped(text::join(unknown, ", ")));
  return figure + html::bar(drawn) + names_below(loads, resource);
}

}  // namespace pcb
