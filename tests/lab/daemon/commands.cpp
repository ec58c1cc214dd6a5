// What is asked of the running lab: by `lab status|set|fault|…` and by the stand-ins on its hosts.
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/daemon/lab.h"
#include "tests/lab/host/run.h"
#include "tests/lab/model/text.h"

namespace pcb::lab {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

double clock_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

void Lab::accept_command() {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const timeval patience{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string request;
  char buffer[4096];
  for (ssize_t size = 0; (size = read(fd, buffer, sizeof buffer)) > 0;)
    request.append(buffer, static_cast<std::size_t>(size));
  const std::string text = answer(request);
  [[maybe_unused]] const ssize_t told = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  close(fd);
}

std::string Lab::answer(const std::string& request) {
  const auto words = words_of(request);
  if (words.empty()) return "error: an empty request\n";
  if (words[0] == "status") return status_json();
  if (words[0] == "set") return set_load(words);
  if (words[0] == "fault" || words[0] == "heal") return fault(words);
  if (words[0] == "quit") {
    quit_ = true;
    return "ok\n";
  }
  if ((words[0] == "start" || words[0] == "stop") && words.size() == 2) {
    const int id = std::atoi(words[1].c_str());
    if (model_.guest(id) == nullptr) return "error: there is no guest " + words[1] + "\n";
    if (words[0] == "start") {
      trees_->start(id);
    } else {
      trees_->stop(id);
    }
    return "ok\n";
  }
  return "error: unknown request '" + words[0] + "'\n";
}

std::string Lab::status_json() {
  const double now = second();
  model_.advance_all(now);
  nlohmann::ordered_json status;
  status["cluster"] = model_.spec().name;
  status["second"] = now;
  status["directory"] = directory_;
  status["bridge"] = network_.bridge();
  auto& hosts = status["hosts"] = nlohmann::ordered_json::object();
  for (const auto& wanted : model_.spec().hosts) {
    const HostState& host = *model_.host(wanted.name);
    auto& one = hosts[wanted.name];
    one["address"] = addresses_[wanted.name];
    one["pid"] = hosts_.at(wanted.name).process.pid;
    one["cpu_cores"] = host.spec.cores;
    one["cpu_used_cores"] = host.cpu_now_cores;
    one["cpu_seconds"] = host.cpu_seconds;
    one["memory_bytes"] = std::llround(host.spec.memory_bytes);
    one["memory_used_bytes"] = std::llround(model_.memory_used_bytes(host, now));
    one["load1"] = host.load[0];
    one["quorate"] = model_.quorate(host);
    one["faults"] = hosts_.at(wanted.name).faults;
  }
  auto& guests = status["guests"] = nlohmann::ordered_json::object();
  for (const auto& [id, guest] : model_.guests()) {
    auto& one = guests[std::to_string(id)];
    one["id"] = guest.spec.key();
    one["name"] = guest.spec.name;
    one["host"] = guest.host;
    one["status"] = guest.running ? "running" : "stopped";
    one["lock"] = guest.spec.lock;
    one["starts"] = guest.starts;
    one["cpu_used_cores"] = guest.cpu_now_cores;
    one["cpu_seconds"] = guest.cpu_seconds;
    one["memory_bytes"] = std::llround(guest.spec.memory_bytes);
    one["memory_used_bytes"] = std::llround(guest.memory_used_bytes(now));
  }
  status["faults"] = faults_;
  return status.dump(2) + "\n";
}

std::string Lab::set_load(const std::vector<std::string>& words) {
  if (words.size() < 3) return "error: set GUEST|HOST cpu=CORES memory_used=SIZE\n";
  GuestState* guest = model_.guest(std::atoi(words[1].c_str()));
  HostState* host = model_.host(words[1]);
  if (guest == nullptr && host == nullptr) return "error: there is no guest or host " + words[1] + "\n";
  model_.advance_all(second());
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const std::string key = words[i].substr(0, equals);
    const auto value = parse_size(equals == std::string::npos ? "" : words[i].substr(equals + 1));
    if (!value) return "error: '" + words[i] + "' is not KEY=NUMBER\n";
    const Load load(*value);
    if (key == "cpu") {
      (guest != nullptr ? guest->spec.cpu : host->spec.own_cpu) = load;
    } else if (key == "memory_used" && guest != nullptr) {
      guest->spec.memory_used = load;
    } else if (key == "memory_used") {
      host->spec.own_memory = load;
    } else {
      return "error: unknown load '" + key + "'; known are cpu and memory_used\n";
    }
  }
  return "ok\n";
}

void Lab::record(const std::string& host, const std::string& text) {
  const std::string line = form("%.6f %.6f %s %s\n", clock_seconds(CLOCK_MONOTONIC),
                                clock_seconds(CLOCK_REALTIME), host.c_str(), text.c_str());
  const int fd = open((directory_ + "/record").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = write(fd, line.data(), line.size());
  close(fd);
}

// Commands of the stand-ins: "record TEXT", "start ID", "stop ID", "move ID HOST", "lock ID NAME", "unlock
// ID", "ha-migrate SID HOST", "take FAULT" (a fault that strikes once).
int Lab::stand_in(const std::string& host, const std::string& command) {
  const auto words = words_of(command);
  if (words.empty()) return EINVAL;
  if (words[0] == "record") {
    record(host, command.substr(7, command.find('\n') == std::string::npos ? std::string::npos
                                                                           : command.find('\n') - 7));
    return 0;
  }
  if (words.size() < 2) return EINVAL;
  if (words[0] == "take") return faults_.erase(words[1]) > 0 ? 0 : ENOENT;
  if (words[0] == "ha-migrate" && words.size() == 3) {
    record(host, command.substr(0, command.find('\n')));
    return ha_->migrate(words[1], words[2], second());
  }
  if (words[0] == "ha-maintenance" && words.size() == 3) {
    HostState* node = model_.host(words[2]);
    if (node == nullptr || (words[1] != "enable" && words[1] != "disable")) return EINVAL;
    record(host, command.substr(0, command.find('\n')));
    node->maintenance = words[1] == "enable";
    return 0;
  }
  const int id = std::atoi(words[1].c_str());
  const GuestState* guest = model_.guest(id);
  if (guest == nullptr) return ENOENT;
  record(host, words[0] + " " + guest->spec.key() + (words.size() > 2 ? " " + words[2] : ""));
  if (words[0] == "start") {
    const bool fails =
        faults_.count(words[1] + ".start") != 0 || faults_.count(words[1] + ".start@" + guest->host) != 0;
    if (fails) return EIO;
    trees_->start(id);
    return 0;
  }
  if (words[0] == "stop") {
    trees_->stop(id);
    return 0;
  }
  if (words[0] == "move" && words.size() == 3) {
    const NodePtr file = trees_->guest_file(id);
    if (!file || model_.host(words[2]) == nullptr) return ENOENT;
    if (HostState* view = model_.host(guest->host); view != nullptr && !model_.quorate(*view)) return EACCES;
    const std::string old_path = path_of(*file);
    Node* nodes = file->parent->parent->parent;
    const NodePtr to = nodes->children.at(words[2])->children.at(guest->spec.vm ? "qemu-server" : "lxc");
    detach(*file->parent, file->name);
    attach(to, words[1] + ".conf", file);
    trees_->changed(old_path);
    return 0;
  }
  return EINVAL;
}

std::vector<std::string> Lab::in_host(const Running& host, std::vector<std::string> command) const {
  std::vector<std::string> all{"nsenter", "-t", std::to_string(host.process.pid), "-m", "-u", "-n", "-p"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

}  // namespace pcb::lab
