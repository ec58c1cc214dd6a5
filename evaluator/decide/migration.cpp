#include "evaluator/decide/migration.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "evaluator/decide/migration_log.h"

namespace pcb {
namespace {

constexpr int kMostStartRequests = 3;

std::string ssh_command(const std::string& host, const std::string& command) {
  return "ssh root@" + host + " " + command;
}

bool is_over(const UnitSample& unit) {
  return unit.state == UnitSample::State::succeeded || unit.state == UnitSample::State::failed;
}

}  // namespace

struct Migration::Picture {
  double now = 0;
  const HostSample* from = nullptr;
  const HostSample* place_sample = nullptr;  // of the host that has the configuration
  bool places_known = false;                 // every host with quorum says the same
  std::vector<std::string> places;
  std::string lock;
  std::vector<std::string> running_on;
  const HostSample* unit_at = nullptr;   // where our migration's unit is
  const HostSample* start_at = nullptr;  // where our start's unit is
  const HaSample* ha = nullptr;
  std::string silent;  // who does not answer, and why

  Picture(const Observation& seen, const Operation& operation) : now(seen.at_seconds) {
    const HostSample* witness = nullptr;
    for (const HostSample& sample : seen.hosts) {
      if (sample.host == operation.from) from = &sample;
      if (sample.running) running_on.push_back(sample.host);
      if (sample.unit.state != UnitSample::State::absent && sample.unit.operation == operation.id)
        (sample.unit.starts_guest ? start_at : unit_at) = &sample;
      if (!sample.quorate) continue;
      places_known = witness == nullptr ? true : places_known && sample.places == witness->places;
      witness = &sample;
      places = sample.places;
      lock = sample.lock;
      if (sample.ha) ha = &*sample.ha;
    }
    for (const HostSample& sample : seen.hosts) {
      if (places.size() == 1 && sample.host == places[0]) place_sample = &sample;
    }
    for (const auto& [host, why] : seen.unreachable)
      silent += (silent.empty() ? "" : "; ") + host + ": " + text::printable(why);
  }
};

struct Migration::Conclusion {
  MoveState state = MoveState::running;
  std::string key;  // what must be seen again to be believed; empty: believed at once
  std::string sentence, command;
  std::string start_on;  // a container was left stopped here
  bool not_started = false;
  bool news = true;  // the look told something
  double settle_seconds = 0;

  static Conclusion wait(MoveState state, std::string sentence, bool news = true) {
    Conclusion conclusion;
    conclusion.state = state;
    conclusion.sentence = std::move(sentence);
    conclusion.news = news;
    return conclusion;
  }
  static Conclusion end(MoveState state, std::string key, std::string sentence, std::string command = {}) {
    Conclusion conclusion;
    conclusion.state = state;
    conclusion.key = std::move(key);
    conclusion.sentence = std::move(sentence);
    conclusion.command = std::move(command);
    return conclusion;
  }
};

Migration::Migration(Operation operation, MigrationRules rules, double begun_at_seconds, bool start_known)
    : operation_(std::move(operation)),
      rules_(rules),
      begun_at_(begun_at_seconds),
      start_known_(start_known),
      news_at_(begun_at_seconds) {}

std::string Migration::tool() const { return is_container(operation_) ? "pct" : "qm"; }

std::string Migration::reason() const {
  const std::string said = reason_in_log(log_);
  return said.empty() ? std::string() : ": " + said;
}

void Migration::remember(const Picture& picture) {
  if (picture.unit_at != nullptr) {
    start_known_ = true;
    if (!picture.unit_at->log.empty()) log_ = picture.unit_at->log;
    if (is_over(picture.unit_at->unit)) ended_ = picture.unit_at->unit;
    if (const auto at = shutdown_in_log(log_)) shutdown_at_ = at;
    if (const auto seconds = downtime_in_log(log_, shutdown_at_)) downtime_ = seconds;
  }
  if (picture.start_at != nullptr) {
    start_known_ = true;
    start_unit_ = picture.start_at->unit;
  }
  if (picture.ha != nullptr && picture.ha->managed)
    ha_moved_ = ha_moved_ || picture.ha->state == "migrate" || picture.ha->state == "relocate";
  was_on_target_ =
      was_on_target_ || (picture.places_known && picture.places == std::vector<std::string>{operation_.to});
}

Migration::Conclusion Migration::conclude(const Picture& picture) const {
  using State = UnitSample::State;
  if (picture.unit_at != nullptr && picture.unit_at->unit.state == State::running) {
    const std::string last = reason_in_log(log_);
    return Conclusion::wait(MoveState::running, operation_.guest + " is on its way to " + operation_.to +
                                                    (last.empty() ? "" : " (" + last + ")"));
  }
  if (picture.start_at != nullptr && picture.start_at->unit.state == State::running)
    return Conclusion::wait(MoveState::verifying,
                            operation_.guest + " is being started on " + picture.start_at->host);
  const bool moving = picture.ha != nullptr && picture.ha->managed && !picture.ha->target.empty();
  // A host moves only what it has itself: whoever has quorum may say that it has lost the guest.
  const bool has_left = picture.places_known && std::find(picture.places.begin(), picture.places.end(),
                                                          operation_.from) == picture.places.end();
  if (!start_known_ && !was_on_target_ && !moving) {
    if (picture.from == nullptr && !has_left)
      return Conclusion::wait(MoveState::starting,
                              operation_.from + " does not answer (" + picture.silent + ")", false);
    if (picture.now - begun_at_ < rules_.start_doubt_seconds)
      return Conclusion::wait(MoveState::starting, "whether the migration was started is not known; " +
                                                       operation_.from + " shows no trace of it yet");
  }
  if (operation_.method == MoveMethod::ha && (picture.ha == nullptr || picture.ha->managed))
    return conclude_ha(picture);
  // Without the source, nobody knows whether its unit still runs, unless it has given the guest away.
  if (picture.from == nullptr && !is_over(ended_) && !was_on_target_ && !has_left)
    return Conclusion::wait(state_, operation_.from + " does not answer (" + picture.silent + ")", false);
  return conclude_at_rest(picture);
}

Migration::Conclusion Migration::conclude_at_rest(const Picture& picture) const {
  const std::string& guest = operation_.guest;
  const std::string id = vmid_of(operation_);
  const bool traced = start_known_ || ha_moved_;
  if (!picture.places_known)
    return Conclusion::wait(traced ? MoveState::verifying : MoveState::starting,
                            "no host with quorum says where " + guest + " is" +
                                (picture.silent.empty() ? "" : " (" + picture.silent + ")"),
                            false);
  if (picture.places.empty())
    return Conclusion::end(MoveState::failed, "gone", guest + " has no configuration on any host any more");
  if (picture.places.size() > 1)
    return Conclusion::end(
        MoveState::unknown, "several places",
        guest + " has a configuration on more than one host (" + text::join(picture.places, ", ") +
            "): do not start it; compare them, and remove the one whose volumes are not its own",
        ssh_command(operation_.from, "grep -H . /etc/pve/nodes/*/*/" + id + ".conf"));
  const std::string& place = picture.places[0];
  if (picture.place_sample == nullptr)
    return Conclusion::wait(MoveState::verifying,
                            guest + " is on " + place + ", which does not answer (" + picture.silent + ")",
                            false);
  const HostSample& here = *picture.place_sample;
  if (picture.lock == "migrate") {
    const std::string unlock =
        ssh_command(place, tool() + " unlock " + id) +
        (operation_.was_running && !here.running ? " && " + ssh_command(place, tool() + " start " + id) : "");
    // The source takes the lock away at the very end: while it is silent, it may still be at it.
    if (picture.from == nullptr && !is_over(ended_)) {
      auto locked = Conclusion::end(MoveState::unknown, "locked@" + place,
                                    guest + " is on " + place + " with the lock \"migrate\", and " +
                                        operation_.from + ", which may still be at it, does not answer (" +
                                        picture.silent + "): unlock it only when that host is surely off",
                                    unlock);
      locked.settle_seconds = rules_.silent_seconds;
      return locked;
    }
    return Conclusion::end(MoveState::failed, "lock@" + place,
                           guest + " is on " + place + " with the lock \"migrate\" left behind" + reason() +
                               "; unlock it only while nobody else migrates it",
                           unlock);
  }
  if (!picture.lock.empty())
    return Conclusion::wait(
        MoveState::verifying,
        guest + " on " + place + " is locked (" + text::printable(picture.lock) + "); waiting for its end");
  for (const std::string& host : picture.running_on) {
    if (host == place) continue;
    const std::string folder = is_container(operation_) ? "lxc/" : "qemu-server/";
    return Conclusion::end(MoveState::unknown, "runs@" + host,
                           "the configuration of " + guest + " is on " + place + ", but it runs on " + host +
                               ": do not start it on " + place + "; bring its configuration back" + reason(),
                           ssh_command(place, "mv /etc/pve/nodes/" + place + "/" + folder + id +
                                                  ".conf /etc/pve/nodes/" + host + "/" + folder));
  }
  if (here.paused)
    return Conclusion::end(MoveState::failed, "paused@" + place,
                           guest + " is on " + place + ", but stands still (paused)" + reason(),
                           ssh_command(place, "qm resume " + id));
  if (operation_.was_running && !here.running) return conclude_stopped(picture);
  const std::string how = operation_.was_running ? "runs" : here.running ? "has been started" : "is";
  if (place == operation_.to) {
    const bool complained = ended_.state == UnitSample::State::failed;
    return Conclusion::end(
        MoveState::done, "done",
        guest + " " + how + " on " + place +
            (start_requests_ > 0 ? ", after it had been left stopped there and was started" : "") +
            (complained ? "; Proxmox reports a problem" + reason() : ""));
  }
  if (place != operation_.from)
    return Conclusion::end(
        MoveState::failed, "elsewhere@" + place,
        guest + " " + how + " on " + place + ": something else has taken it there" + reason());
  auto stayed =
      Conclusion::end(MoveState::failed, "stayed",
                      traced ? guest + " " + how + " on " + place + " as before: it was not moved" + reason()
                             : "nothing was started: " + guest + " " + how + " on " + place + " as before");
  if (traced && start_requests_ > 0)
    stayed.sentence =
        guest + " was not moved; it had been left stopped on " + place + " and was started there" + reason();
  stayed.not_started = !traced;
  return stayed;
}

Migration::Conclusion Migration::conclude_stopped(const Picture& picture) const {
  const std::string& place = picture.places[0];
  const std::string command = ssh_command(place, tool() + " start " + vmid_of(operation_));
  if (!start_known_) {
    auto stopped = Conclusion::end(
        MoveState::failed, "stopped by others",
        "nothing was started; " + operation_.guest + " on " + place + " has been stopped by somebody else");
    stopped.not_started = true;
    return stopped;
  }
  // A task that ended well had started it: who stopped it since may have meant to.
  const bool left = ended_.state != UnitSample::State::succeeded;
  const bool again = start_requests_ < kMostStartRequests && start_unit_.state != UnitSample::State::failed;
  // On a third host somebody else has put it.
  const bool ours = place == operation_.from || place == operation_.to;
  if (is_container(operation_) && left && again && ours) {
    auto stopped = Conclusion::end(MoveState::verifying, "stopped@" + place,
                                   operation_.guest + " was left stopped on " + place + reason(), command);
    stopped.start_on = place;
    return stopped;
  }
  const std::string tried = start_requests_ > 0 ? " and could not be started again" : "";
  return Conclusion::end(MoveState::failed, "stopped@" + place + tried,
                         operation_.guest + " is stopped on " + place + tried + reason(), command);
}

Migration::Conclusion Migration::conclude_ha(const Picture& picture) const {
  const std::string sid = (is_container(operation_) ? "ct:" : "vm:") + vmid_of(operation_);
  if (picture.ha == nullptr || !picture.places_known)
    return Conclusion::wait(state_, "the state of the HA manager cannot be read (" + picture.silent + ")",
                            false);
  const HaSample& ha = *picture.ha;
  if (ha.state == "error") {
    const bool traced = start_known_ || ha_moved_ || was_on_target_;
    auto conclusion = Conclusion::end(
        MoveState::failed, "ha error",
        (traced ? "the HA manager has put " + sid + " into"
                : "nothing was started: the HA manager has " + sid + " in") +
            " the state error; disable it, mend what is wrong with the guest, and set it to started again",
        ssh_command(operation_.from, "ha-manager set " + sid + " --state disabled"));
    conclusion.not_started = !traced;
    return conclusion;
  }
  const std::string rest = operation_.was_running ? "started" : "stopped";
  if (ha.state != rest || !ha.target.empty())
    return Conclusion::wait(MoveState::running,
                            "the HA manager has " + sid + " in state " + text::printable(ha.state) +
                                (ha.target.empty() ? "" : " to " + text::printable(ha.target)));
  const std::string place = picture.places.empty() ? std::string() : picture.places[0];
  const bool ready =
      picture.place_sample != nullptr && picture.place_sample->running == operation_.was_running;
  if (place != operation_.from && !place.empty() && !ready)
    return Conclusion::wait(MoveState::running, "the HA manager is about to start " + sid + " on " + place,
                            picture.place_sample != nullptr);
  auto conclusion = conclude_at_rest(picture);
  conclusion.settle_seconds = rules_.ha_settle_seconds;
  if (place != operation_.from || conclusion.not_started || conclusion.key != "stayed") return conclusion;
  conclusion.settle_seconds = rules_.settle_seconds;
  if (was_on_target_) {
    conclusion.key = "moved back";
    conclusion.sentence = "the HA manager has moved " + sid + " back to " + place +
                          ": its group or rules prefer that host; do not plan it elsewhere";
    conclusion.command = ssh_command(place, "ha-manager config");
  } else if (!ha_moved_ && ended_.state != UnitSample::State::failed) {
    if (picture.now - begun_at_ < rules_.ha_patience_seconds)
      return Conclusion::wait(MoveState::running, "the HA manager has been asked, and has not begun yet");
    conclusion.key = "not taken up";
    conclusion.sentence = "the HA manager did not take the request up; " + sid + " stays on " + place;
    conclusion.command = ssh_command(place, "ha-manager status");
  }
  return conclusion;
}

void Migration::ask_to_start(MigrationVerdict& verdict, const std::string& host, double now) {
  verdict.state = MoveState::verifying;
  if (start_requests_ > 0 && now - start_asked_at_ < rules_.start_again_seconds) return;
  ++start_requests_;
  start_asked_at_ = now;
  verdict.start_guest_on = host;
}

MigrationVerdict Migration::settle(const Conclusion& conclusion, double now) {
  MigrationVerdict verdict;
  verdict.state = conclusion.state;
  verdict.sentence = conclusion.sentence;
  if (conclusion.news) news_at_ = now;
  if (conclusion.key.empty()) {
    settling_.clear();
    if (!conclusion.news && now - news_at_ >= rules_.silent_seconds) verdict.state = MoveState::unknown;
    return verdict;
  }
  if (conclusion.key != settling_) {
    settling_ = conclusion.key;
    agreed_ = 0;
    agreed_since_ = now;
  }
  ++agreed_;
  const double needed = std::max(conclusion.settle_seconds, rules_.settle_seconds);
  if (agreed_ < rules_.samples || now - agreed_since_ < needed) {
    verdict.state = conclusion.not_started ? state_ : MoveState::verifying;
    const std::string seen = agreed_ == 1 ? "once" : std::to_string(agreed_) + " times";
    verdict.sentence += " (seen " + seen + "; waiting for it to stay so)";
    return verdict;
  }
  verdict.command = conclusion.command;
  if (!conclusion.start_on.empty()) {
    ask_to_start(verdict, conclusion.start_on, now);
    return verdict;
  }
  verdict.not_started = conclusion.not_started;
  verdict.clear_unit = verdict.state == MoveState::done || verdict.state == MoveState::failed;
  const bool by_ha = operation_.method == MoveMethod::ha;
  verdict.duration_seconds = by_ha ? agreed_since_ - begun_at_ : ended_.seconds;
  verdict.downtime_seconds = downtime_;
  return verdict;
}

MigrationVerdict Migration::see(const Observation& observation) {
  const Picture picture(observation, operation_);
  remember(picture);
  auto verdict = settle(conclude(picture), picture.now);
  // What has once been reached is not taken back: `verifying` never becomes `running` again.
  const bool forward = state_ != MoveState::unknown;
  if (forward && verdict.state == MoveState::running && state_ == MoveState::verifying)
    verdict.state = MoveState::verifying;
  if (forward && verdict.state == MoveState::starting) verdict.state = state_;
  state_ = verdict.state;
  const bool over = state_ == MoveState::done || state_ == MoveState::failed;
  if (!over && picture.now - begun_at_ >= rules_.overdue_seconds) {
    verdict.overdue = true;
    verdict.command =
        ssh_command(operation_.from, operation_.method == MoveMethod::ha
                                         ? std::string("ha-manager status")
                                         : "systemctl status balancer-migrate-" + vmid_of(operation_));
    verdict.sentence += "; it takes longer than " + text::human_duration(rules_.overdue_seconds) +
                        ", and nothing stops it by itself: look at it on the host";
  }
  return verdict;
}

}  // namespace pcb
