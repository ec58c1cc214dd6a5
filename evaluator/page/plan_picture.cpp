// The picture of a plan: each host before and after, with what leaves it and what comes.
#include <algorithm>
#include <map>

#include "cluster/document_defaults.h"
#include "common/text.h"
#include "evaluator/page/host_bars.h"
#include "evaluator/page/html.h"
#include "evaluator/page/plan_page.h"

namespace pcb {
namespace {

using html::escaped;

constexpr int kMoveColours = 6;
constexpr std::size_t kPicturedHosts = 60;

const Host* host_of(const Cluster* cluster, const std::string& name) {
  if (cluster == nullptr) return nullptr;
  for (const Host& host : cluster->hosts)
    if (host.name == name) return &host;
  return nullptr;
}

const Guest* guest_of(const Cluster& cluster, const std::string& id) {
  for (const Guest& guest : cluster.guests)
    if (guest.id == id) return &guest;
  return nullptr;
}

std::string colour_of(const Move& move) {
  return "move" + std::to_string((move.step - 1) % kMoveColours + 1);
}

// The share of the host that the guest of a move has, or nothing where it is not known.
double share_of(const Cluster& cluster, const Host& host, const Move& move, Resource resource) {
  const Guest* guest = guest_of(cluster, move.guest);
  const double capacity = capacity_of(host, resource);
  if (guest == nullptr || capacity <= 0) return 0;
  const auto use = resource == Resource::cpu ? cpu_used_cores_of(*guest) : memory_used_bytes_of(*guest);
  return use.value_or(0) / capacity;
}

struct Side {
  const char* when;  // "before", "after"
  double ratio = 0;
  bool leaves = false;  // of the guests of the moves, those that leave are drawn, else those that came
};

std::string side_bar(const Plan& plan, const Cluster* cluster, const Host* host, const std::string& name,
                     Resource resource, const Side& side) {
  html::Bar drawn;
  drawn.whole = 1;
  drawn.limit =
      host != nullptr ? limit_of(*host, resource) / std::max(capacity_of(*host, resource), 1e-9) : 1;
  const bool over = host != nullptr && side.ratio > drawn.limit;
  drawn.label = name + " " + word_of(resource) + " " + side.when + ": " + text::percent(side.ratio) +
                (over ? ", over its limit of " + text::percent(drawn.limit) : "");
  std::vector<html::Segment> moving;
  double moved = 0;
  for (const Move& move : plan.moves) {
    if (host == nullptr || (side.leaves ? move.from : move.to) != name) continue;
    const double share = std::min(share_of(*cluster, *host, move, resource), side.ratio - moved);
    if (!(share > 0)) continue;
    moved += share;
    moving.push_back({share, colour_of(move),
                      "step " + std::to_string(move.step) + ", " + move.name + " (" + move.guest +
                          "): " + text::percent(share)});
  }
  drawn.segments.push_back({side.ratio - moved, std::string("stays") + (over ? " over" : ""), ""});
  for (html::Segment& segment : moving) drawn.segments.push_back(std::move(segment));
  return html::bar(drawn);
}

std::string resource_html(const Plan& plan, const Cluster* cluster, const std::string& name,
                          Resource resource, double before, double after) {
  const Host* host = host_of(cluster, name);
  std::string text = "<p class=\"figure\">" + std::string(word_of(resource)) + " " + text::percent(before);
  if (!plan.moves.empty()) text += " → <strong>" + text::percent(after) + "</strong>";
  if (host != nullptr)
    text += " <span class=\"dim\">limit " +
            text::percent(limit_of(*host, resource) / std::max(capacity_of(*host, resource), 1e-9)) +
            "</span>";
  text += "</p>\n<div class=\"before\">" +
          side_bar(plan, cluster, host, name, resource, {"before", before, true}) + "</div>";
  if (!plan.moves.empty())
    text += "<div class=\"after\">" + side_bar(plan, cluster, host, name, resource, {"after", after, false}) +
            "</div>";
  return text + "\n";
}

}  // namespace

std::string guest_words(const Cluster* cluster, const std::string& id) {
  const Guest* guest = cluster != nullptr ? guest_of(*cluster, id) : nullptr;
  return guest != nullptr && guest->name ? *guest->name + " (" + id + ")" : id;
}

std::string plan_picture_html(const Plan& plan, const Cluster* cluster, bool of_now) {
  if (plan.before.hosts.empty()) return "";
  std::string list = "<ul class=\"hosts picture\">\n";
  std::size_t shown = 0;
  for (const auto& [name, before] : plan.before.hosts) {
    const auto after = plan.after.hosts.find(name);
    if (after == plan.after.hosts.end() || ++shown > kPicturedHosts) continue;
    list +=
        "<li class=\"host\"><h3>" + escaped(name) + "</h3>\n" +
        resource_html(plan, of_now ? cluster : nullptr, name, Resource::cpu, before.cpu, after->second.cpu) +
        resource_html(plan, of_now ? cluster : nullptr, name, Resource::memory, before.memory,
                      after->second.memory) +
        "</li>\n";
  }
  list += "</ul>\n";
  if (shown > kPicturedHosts)
    list += html::note("dim", html::plural(shown - kPicturedHosts, "more host is", "more hosts are") +
                                  " not drawn; the figures and the moves are of all.");
  if (plan.moves.empty()) return list;
  std::string legend = "Upper bar before, lower bar after <span class=\"key limit\"></span> limit";
  if (of_now) {
    for (const Move& move : plan.moves)
      legend += " <span class=\"key " + colour_of(move) + "\"></span> " + std::to_string(move.step) + " " +
                escaped(move.name);
  }
  return list + html::note("legend small", legend);
}

}  // namespace pcb
