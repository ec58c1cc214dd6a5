#include "evaluator/trigger/migrate.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "cluster/reach/connection.h"
#include "common/node_script.h"
#include "common/os/clock.h"
#include "common/os/random.h"
#include "common/ssh/loop.h"
#include "evaluator/decide/alert.h"

namespace pcb {
namespace {

constexpr std::size_t kNonceBytes = 8;
constexpr std::size_t kMostAnswerBytes = 1U << 20U;
// pmxcfs gives a lock up 120 s after its last renewal; half of that is left for what goes wrong in between.
constexpr double kLockValidSeconds = 60;
// A look must not wait for a minute once a host is back.
constexpr auto kLongestConnectDelay = std::chrono::milliseconds(5000);

// Failures that come before anything is written to the script.
bool was_sent(const ssh::Outcome& outcome) {
  using ssh::Failure;
  if (!outcome.attempted) return false;
  switch (outcome.problem.failure) {
    case Failure::dns:
    case Failure::connect_refused:
    case Failure::connect_timeout:
    case Failure::banner_timeout:
    case Failure::handshake:
    case Failure::host_key_unknown:
    case Failure::host_key_changed:
    case Failure::auth:
    case Failure::channel_refused:
      return false;
    case Failure::none:
    case Failure::command_timeout:
    case Failure::output_too_large:
    case Failure::connection_lost:
      return true;
  }
  return true;
}

StartAnswer not_started(std::string sentence) {
  return {StartAnswer::Kind::not_started, {}, std::move(sentence), {}};
}

StartAnswer refused(const NodeAnswer& answer, const Operation& operation) {
  StartAnswer refusal{StartAnswer::Kind::refused,
                      answer.refused,
                      refusal_sentence(answer.refused, answer.detail, operation),
                      {}};
  if (answer.refused == "unit_exists" && answer.detail != "foreign") refusal.other_operation = answer.detail;
  return refusal;
}

}  // namespace

MigratorSettings migrator_settings(const Config& config) {
  MigratorSettings settings;
  settings.jump = config.ssh.jump;
  settings.call_limit = std::max(settings.call_limit, milliseconds(config.ssh.command_timeout));
  for (const HostConfig& host : config.proxmox_hosts) {
    ssh::ConnectionSettings connection = connection_of(host, config.ssh);
    if (!config.evaluator.migrate_user.empty()) connection.user = config.evaluator.migrate_user;
    if (!config.evaluator.migrate_key_path.empty()) {
      connection.key_path = config.evaluator.migrate_key_path;
      connection.key_passphrase.clear();
      connection.password.clear();
      connection.use_agent = false;
    }
    connection.longest_connect_delay = kLongestConnectDelay;
    settings.hosts.push_back(std::move(connection));
  }
  return settings;
}

bool is_read_at_the_start(std::string_view option) {
  return option.starts_with("proxmox_hosts") || option.starts_with("ssh.") ||
         option.starts_with("evaluator.migrate_");
}

Result<std::unique_ptr<SshMigrator>> SshMigrator::create(MigratorSettings settings) {
  auto loop = ssh::Loop::create();
  if (!loop) return loop.error();
  for (auto& host : settings.hosts) host.script = std::string(node_migrate_script());
  return std::unique_ptr<SshMigrator>(new SshMigrator(std::move(settings), std::move(*loop)));
}

SshMigrator::SshMigrator(MigratorSettings settings, std::unique_ptr<ssh::Loop> loop)
    : settings_(std::move(settings)), loop_(std::move(loop)) {}

SshMigrator::~SshMigrator() = default;

void SshMigrator::interrupt() {
  interrupted_ = true;
  loop_->wake();
}

ssh::Connection* SshMigrator::connection_to(const std::string& host) {
  if (const auto found = connections_.find(host); found != connections_.end()) return found->second;
  const auto settings_of = [&](const std::string& name) {
    return std::find_if(settings_.hosts.begin(), settings_.hosts.end(),
                        [&](const auto& settings) { return settings.name == name; });
  };
  const auto wanted = settings_of(host);
  if (wanted == settings_.hosts.end()) return nullptr;
  if (jump_ == nullptr && host != settings_.jump) {
    if (const auto jump = settings_of(settings_.jump); jump != settings_.hosts.end())
      jump_ = &loop_->add(*jump);
  }
  return connections_[host] = &loop_->add(*wanted, host == settings_.jump ? nullptr : jump_);
}

SshMigrator::Reply SshMigrator::ask(const std::string& host, const std::string& request, bool acts) {
  return std::move(ask_all({host}, request, acts).front());
}

std::vector<SshMigrator::Reply> SshMigrator::ask_all(const std::vector<std::string>& hosts,
                                                     const std::string& request, bool acts) {
  struct Question {
    std::string nonce = os::random_hex(kNonceBytes);
    std::optional<ssh::Outcome> outcome;
  };
  // Shared with the requests: one that is left behind by interrupt() still has a place for its outcome.
  const auto questions = std::make_shared<std::vector<Question>>(hosts.size());
  std::vector<Reply> replies(hosts.size(), Reply{Error{"the evaluator is stopping"}, false});
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < hosts.size() && !interrupted_; ++i) {
    ssh::Connection* connection = connection_to(hosts[i]);
    if (connection == nullptr) {
      replies[i].answer = Error{hosts[i] +
                                " was not in config.yaml (proxmox_hosts) when this evaluator started, so it "
                                "cannot be reached; add it there and restart the evaluator"};
      continue;
    }
    replies[i].sent = true;
    ++waiting;
    const std::string nonce = (*questions)[i].nonce;
    ssh::Request asked;
    asked.text = "pcm" + std::to_string(kMigrateProtocol) + " " + nonce + " " + request + "\n";
    asked.complete = [nonce](std::string_view received) { return script_answer_complete(received, nonce); };
    asked.time_limit = settings_.call_limit;
    asked.max_answer_bytes = kMostAnswerBytes;
    asked.repeatable = !acts;
    asked.done = [questions, i](ssh::Outcome outcome) { (*questions)[i].outcome = std::move(outcome); };
    connection->submit(std::move(asked), ssh::Clock::now());
  }
  const auto open = [&] {
    return static_cast<std::size_t>(
               std::count_if(questions->begin(), questions->end(),
                             [](const auto& question) { return question.outcome.has_value(); })) < waiting;
  };
  while (open() && !interrupted_) loop_->run_once(ssh::Clock::now() + settings_.call_limit);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const Question& question = (*questions)[i];
    if (!question.outcome) continue;
    replies[i].sent = was_sent(*question.outcome);
    if (!question.outcome->ok()) {
      replies[i].answer = Error{question.outcome->problem.message};
      continue;
    }
    auto answer = read_node_answer(question.outcome->answer, question.nonce);
    if (answer && answer->node != hosts[i]) {
      answer = Error{"the address of " + hosts[i] + " in config.yaml leads to " + answer->node +
                     "; mend it (proxmox_hosts)"};
    }
    replies[i].answer = answer ? std::move(answer) : Result<NodeAnswer>(answer.error().in(hosts[i]));
  }
  return replies;
}

Result<double> SshMigrator::until(const std::string& host) {
  const auto reply = ask(host, version_request());
  if (!reply.answer) return reply.answer.error();
  const double limit = std::chrono::duration<double>(settings_.call_limit).count();
  return std::floor(reply.answer->uptime_seconds + limit);
}

StartAnswer SshMigrator::act(const std::string& host, const Operation& operation,
                             const std::string& request) {
  const auto reply = ask(host, request, true);
  if (!reply.answer) {
    const bool perhaps = reply.sent;
    return {perhaps ? StartAnswer::Kind::nobody_knows : StartAnswer::Kind::not_started,
            {},
            reply.answer.error().message,
            {}};
  }
  if (!reply.answer->refused.empty()) return refused(*reply.answer, operation);
  if (reply.answer->says("started")) return {StartAnswer::Kind::started, {}, {}, {}};
  return {StartAnswer::Kind::nobody_knows, {}, host + " answered, but not whether it has started", {}};
}

StartAnswer SshMigrator::start(const Operation& operation) {
  if (auto fault = fault_of(operation)) return {StartAnswer::Kind::refused, "grammar", std::move(*fault), {}};
  if (lock_owner_.empty()) return not_started("this evaluator does not hold the cluster's lock");
  const auto target = ask(operation.to, check_request(operation));
  if (!target.answer) return not_started(target.answer.error().message);
  if (!target.answer->refused.empty()) return refused(*target.answer, operation);
  const auto late = until(operation.from);
  if (!late) return not_started(late.error().message);
  return act(operation.from, operation,
             start_request(operation, target.answer->number("credit"), *late, lock_owner_));
}

StartAnswer SshMigrator::start_guest(const Operation& operation, const std::string& host) {
  if (auto fault = fault_of(operation)) return {StartAnswer::Kind::refused, "grammar", std::move(*fault), {}};
  if (lock_owner_.empty()) return not_started("this evaluator does not hold the cluster's lock");
  const Observation seen = look(operation);
  for (const HostSample& sample : seen.hosts) {
    if (sample.running) {
      return {StartAnswer::Kind::refused, "run_state", operation.guest + " runs on " + sample.host, {}};
    }
  }
  // The ended unit of the migration has the same name. One that is not ours, or still runs, stays and
  // refuses.
  const auto cleared = ask(host, clear_request(operation));
  if (!cleared.answer) return not_started(cleared.answer.error().message);
  const auto late = until(host);
  if (!late) return not_started(late.error().message);
  return act(host, operation, start_guest_request(operation, host, *late, lock_owner_));
}

// Asked of the host itself: what it does not allow is its own to say.
StartAnswer SshMigrator::maintenance(const std::string& host, bool begins) {
  if (!is_host_name(host)) return {StartAnswer::Kind::refused, "grammar", "it is no name of a host", {}};
  if (lock_owner_.empty()) return not_started("this evaluator does not hold the cluster's lock");
  const auto late = until(host);
  if (!late) return not_started(late.error().message);
  const auto reply = ask(host, maintenance_request(host, begins, *late, lock_owner_), true);
  if (!reply.answer) {
    const auto kind = reply.sent ? StartAnswer::Kind::nobody_knows : StartAnswer::Kind::not_started;
    return {kind, {}, reply.answer.error().message, {}};
  }
  if (!reply.answer->refused.empty()) return refused(*reply.answer, {});
  if (reply.answer->says("asked")) return {StartAnswer::Kind::started, {}, {}, {}};
  return {StartAnswer::Kind::nobody_knows, {}, host + " answered, but not whether it was done", {}};
}

Observation SshMigrator::look(const Operation& operation) {
  Observation seen;
  if (const auto fault = fault_of(operation)) {
    seen.unreachable.emplace_back(operation.from, *fault);
    return seen;
  }
  std::vector<std::string> hosts{operation.from, operation.to};
  std::set<std::string> asked;
  while (!hosts.empty()) {
    auto replies = ask_all(hosts, status_request(operation.guest), false);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      asked.insert(hosts[i]);
      auto sample =
          replies[i].answer ? host_sample(*replies[i].answer) : Result<HostSample>(replies[i].answer.error());
      if (sample) {
        seen.hosts.push_back(std::move(*sample));
      } else {
        seen.unreachable.emplace_back(hosts[i], sample.error().message);
      }
    }
    // Where else the guest is: HA may have taken it to a third host.
    hosts.clear();
    for (const HostSample& sample : seen.hosts) {
      for (const std::string& place : sample.places) {
        const bool known = asked.count(place) != 0 || std::count(hosts.begin(), hosts.end(), place) != 0;
        if (!known && connection_to(place) != nullptr) hosts.push_back(place);
      }
    }
  }
  seen.at_seconds = os::seconds_since_boot();
  return seen;
}

Status SshMigrator::clear(const Operation& operation) {
  if (auto fault = fault_of(operation)) return Error{std::move(*fault)};
  const std::vector<std::string> hosts{operation.from, operation.to};
  const auto replies = ask_all(hosts, clear_request(operation), false);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!replies[i].answer) return replies[i].answer.error();
    const auto& answer = *replies[i].answer;
    // The unit of another operation is not ours to clear; ours is gone then.
    if (!answer.refused.empty() && answer.refused != "unit_exists")
      return Error{refusal_sentence(answer.refused, answer.detail, operation)};
  }
  return Done{};
}

LockAnswer SshMigrator::ask_lock(const char* verb, const std::string& owner) {
  std::vector<std::string> hosts;
  for (const auto& host : settings_.hosts) hosts.push_back(host.name);
  // The one that answered last comes first.
  std::stable_partition(hosts.begin(), hosts.end(), [&](const auto& host) { return host == lock_host_; });
  std::string trouble;
  bool own = false;
  for (const std::string& host : hosts) {
    const auto reply = ask(host, lock_request(verb, owner));
    if (!reply.answer) {
      trouble = reply.answer.error().message;
      continue;
    }
    if (!reply.answer->refused.empty()) {
      trouble = refusal_sentence(reply.answer->refused, reply.answer->detail, {});
      continue;
    }
    // Another host may be the one that made it.
    if (reply.answer->says("own")) {
      own = true;
      continue;
    }
    lock_host_ = host;
    if (reply.answer->says("held")) return {LockAnswer::Kind::held, kLockValidSeconds, {}};
    if (reply.answer->says("other"))
      return {LockAnswer::Kind::other, 0,
              "another evaluator holds the cluster's lock and acts; this one waits"};
    if (reply.answer->says("lost"))
      return {LockAnswer::Kind::lost, 0, "the cluster's lock is not this evaluator's any more"};
    if (reply.answer->says("released")) return {LockAnswer::Kind::unknown, 0, {}};
    trouble = host + " did not answer what has become of the lock";
  }
  if (own) {
    return {
        LockAnswer::Kind::lost, 0,
        "the cluster's lock is this evaluator's own, but cannot be renewed: only the host that it was taken "
        "on can, and that one does not answer" +
            (trouble.empty() ? "" : " (" + trouble + ")") +
            "; it runs out within two minutes and is taken anew"};
  }
  if (trouble.empty()) trouble = "no host is configured";
  return {LockAnswer::Kind::unknown, 0, "the cluster's lock could not be asked for: " + trouble};
}

LockAnswer SshMigrator::take_lock(const std::string& owner) {
  auto answer = ask_lock("take", owner);
  lock_owner_ = answer.kind == LockAnswer::Kind::held ? owner : std::string();
  return answer;
}

LockAnswer SshMigrator::renew_lock(const std::string& owner) {
  auto answer = ask_lock("renew", owner);
  // Unknown: it may still be ours. Every start is held against the lock on the host that starts.
  if (answer.kind == LockAnswer::Kind::held) lock_owner_ = owner;
  if (answer.kind == LockAnswer::Kind::lost) lock_owner_.clear();
  return answer;
}

Status SshMigrator::release_lock(const std::string& owner) {
  lock_owner_.clear();
  const auto answer = ask_lock("release", owner);
  if (!answer.sentence.empty()) return Error{answer.sentence};
  return Done{};
}

}  // namespace pcb
