// No sequence of wishes ever gets past a limit: random wishes at random times, and a checker that shares no
// code with the envelope and looks at the finished record alone.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "tests/evaluator/envelope_fixture.h"

namespace pcb {
namespace {

struct Started {
  std::string guest, from, to;
  double at = 0, end = 0;
  bool automatic = true;
  bool given_back = false;
};

// What the document promises, counted in the plainest way.
std::string broken_promise(const std::vector<Started>& record) {
  for (std::size_t i = 0; i < record.size(); ++i) {
    const Started& mine = record[i];
    int at_once = 1, into = 1, in_hour = 1, of_source = 1, of_target = 1;
    for (std::size_t j = 0; j < i; ++j) {
      const Started& other = record[j];
      const bool overlaps = other.end > mine.at;
      if (overlaps && other.guest == mine.guest) return "two migrations of " + mine.guest;
      at_once += overlaps ? 1 : 0;
      into += overlaps && other.to == mine.to ? 1 : 0;
      if (mine.automatic && other.guest == mine.guest && mine.at - other.end < 6 * 3600)
        return "no rest for " + mine.guest;
      if (!mine.given_back && other.guest == mine.guest && other.from == mine.to &&
          mine.at - other.end < 24 * 3600)
        return mine.guest + " went back";
      if (!mine.automatic || !other.automatic || mine.at - other.at >= 3600) continue;
      in_hour += 1;
      of_source += other.from == mine.from || other.to == mine.from ? 1 : 0;
      of_target += other.from == mine.to || other.to == mine.to ? 1 : 0;
    }
    if (at_once > 2) return "more than 2 at once";
    if (into > 1) return "more than 1 into " + mine.to;
    if (in_hour > 4) return "more than 4 in an hour";
    if (of_source > 2 || of_target > 2) return "more than 2 of a host in an hour";
  }
  return "";
}

class Simulation {
 public:
  explicit Simulation(unsigned seed) : random_(seed) {
    c_.cluster.guests.clear();
    c_.cluster.hosts.push_back(envelope_host("pve4"));
    for (int i = 0; i < 12; ++i)
      c_.cluster.guests.push_back(envelope_guest("qemu/" + std::to_string(200 + i), host(pick(4))));
  }

  void step() {
    c_.known.now += pick(4) == 0 ? pick(7200) : pick(120);
    c_.cluster.taken_at = c_.known.now - 1;
    for (std::size_t i = 0; i < record_.size(); ++i) {
      if (record_[i].end > c_.known.now || c_.known.history[i].ended_at) continue;
      c_.known.history[i].ended_at = record_[i].end;
      for (Guest& guest : c_.cluster.guests) {
        if (guest.id == record_[i].guest) guest.host = record_[i].to;
      }
    }
    for (Host& host : c_.cluster.hosts) host.state = pick(40) == 0 ? HostState::offline : HostState::online;
    c_.known.paused = pick(20) == 0;
    wish();
  }
  [[nodiscard]] const std::vector<Started>& record() const { return record_; }

 private:
  void wish() {
    const Guest& guest = c_.cluster.guests[static_cast<std::size_t>(pick(12))];
    const std::string target = host(pick(4));
    if (target == guest.host) return;
    const int who = pick(10);
    c_.wish.by = who < 7 ? Initiator::automatic : who < 9 ? Initiator::approved : Initiator::giving_back;
    c_.wish.approved_at = c_.known.now;
    c_.wish.move = envelope_move(guest.id, guest.host, target, "live");
    c_.wish.ticks = 3 + pick(3);
    c_.wish.first_wanted_at = c_.known.now - 200;
    c_.known.heartbeat_at = c_.known.now;
    if (!c_.verdict().empty()) return;
    EXPECT_FALSE(c_.known.paused);
    for (const Host& host : c_.cluster.hosts) EXPECT_NE(host.state, HostState::offline);
    const bool automatic = c_.wish.by == Initiator::automatic;
    record_.push_back({guest.id, guest.host, target, c_.known.now, c_.known.now + 10 + pick(2000), automatic,
                       c_.wish.by == Initiator::giving_back});
    c_.past(guest.id, guest.host, target, c_.known.now, std::nullopt, automatic);
  }
  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  static std::string host(int index) { return "pve" + std::to_string(index + 1); }

  std::mt19937 random_;
  EnvelopeCase c_;
  std::vector<Started> record_;
};

TEST(EnvelopeProperty, NoSequenceOfWishesGetsPastALimit) {
  std::size_t started = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Simulation simulation(seed);
    for (int i = 0; i < 1500; ++i) simulation.step();
    EXPECT_EQ(broken_promise(simulation.record()), "") << "seed " << seed;
    started += simulation.record().size();
  }
  EXPECT_GT(started, 500U);  // an envelope that forbids everything would prove nothing
}

TEST(EnvelopeProperty, TheCheckerSeesEachBrokenPromise) {
  const auto move = [](const char* guest, const char* from, const char* to, double at, double end) {
    return Started{guest, from, to, at, end, true, false};
  };
  EXPECT_EQ(broken_promise({move("a", "1", "2", 0, 10), move("a", "1", "3", 5, 20)}), "two migrations of a");
  EXPECT_EQ(broken_promise({move("a", "1", "2", 0, 10), move("a", "2", "3", 20'000, 20'010)}),
            "no rest for a");
  EXPECT_EQ(broken_promise({move("a", "1", "2", 0, 10), move("a", "2", "1", 80'000, 80'010)}), "a went back");
  EXPECT_EQ(
      broken_promise({move("a", "1", "2", 0, 10), move("b", "3", "4", 1, 10), move("c", "5", "6", 2, 10)}),
      "more than 2 at once");
  EXPECT_EQ(broken_promise({move("a", "1", "2", 0, 10), move("b", "3", "2", 1, 10)}), "more than 1 into 2");
  std::vector<Started> many;
  for (int i = 0; i < 5; ++i)
    many.push_back(
        {std::to_string(i), "f" + std::to_string(i), "t" + std::to_string(i), i * 100.0, i * 100.0 + 1});
  EXPECT_EQ(broken_promise(many), "more than 4 in an hour");
  EXPECT_EQ(broken_promise(
                {move("a", "1", "2", 0, 10), move("b", "1", "3", 100, 110), move("c", "4", "1", 200, 210)}),
            "more than 2 of a host in an hour");
}

}  // namespace
}  // namespace pcb
