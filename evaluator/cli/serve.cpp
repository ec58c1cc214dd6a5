#include "evaluator/cli/serve.h"

#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "cluster/config_read.h"
#include "common/http/server.h"
#include "common/log/log.h"
#include "common/os/service.h"
#include "common/os/signals.h"
#include "evaluator/cli/loop.h"
#include "evaluator/cli/options.h"
#include "evaluator/cli/routes.h"
#include "evaluator/trigger/outbox.h"

namespace pcb {
namespace {

// Reads the file again; what cannot be used changes nothing.
class Reloader {
 public:
  Reloader(std::string path, Current& current, Loop& loop)
      : path_(std::move(path)), current_(current), loop_(loop) {}

  Status reload() {
    const std::lock_guard lock(mutex_);
    auto config = load_config(path_);
    current_.note_reload(config.ok(), unix_now());
    if (!config) {
      log::error("configuration not reloaded, the old one stays", {{"reason", config.error().message}});
      return config.error();
    }
    const auto old = current_.get();
    const EvaluatorConfig& was = old->evaluator;
    const EvaluatorConfig& is = config->evaluator;
    if (was.listen != is.listen || was.state_directory != is.state_directory ||
        was.webhook_auth.bearer_token.reveal() != is.webhook_auth.bearer_token.reveal() ||
        sink_names(old->notify) != sink_names(config->notify)) {
      log::warning("evaluator.listen, state_directory, webhook and notify change only with a restart");
      config->notify = old->notify;  // messages are queued for the sinks that run
    }
    auto shared = std::make_shared<const Config>(std::move(config).value());
    current_.set(shared);
    loop_.reconfigure(shared);
    log::info("configuration reloaded", {{"file", path_}});
    return Done{};
  }

 private:
  std::mutex mutex_;
  std::string path_;
  Current& current_;
  Loop& loop_;
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
  notification.lines = {"The journal was damaged (" + opened.put_aside_why + ") and was put aside as " +
                        opened.put_aside +
                        "; a new one was begun, and the mode is suggest until a person sets it again"};
  return journal.transact([&](Tables& tables) -> Status {
    auto set = tables.set_setting("mode", "suggest");
    if (!set) return set;
    auto event = tables.add_event({now, "journal", "evaluator", "damaged", notification.lines[0]});
    if (!event) return event;
    return tables.notify(notification, sink_names(notify));
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
  auto opened = Journal::open(given.evaluator.state_directory, unix_now());
  if (!opened) return failed(opened.error(), kExitFailed);
  Journal& journal = *opened->journal;
  if (auto told = tell_damage(journal, *opened, given.notify, unix_now()); !told)
    return failed(told.error(), kExitFailed);
  if (given.evaluator.mode != "suggest") {
    log::warning("this version suggests only; evaluator.mode is taken as suggest",
                 {{"mode", given.evaluator.mode}});
  }
  const auto config = std::make_shared<const Config>(given);
  Current current(config);
  current.note_reload(true, unix_now());
  Board board;
  Counters counters;
  Outbox outbox(journal, counters, make_sinks(config->notify, config->cluster), unix_now);
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
  auto server = http::Server::start(
      settings, evaluator_routes({current, journal, intake, board, counters, ask,
                                  [&reloader] { return reloader.reload(); }, PCB_VERSION}));
  if (!server) return failed(server.error(), kExitFailed);
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
