#include "exporter/poller/serve.h"

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "cluster/config_options.h"
#include "cluster/config_read.h"
#include "common/http/server.h"
#include "common/log/log.h"
#include "common/os/service.h"
#include "common/os/signals.h"
#include "common/text.h"
#include "exporter/collect_request.h"
#include "exporter/poller/check.h"
#include "exporter/poller/options.h"
#include "exporter/poller/pages.h"
#include "exporter/poller/poller.h"
#include "exporter/poller/routes.h"

namespace pcb {
namespace {

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Reads the file again; what cannot be used changes nothing.
class Reloader {
 public:
  Reloader(std::string path, Config running, const Shard& shard, Poller& poller, Publisher& publisher)
      : path_(std::move(path)),
        running_(std::move(running)),
        shard_(shard),
        poller_(poller),
        publisher_(publisher) {}

  // The server, which is given this reloader before it runs, must outlive every reload.
  void serves(http::Server& server) {
    const std::lock_guard lock(mutex_);
    server_ = &server;
  }

  Status reload() {
    const std::lock_guard lock(mutex_);
    Status done = try_reload();
    poller_.note_reload(done.ok(), unix_now());
    if (done.ok()) {
      log::info("configuration reloaded", {{"file", path_}});
    } else {
      log::error("configuration not reloaded, the old one stays", {{"reason", done.error().message}});
    }
    return done;
  }

 private:
  Status try_reload() {
    std::string warnings;
    auto config = load_config(path_, &warnings, SecretsOf::exporter);
    if (!config.ok()) return config.error();
    if (auto kept = keep_own_hosts(shard_, *config); !kept.ok()) return kept;
    if (auto good = check_files(*config); !good.ok()) return good.error();
    if (server_ == nullptr) return Error{"the program is still starting; try again"};
    const auto web = web_of(config->exporter, running_.exporter);
    if (!web.ok()) return web.error();
    if (auto changed = server_->change_web(*web); !changed.ok()) return changed;
    for (const std::string_view line : text::split_lines(warnings)) log::warning(std::string(line));
    for (const ConfigChange& change : config_changes(running_, *config)) log::info(describe(change));
    config->cluster = running_.cluster;
    config->exporter.listen = running_.exporter.listen;
    config->exporter.listen_without_tls = running_.exporter.listen_without_tls;
    running_ = *config;
    poller_.reconfigure(poller_settings(*config, node_collect_script(), PCB_VERSION, shard_));
    publisher_.set_collectors(config->exporter.collectors);
    return Done{};
  }

  std::mutex mutex_;
  std::string path_;
  Config running_;  // what holds: options that need a restart keep their old values
  Shard shard_;
  Poller& poller_;
  Publisher& publisher_;
  http::Server* server_ = nullptr;
};

// Fed by the loop that reads the hosts: when that hangs, systemd must see it.
std::function<void()> watchdog_feeder() {
  const auto interval = os::watchdog_interval();
  if (!interval) return [] {};
  return [interval = *interval, last = std::chrono::steady_clock::time_point{}]() mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < interval) return;
    last = now;
    if (auto fed = os::feed_watchdog(); !fed.ok()) log::warning(fed.error().message);
  };
}

int failed(const Error& error, int code) {
  log::error(error.message);
  return code;
}

}  // namespace

int serve(const std::string& config_path, const Config& config, const Shard& shard) {
  auto signals = os::Signals::take();
  if (!signals.ok()) return failed(signals.error(), kExitFailed);
  if (auto good = check_files(config); !good.ok()) return failed(good.error(), kExitConfig);
  const auto web = web_of(config.exporter, config.exporter);
  if (!web.ok()) return failed(web.error(), kExitConfig);
  auto poller = Poller::create(poller_settings(config, node_collect_script(), PCB_VERSION, shard));
  if (!poller.ok()) return failed(poller.error(), kExitFailed);
  (*poller)->note_reload(true, unix_now());
  Publisher publisher(config.exporter.collectors);
  Reloader reloader(config_path, config, shard, **poller, publisher);
  http::ServerSettings settings;
  settings.listen = config.exporter.listen;
  settings.web = *web;
  auto server =
      http::Server::start(settings, exporter_routes(
                                        publisher, [&reloader] { return reloader.reload(); }, PCB_VERSION));
  if (!server.ok()) return failed(server.error(), kExitFailed);
  reloader.serves(**server);
  log::info("serving", {{"listen", config.exporter.listen},
                        {"port", std::to_string((*server)->port())},
                        {"hosts", std::to_string(config.proxmox_hosts.size())}});

  std::thread polling([&poller = **poller, &publisher] {
    poller.run([&publisher](SharedCollected collected) { publisher.publish(std::move(collected)); },
               watchdog_feeder());
  });
  if (auto told = os::notify_ready("reading hosts"); !told.ok()) log::warning(told.error().message);
  for (;;) {
    const auto signal = signals->wait(std::chrono::milliseconds(60000));
    if (signal == os::Signal::terminate) break;
    if (signal != os::Signal::reload) continue;
    static_cast<void>(os::notify_reloading().ok());
    static_cast<void>(reloader.reload().ok());  // it has logged what is wrong
    static_cast<void>(os::notify_ready("reading hosts").ok());
  }
  log::info("ending");
  static_cast<void>(os::notify_stopping().ok());
  (*poller)->stop();
  polling.join();
  return kExitGood;
}

}  // namespace pcb
