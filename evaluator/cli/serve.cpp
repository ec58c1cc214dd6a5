#include "evaluator/cli/serve.h"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "cluster/config_options.h"
#include "cluster/config_read.h"
#include "common/http/listen_address.h"
#include "common/http/server.h"
#include "common/http/web_config.h"
#include "common/log/log.h"
#include "common/os/clock.h"
#include "common/os/service.h"
#include "common/os/signals.h"
#include "common/text.h"
#include "evaluator/access/access.h"
#include "evaluator/access/answers.h"
#include "evaluator/cli/act_routes.h"
#include "evaluator/cli/actor.h"
#include "evaluator/cli/api_routes.h"
#include "evaluator/cli/decisions.h"
#include "evaluator/cli/journal_commands.h"
#include "evaluator/cli/loop.h"
#include "evaluator/cli/operator_token.h"
#include "evaluator/cli/options.h"
#include "evaluator/cli/page_routes.h"
#include "evaluator/cli/routes.h"
#include "evaluator/decide/mode.h"
#include "evaluator/trigger/migrate.h"
#include "evaluator/trigger/outbox.h"
#include "evaluator/trigger/red_button.h"

namespace pcb {
namespace {

// TLS and users as `config` names them, for a server that listens as `running` says.
Result<std::shared_ptr<const http::WebConfig>> web_of(const EvaluatorConfig& config,
                                                      const EvaluatorConfig& running) {
  return http::web_for(running.listen, config.web_config, running.listen_without_tls,
                       "evaluator.listen_without_tls");
}

// Reads the file again; what cannot be used changes nothing.
class Reloader {
 public:
  Reloader(std::string path, Current& current, Access& access, Loop& loop, Actor& actor)
      : path_(std::move(path)), current_(current), access_(access), loop_(loop), actor_(actor) {}

  Status reload() {
    const std::lock_guard lock(mutex_);
    Status done = try_reload();
    current_.note_reload(done.ok(), unix_now());
    if (done) {
      log::info("configuration reloaded", {{"file", path_}});
    } else {
      log::error("configuration not reloaded, the old one stays", {{"reason", done.error().message}});
    }
    return done;
  }

  // The server, which is given this reloader before it runs, must outlive every reload.
  void serves(http::Server& server) {
    const std::lock_guard lock(mutex_);
    server_ = &server;
  }

 private:
  Status try_reload() {
    std::string warnings;
    auto config = load_config(path_, &warnings, SecretsOf::evaluator);
    if (!config) return config.error();
    if (server_ == nullptr) return Error{"the program is still starting; try again"};
    const auto old = current_.get();
    const auto web = web_of(config->evaluator, old->evaluator);
    if (!web) return web.error();
    if (auto changed = server_->change_web(*web); !changed) return changed;
    access_.configure(*web, config->evaluator.operators);
    for (const std::string_view line : text::split_lines(warnings)) log::warning(std::string(line));
    for (ConfigChange& change : config_changes(*old, *config)) {
      change.live = change.live && !is_read_at_the_start(change.path);
      log::info(describe(change));
    }
    keep_until_restart(*old, *config);
    auto shared = std::make_shared<const Config>(std::move(config).value());
    current_.set(shared);
    loop_.reconfigure(shared);
    actor_.reconfigure(shared);
    return Done{};
  }

  static void keep_until_restart(const Config& old, Config& config) {
    config.cluster = old.cluster;
    config.evaluator.listen = old.evaluator.listen;
    config.evaluator.listen_without_tls = old.evaluator.listen_without_tls;
    config.evaluator.state_directory = old.evaluator.state_directory;
    config.evaluator.webhook_auth = old.evaluator.webhook_auth;
    config.proxmox_hosts = old.proxmox_hosts;  // their connections are open
    config.ssh = old.ssh;
    auto on = std::move(config.notify.on);
    config.notify = old.notify;  // messages are queued for the sinks that run
    config.notify.on = std::move(on);
  }

  std::mutex mutex_;
  std::string path_;
  Current& current_;
  Access& access_;
  Loop& loop_;
  Actor& actor_;
  http::Server* server_ = nullptr;
};

int failed(const Error& error, int code) {
  log::error(error.message);
  return code;
}

std::function<void()> watchdog_feeder() {
  if (!os::watchdog_interval()) return [] {};
  return [] {
    if (auto fed = os::feed_watchdog(); !fed) log::warning(fed.error().message);
  };
}

// A journal that was damaged is a thing a person must know; it is told like an incident.
Status tell_damage(Journal& journal, const Journal::Opened& opened, const NotifyConfig& notify, double now) {
  if (opened.put_aside.empty()) return Done{};
  Notification notification;
  notification.event_key = "journal/" + opened.put_aside;
  notification.event = "journal";
  notification.severity = "critical";
  notification.created_at = now;
  notification.subject = "The evaluator's journal was damaged";
  notification.lines = {
      "The journal was damaged (" + opened.put_aside_why + ") and was put aside as " + opened.put_aside +
      "; a new one was begun. What was told before may be told again. If evaluator.mode is approve or auto, "
      "it counts as suggest until config.yaml has said suggest once and was reloaded"};
  return journal.transact([&](Tables& tables) -> Status {
    auto set = tables.set_setting(kModeFallbackSetting, "suggest");
    if (!set) return set;
    auto event = tables.add_event({now, "journal", "evaluator", "damaged", notification.lines[0]});
    if (!event) return event;
    return tables.notify(notification, sinks_for(notify, notification.event, notification.severity));
  });
}

void press(RedButton& button, Journal& journal) {
  const Decider who = decider_of("signal", "");
  const double now = unix_now();
  log::warning("the red button is pressed", {{"by", "SIGUSR1"}});
  if (const Status kept = button.press("SIGUSR1", "", now); !kept)
    log::error("the red button holds until this process ends", {{"reason", kept.error().message}});
  const Status noted =
      journal.transact([&](Tables& tables) { return note_button(tables, true, who, "SIGUSR1", now); });
  if (!noted) log::error("the journal does not have it", {{"reason", noted.error().message}});
}

void wait_for_the_end(os::Signals& signals, Reloader& reloader, RedButton& button, Journal& journal) {
  for (;;) {
    const auto signal = signals.wait(std::chrono::milliseconds(60'000));
    if (signal == os::Signal::terminate) return;
    if (signal == os::Signal::stop_acting) press(button, journal);
    if (signal != os::Signal::reload) continue;
    static_cast<void>(os::notify_reloading().ok());
    static_cast<void>(reloader.reload().ok());  // it has logged what is wrong
    static_cast<void>(os::notify_ready("planning").ok());
  }
}

}  // namespace

int run_serve(const std::string& config_path, const Config& given) {
  auto signals = os::Signals::take();
  if (!signals) return failed(signals.error(), kExitFailed);
  const auto web = web_of(given.evaluator, given.evaluator);
  if (!web) return failed(web.error(), kExitConfig);
  auto sinks = make_sinks(given);
  if (!sinks) return failed(sinks.error(), kExitConfig);
  const auto alone = take_state_directory(given.evaluator.state_directory);
  if (!alone) return failed(alone.error(), kExitFailed);
  auto opened = Journal::open(given.evaluator.state_directory, unix_now());
  if (!opened) return failed(opened.error(), kExitFailed);
  Journal& journal = *opened->journal;
  const auto token = keep_operator_token(given.evaluator.state_directory);
  if (!token) return failed(token.error(), kExitFailed);
  auto migrator = SshMigrator::create(migrator_settings(given));
  if (!migrator) return failed(migrator.error(), kExitFailed);
  if (auto told = tell_damage(journal, *opened, given.notify, unix_now()); !told)
    return failed(told.error(), kExitFailed);
  const auto config = std::make_shared<const Config>(given);
  Current current(config);
  current.note_reload(true, unix_now());
  Board board;
  Counters counters;
  for (const MoveState end :
       {MoveState::done, MoveState::failed, MoveState::unknown, MoveState::cancelled, MoveState::skipped})
    counters.begin("balancer_moves_total", {name_of(end)});
  Outbox outbox(journal, counters, std::move(sinks).value(), unix_now);
  const auto outside = [](const Config& c) { return std::make_unique<HttpOutside>(c); };
  RedButton button(config->evaluator.state_directory);
  ActBoard act_board;
  std::function<void()> wake_loop;  // set before the actor runs
  Actor actor({journal, act_board, counters, button, **migrator, [&outbox] { outbox.wake(); },
               [&wake_loop] { wake_loop(); }, os::seconds_since_boot},
              config, outside);
  Loop loop({journal, board, counters, [&outbox] { outbox.wake(); },
             [&actor](Situation situation) { actor.see(std::move(situation)); }},
            config, outside);
  wake_loop = [&loop] { loop.wake(); };
  Intake intake(journal, {}, [&loop] { loop.wake(); });
  Access access(*token, os::seconds_since_boot);
  access.configure(*web, config->evaluator.operators);
  const auto listens_on = http::parse_listen_address(config->evaluator.listen);
  access.listens_on_loopback(listens_on.ok() && listens_on->loopback);
  Reloader reloader(config_path, current, access, loop, actor);
  const auto ask = [&loop] {
    loop.ask_alertmanager();
    loop.wake();
  };
  http::ServerSettings settings;
  settings.listen = config->evaluator.listen;
  settings.web = *web;
  settings.check = access.reading();
  settings.headers = security_headers();
  settings.own_answer = own_answer;
  auto routes = evaluator_routes({current, journal, intake, board, act_board, counters, ask,
                                  [&reloader] { return reloader.reload(); }, PCB_VERSION});
  const auto woken = [&loop, &actor] {
    loop.wake();
    actor.wake();
  };
  const PageRouteParts page{current, journal, board, act_board, button, access, PCB_VERSION};
  const auto refused = [page](const http::Request& request, const std::string& back, int status,
                              const std::string& sentence) {
    return refused_form(page, request, back, status, sentence);
  };
  for (auto& more : {act_routes({journal, board, button, woken, access, refused}), access.routes(),
                     page_routes(page), api_routes({journal, board, act_board}, access, current)})
    routes.insert(routes.end(), more.begin(), more.end());
  auto server = http::Server::start(settings, std::move(routes));
  if (!server) return failed(server.error(), kExitFailed);
  reloader.serves(**server);
  log::info("serving", {{"listen", config->evaluator.listen},
                        {"port", std::to_string((*server)->port())},
                        {"cluster", config->cluster},
                        {"journal", config->evaluator.state_directory + "/journal.sqlite"}});
  std::thread looping([&loop] { loop.run(watchdog_feeder()); });
  std::thread acting([&actor] { actor.run(); });
  if (auto told = os::notify_ready("planning"); !told) log::warning(told.error().message);
  wait_for_the_end(*signals, reloader, button, journal);
  log::info("ending");
  static_cast<void>(os::notify_stopping().ok());
  actor.stop();
  loop.stop();
  acting.join();
  looping.join();
  return kExitGood;
}

}  // namespace pcb
