#include "evaluator/cli/serve.h"

#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "cluster/config_options.h"
#include "cluster/config_read.h"
#include "common/http/server.h"
#include "common/http/web_config.h"
#include "common/log/log.h"
#include "common/os/service.h"
#include "common/os/signals.h"
#include "common/text.h"
#include "evaluator/cli/loop.h"
#include "evaluator/cli/options.h"
#include "evaluator/cli/routes.h"
#include "evaluator/decide/mode.h"
#include "evaluator/trigger/outbox.h"

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
  Reloader(std::string path, Current& current, Loop& loop)
      : path_(std::move(path)), current_(current), loop_(loop) {}

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
    for (const std::string_view line : text::split_lines(warnings)) log::warning(std::string(line));
    for (const ConfigChange& change : config_changes(*old, *config)) log::info(describe(change));
    keep_until_restart(*old, *config);
    auto shared = std::make_shared<const Config>(std::move(config).value());
    current_.set(shared);
    loop_.reconfigure(shared);
    return Done{};
  }

  static void keep_until_restart(const Config& old, Config& config) {
    config.cluster = old.cluster;
    config.evaluator.listen = old.evaluator.listen;
    config.evaluator.listen_without_tls = old.evaluator.listen_without_tls;
    config.evaluator.state_directory = old.evaluator.state_directory;
    config.evaluator.webhook_auth = old.evaluator.webhook_auth;
    auto on = std::move(config.notify.on);
    config.notify = old.notify;  // messages are queued for the sinks that run
    config.notify.on = std::move(on);
  }

  std::mutex mutex_;
  std::string path_;
  Current& current_;
  Loop& loop_;
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

void wait_for_the_end(os::Signals& signals, Reloader& reloader) {
  for (;;) {
    const auto signal = signals.wait(std::chrono::milliseconds(60'000));
    if (signal == os::Signal::terminate) return;
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
  auto opened = Journal::open(given.evaluator.state_directory, unix_now());
  if (!opened) return failed(opened.error(), kExitFailed);
  Journal& journal = *opened->journal;
  if (auto told = tell_damage(journal, *opened, given.notify, unix_now()); !told)
    return failed(told.error(), kExitFailed);
  const auto config = std::make_shared<const Config>(given);
  Current current(config);
  current.note_reload(true, unix_now());
  Board board;
  Counters counters;
  Outbox outbox(journal, counters, std::move(sinks).value(), unix_now);
  Loop loop({journal, board, counters, [&outbox] { outbox.wake(); }}, config,
            [](const Config& c) { return std::make_unique<HttpOutside>(c); });
  Intake intake(journal, {}, [&loop] { loop.wake(); });
  Reloader reloader(config_path, current, loop);
  const auto ask = [&loop] {
    loop.ask_alertmanager();
    loop.wake();
  };
  http::ServerSettings settings;
  settings.listen = config->evaluator.listen;
  settings.web = *web;
  auto server = http::Server::start(
      settings, evaluator_routes({current, journal, intake, board, counters, ask,
                                  [&reloader] { return reloader.reload(); }, PCB_VERSION}));
  if (!server) return failed(server.error(), kExitFailed);
  reloader.serves(**server);
  log::info("serving", {{"listen", config->evaluator.listen},
                        {"port", std::to_string((*server)->port())},
                        {"cluster", config->cluster},
                        {"journal", config->evaluator.state_directory + "/journal.sqlite"}});
  std::thread looping([&loop] { loop.run(watchdog_feeder()); });
  if (auto told = os::notify_ready("planning"); !told) log::warning(told.error().message);
  wait_for_the_end(*signals, reloader);
  log::info("ending");
  static_cast<void>(os::notify_stopping().ok());
  loop.stop();
  looping.join();
  return kExitGood;
}

}  // namespace pcb
