#include "exporter/poller/poller.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>

#include "common/log/log.h"
#include "common/os/process.h"
#include "common/os/random.h"
#include "common/ssh/loop.h"
#include "common/text.h"
#include "exporter/poller/discover.h"

namespace pcb {
namespace {

using Clock = ssh::Clock;

constexpr int kMostFollowUps = 3;  // configs that change while they are read must not hold a host for ever
constexpr auto kHeartbeat = std::chrono::seconds(1);

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct PolledHost {
  std::string name;
  HostTracker tracker;
  ssh::Connection* connection = nullptr;
  Clock::time_point due{};
  std::string nonce;
  int follow_ups = 0;
  bool healthy = false;  // the last cycle succeeded
  bool asked = false;    // at least one cycle has ended
  bool tells = true;     // of the whole cluster; false: it cannot now
  double duration_seconds = 0;
  std::uint64_t logins_before = 0;  // of connections that were replaced
  std::map<FailureReason, double> failures;
  FailureReason last_logged = FailureReason::none;

  explicit PolledHost(const std::string& host_name) : name(host_name), tracker(host_name) {}
};

}  // namespace

FailureReason to_reason(ssh::Failure failure) {
  switch (failure) {
    case ssh::Failure::none:
      return FailureReason::none;
    case ssh::Failure::dns:
      return FailureReason::dns;
    case ssh::Failure::connect_refused:
      return FailureReason::connect_refused;
    case ssh::Failure::connect_timeout:
      return FailureReason::connect_timeout;
    case ssh::Failure::banner_timeout:
      return FailureReason::banner_timeout;
    case ssh::Failure::handshake:
      return FailureReason::handshake;
    case ssh::Failure::host_key_unknown:
      return FailureReason::host_key_unknown;
    case ssh::Failure::host_key_changed:
      return FailureReason::host_key_changed;
    case ssh::Failure::auth:
      return FailureReason::auth;
    case ssh::Failure::channel_refused:
      return FailureReason::channel_refused;
    case ssh::Failure::command_timeout:
      return FailureReason::command_timeout;
    case ssh::Failure::output_too_large:
      return FailureReason::output_too_large;
    case ssh::Failure::connection_lost:
      return FailureReason::connection_lost;
  }
  return FailureReason::protocol;
}

struct Poller::Impl {
  PollerSettings settings;  // as configured, without what was discovered
  std::unique_ptr<ssh::Loop> loop;
  std::vector<std::unique_ptr<PolledHost>> hosts;  // in the configured order
  // To the jump host, beside its own connection in `hosts`; null: none is configured.
  ssh::Connection* jump = nullptr;
  std::atomic<bool> stopping = false;

  std::mutex mutex;
  std::optional<PollerSettings> pending;    // guarded by mutex
  std::optional<bool> reload_successful;    // guarded by mutex
  std::optional<double> reload_success_at;  // guarded by mutex

  bool published_once = false;
  std::optional<Clock::time_point>
      unpublished_since;  // the first cycle that ended since the last publication

  void apply(PollerSettings wanted);
  void apply_jump(const PollerSettings& wanted);
  void apply_hosts(const std::vector<ssh::ConnectionSettings>& wanted);
  void discover();
  void forget_outdone_views();
  [[nodiscard]] std::vector<const HostReport*> reports() const;
  void drop_connection(PolledHost& host);
  void start_cycle(PolledHost& host, Clock::time_point now);
  void ask(PolledHost& host, Clock::time_point now);
  void take(PolledHost& host, const ssh::Outcome& outcome);
  void end_cycle(PolledHost& host, FailureReason reason, const std::string& detail);
  [[nodiscard]] bool answers_for_cluster(const PolledHost& host) const;
  [[nodiscard]] bool any_busy() const;
  [[nodiscard]] Collected collected();
  [[nodiscard]] std::optional<Clock::time_point> publish_at() const;
  void run_until_idle();
};

// Where the way to the other hosts has changed, their connections go, and the old jump host's after them.
void Poller::Impl::apply_jump(const PollerSettings& wanted) {
  const auto found = std::find_if(wanted.hosts.begin(), wanted.hosts.end(),
                                  [&](const auto& host) { return host.name == wanted.jump; });
  const bool same =
      found == wanted.hosts.end() ? jump == nullptr : jump != nullptr && jump->settings() == *found;
  if (same) {
    if (jump != nullptr) jump->forget_backoff();
    return;
  }
  for (const auto& host : hosts) drop_connection(*host);
  if (jump != nullptr) loop->remove(*jump);
  jump = found == wanted.hosts.end() ? nullptr : &loop->add(*found);
}

void Poller::Impl::drop_connection(PolledHost& host) {
  if (host.connection == nullptr) return;
  host.logins_before += host.connection->logins();
  loop->remove(*host.connection);
  host.connection = nullptr;
}

void Poller::Impl::apply(PollerSettings wanted) {
  apply_jump(wanted);
  settings = std::move(wanted);
  for (const auto& host : hosts) {
    if (host->connection != nullptr) host->connection->forget_backoff();
  }
  apply_hosts(settings.hosts);
  discover();
}

// Hosts whose settings are the same keep their connection; those that stay keep what is known of them.
void Poller::Impl::apply_hosts(const std::vector<ssh::ConnectionSettings>& wanted) {
  std::vector<std::unique_ptr<PolledHost>> next;
  for (const ssh::ConnectionSettings& host_settings : wanted) {
    const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const auto& host) {
      return host && host->name == host_settings.name;
    });
    auto host = found != hosts.end() ? std::move(*found) : std::make_unique<PolledHost>(host_settings.name);
    if (host->connection == nullptr || host->connection->settings() != host_settings) {
      drop_connection(*host);
      host->connection = &loop->add(host_settings, host_settings.name == settings.jump ? nullptr : jump);
      host->due = {};
    }
    next.push_back(std::move(host));
  }
  for (const auto& gone : hosts) {
    if (gone) drop_connection(*gone);
  }
  hosts = std::move(next);
}

// Members that joined are read from now on, those that left no more. Without quorum everything stays as it
// is.
void Poller::Impl::discover() {
  if (!settings.discover) return;
  const ClusterView* view = members_view(reports());
  if (view == nullptr) return;
  auto wanted = with_members(settings.hosts, view->members, reports());
  std::erase_if(wanted, [this](const auto& host) { return !settings.snapshot.shard.has(host.name); });
  const bool same = std::equal(wanted.begin(), wanted.end(), hosts.begin(), hosts.end(),
                               [](const auto& a, const auto& b) { return a == b->connection->settings(); });
  if (same) return;
  apply_hosts(wanted);
  log::info("members of the cluster have changed", {{"hosts", std::to_string(hosts.size())}});
}

void Poller::Impl::forget_outdone_views() {
  const ClusterView* newest = members_view(reports());
  if (newest == nullptr) return;
  for (const auto& host : hosts) {
    const auto& view = host->tracker.report().view;
    if (view && is_outdone(*view, *newest)) host->tracker.forget_view();
  }
}

std::vector<const HostReport*> Poller::Impl::reports() const {
  std::vector<const HostReport*> all;
  for (const auto& host : hosts) all.push_back(&host->tracker.report());
  return all;
}

bool Poller::Impl::answers_for_cluster(const PolledHost& host) const {
  for (const auto& other : hosts) {
    if (other.get() == &host) return host.tells;
    if ((other->healthy && other->tells) || !other->asked) return false;
  }
  return false;
}

bool Poller::Impl::any_busy() const {
  return std::any_of(hosts.begin(), hosts.end(), [](const auto& host) { return host->connection->busy(); });
}

void Poller::Impl::start_cycle(PolledHost& host, Clock::time_point now) {
  // Kept in step with the first time it was due, whatever this cycle takes.
  if (host.due == Clock::time_point{}) host.due = now;
  while (host.due <= now) host.due += settings.interval;
  host.follow_ups = 0;
  host.duration_seconds = 0;
  ask(host, now);
}

void Poller::Impl::ask(PolledHost& host, Clock::time_point now) {
  host.nonce = os::random_hex(8);
  ssh::Request request;
  request.text = request_line(host.tracker.next_request(answers_for_cluster(host)), host.nonce);
  if (!request.text.ends_with('\n')) request.text += '\n';
  request.complete = [nonce = host.nonce](std::string_view received) {
    return answer_complete(received, nonce);
  };
  request.time_limit = settings.command_timeout;
  request.max_answer_bytes = settings.max_answer_bytes;
  request.done = [this, &host](const ssh::Outcome& outcome) { take(host, outcome); };
  host.connection->submit(std::move(request), now);
}

void Poller::Impl::take(PolledHost& host, const ssh::Outcome& outcome) {
  if (!outcome.ok()) {
    const FailureReason reason = to_reason(outcome.problem.failure);
    host.tracker.fail(reason, outcome.problem.message);
    if (outcome.attempted) ++host.failures[reason];
    return end_cycle(host, reason, outcome.problem.message);
  }
  host.duration_seconds += std::chrono::duration<double>(outcome.duration).count();
  auto accepted = host.tracker.accept(outcome.answer, host.nonce, unix_now(), host.duration_seconds);
  if (!accepted.ok()) {
    const FailureReason reason = host.tracker.report().failure;
    ++host.failures[reason];
    return end_cycle(host, reason, accepted.error().message);
  }
  if (*accepted == HostTracker::FollowUp::ask_again && host.follow_ups++ < kMostFollowUps) {
    return ask(host, Clock::now());
  }
  end_cycle(host, FailureReason::none, {});
}

void Poller::Impl::end_cycle(PolledHost& host, FailureReason reason, const std::string& detail) {
  host.asked = true;
  host.healthy = reason == FailureReason::none;
  if (host.healthy) host.tells = tells_of_cluster(host.tracker.report(), host.tells);
  const auto can_tell = [](const auto& one) { return (one->healthy && one->tells) || !one->asked; };
  if (std::none_of(hosts.begin(), hosts.end(), can_tell)) {  // each in turn, until one can again
    for (const auto& one : hosts) one->tells = true;
  }
  forget_outdone_views();
  if (!unpublished_since) unpublished_since = Clock::now();
  if (reason == host.last_logged) return;  // told once, not every cycle
  host.last_logged = reason;
  if (host.healthy) {
    log::info("host is read again", {{"host", host.name}});
  } else {
    log::warning("host cannot be read",
                 {{"host", host.name}, {"reason", std::string(to_string(reason))}, {"detail", detail}});
  }
}

Collected Poller::Impl::collected() {
  Collected result;
  SnapshotSettings snapshot = settings.snapshot;
  for (const auto& host : hosts) {
    const auto configured = [&](const auto& known) { return known.name == host->name; };
    if (std::none_of(snapshot.hosts.begin(), snapshot.hosts.end(), configured)) {
      // Discovered: the defaults hold.
      const auto& address = host->connection->settings().address;
      snapshot.hosts.push_back({host->name, {}, {}, {}, {}, {}, {}, address});
    }
    const auto logins = host->logins_before + host->connection->logins();
    result.self.hosts.push_back({host->name, static_cast<double>(logins), host->failures});
  }
  result.snapshot = build_snapshot(reports(), snapshot, unix_now());
  SelfMetrics& self = result.self;
  self.version = settings.version;
  const os::ProcessFigures process = os::read_process_figures();
  self.process_cpu_seconds = process.cpu_seconds;
  self.process_resident_memory_bytes = process.resident_memory_bytes;
  self.process_virtual_memory_bytes = process.virtual_memory_bytes;
  self.process_open_fds = process.open_fds;
  self.process_max_fds = process.max_fds;
  self.process_start_time_seconds = process.start_time_seconds;
  const std::lock_guard lock(mutex);
  self.config_last_reload_successful = reload_successful;
  self.config_last_reload_success_timestamp_seconds = reload_success_at;
  return result;
}

std::optional<Clock::time_point> Poller::Impl::publish_at() const {
  if (!unpublished_since) return std::nullopt;
  if (!any_busy()) return *unpublished_since;
  if (!published_once) return std::nullopt;
  return *unpublished_since + kPublishDelay;
}

void Poller::Impl::run_until_idle() {
  while (any_busy() && !stopping) loop->run_once(Clock::now() + kHeartbeat);
}

Poller::Poller(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Poller::~Poller() = default;

Result<std::unique_ptr<Poller>> Poller::create(PollerSettings settings) {
  auto loop = ssh::Loop::create();
  if (!loop.ok()) return loop.error();
  auto impl = std::make_unique<Impl>();
  impl->loop = std::move(*loop);
  impl->apply(std::move(settings));
  return std::unique_ptr<Poller>(new Poller(std::move(impl)));
}

void Poller::run(const Publish& publish, const std::function<void()>& heartbeat) {
  Impl& self = *impl_;
  while (!self.stopping) {
    std::optional<PollerSettings> wanted;
    {
      const std::lock_guard lock(self.mutex);
      std::swap(wanted, self.pending);
    }
    if (wanted) self.apply(std::move(*wanted));

    const auto now = Clock::now();
    auto until = now + kHeartbeat;
    for (const auto& host : self.hosts) {
      if (host->connection->busy()) continue;
      if (host->due <= now) self.start_cycle(*host, now);
      until = std::min(until, host->due);
    }
    if (auto at = self.publish_at(); at && *at <= now) {
      publish(std::make_shared<const Collected>(self.collected()));
      self.unpublished_since.reset();
      self.published_once = true;
      self.discover();
      self.loop->extend_deadlines(Clock::now() - now);
    } else if (at) {
      until = std::min(until, *at);
    }
    heartbeat();
    self.loop->run_once(until);
  }
}

Collected Poller::collect_once(std::chrono::milliseconds between) {
  Impl& self = *impl_;
  for (const auto& host : self.hosts) self.start_cycle(*host, Clock::now());
  self.run_until_idle();
  self.discover();
  for (const auto& host : self.hosts) {
    if (!host->asked) self.start_cycle(*host, Clock::now());
  }
  self.run_until_idle();
  const auto second = Clock::now() + between;
  while (Clock::now() < second && !self.stopping) self.loop->run_once(second);
  return collect_again();
}

Collected Poller::collect_again() {
  Impl& self = *impl_;
  for (const auto& host : self.hosts) {
    if (host->healthy) self.start_cycle(*host, Clock::now());
  }
  self.run_until_idle();
  return self.collected();
}

void Poller::reconfigure(PollerSettings settings) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->pending = std::move(settings);
  }
  impl_->loop->wake();
}

void Poller::note_reload(bool successful, double at_unix_seconds) {
  const std::lock_guard lock(impl_->mutex);
  impl_->reload_successful = successful;
  if (successful) impl_->reload_success_at = at_unix_seconds;
}

void Poller::stop() {
  impl_->stopping = true;
  impl_->loop->wake();
}

}  // namespace pcb
