#include "evaluator/cli/init_access.h"

#include <cerrno>
#include <filesystem>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/random.h"
#include "common/ssh/encoding.h"
#include "common/ssh/fetch_host_key.h"
#include "common/ssh/key_file.h"
#include "common/ssh/known_hosts_file.h"
#include "common/ssh/loop.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr std::chrono::seconds kLookLimit{10};
constexpr std::chrono::minutes kExporterLimit{2};

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Status make_folder(const std::string& path, mode_t mode) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return Done{};
  if (!std::filesystem::create_directories(path, failed))
    return Error{"cannot make the folder " + path + ": " + failed.message() + "; name another with --output"};
  ::chmod(path.c_str(), mode);
  return Done{};
}

Status copy_key(const std::string& from, const std::string& to) {
  auto key = ssh::read_private_key(from);
  if (!key) return key.error();
  if (key->encrypted)
    return Error{
        "the key " + from +
        " has a passphrase, which a service cannot type; let init make a key of its own: --make-key"};
  auto written = os::write_file_atomically(to, key->text, 0600);
  if (!written) return written;
  auto public_part = os::read_file(from + ".pub");
  if (public_part) return os::write_file_atomically(to + ".pub", *public_part, 0644);
  return Done{};
}

Status make_key(const std::string& path) {
  const auto made =
      os::run_child({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "balancer-exporter", "-f", path},
                    {}, std::chrono::seconds(30));
  if (!made) return made.error().in("apt-get install openssh-client");
  if (made->exit_code != 0) return Error{"ssh-keygen cannot make " + path + ": " + made->err};
  return Done{};
}

// A folder for one configuration, gone afterwards.
class Trial {
 public:
  Trial() : folder_((std::filesystem::temp_directory_path() / "balancer-init-XXXXXX").string()) {
    made_ = ::mkdtemp(folder_.data()) != nullptr;
  }
  ~Trial() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(folder_, ignored);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] std::string config() const { return folder_ + "/config.yaml"; }

 private:
  std::string folder_;
  bool made_ = false;
};

// Reads the public key as its one request, and answers with the mark that is waited for.
constexpr const char* kInstallScript = R"(umask 077
IFS= read -r key || exit 1
cd && mkdir -p .ssh &&
  { grep -qxF -- "$key" .ssh/authorized_keys 2>/dev/null || printf '%s\n' "$key" >>.ssh/authorized_keys; } &&
  grep -qxF -- "$key" .ssh/authorized_keys && echo "@@key is there" || echo "@@key failed"
)";

}  // namespace

Status make_places(const SetupPlaces& places) {
  if (auto made = make_folder(places.folder, 0755); !made) return made;
  if (auto made = make_folder(places.credentials(), 0700); !made) return made;
  if (auto made = make_folder(places.folder + "/to-add", 0755); !made) return made;
  if (exists(places.token())) return Done{};
  return os::write_file_atomically(places.token(), os::random_hex(24), 0600);
}

Status prepare_key(const SetupPlaces& places, const std::string& key, std::string& said) {
  std::error_code ignored;
  if (!key.empty() && !std::filesystem::equivalent(key, places.key(), ignored)) {
    said = "The key " + key + " is copied to " + places.key() + ".";
    return copy_key(key, places.key());
  }
  if (exists(places.key())) return Done{};
  said = "A new key: " + places.key() + ".";
  return make_key(places.key());
}

Status write_setup_file(const std::string& path, const std::string& text) {
  struct stat before {};
  if (::stat(path.c_str(), &before) != 0) return os::write_file_atomically(path, text, 0644);
  std::string kept = path + ".before-init";
  for (int number = 2; exists(kept); ++number) kept = path + ".before-init-" + std::to_string(number);
  if (::link(path.c_str(), kept.c_str()) != 0)
    return Error{"cannot keep the old " + path + " as " + kept + ": " + os::reason(errno)};
  auto written = os::write_file_atomically(path, text, before.st_mode & 07777U);
  if (written && ::chown(path.c_str(), before.st_uid, before.st_gid) != 0)
    return Error{"cannot give " + path + " back to its owner: " + os::reason(errno)};
  return written;
}

Result<ShownKey> look_at_host_key(const SetupPlaces& places, const std::string& address, int port) {
  auto blob = ssh::fetch_host_key(address, port, kLookLimit);
  if (!blob) return blob.error();
  const auto known = ssh::read_known_hosts(places.known_hosts());
  if (!known) return known.error();
  const auto verdict = known->check(address, port, *blob).verdict;
  ShownKey shown;
  shown.type = ssh::key_type(*blob);
  shown.fingerprint = ssh::fingerprint(*blob);
  shown.blob = std::move(*blob);
  shown.trusted = verdict == ssh::KeyVerdict::trusted;
  shown.changed = verdict == ssh::KeyVerdict::changed || verdict == ssh::KeyVerdict::revoked;
  return shown;
}

Status accept_key(const SetupPlaces& places, const std::string& address, int port, const ShownKey& key) {
  const bool is_new = !exists(places.known_hosts());
  auto replaced = ssh::replace_host_key(places.known_hosts(), address, port, key.blob);
  if (!replaced) return replaced.error();
  // Host keys are public, and the services that read them have other users than this one.
  if (is_new) ::chmod(places.known_hosts().c_str(), 0644);
  return Done{};
}

std::string exporter_program() {
  const std::string beside = os::program_folder() + "/balancer-exporter";
  return exists(beside) ? beside : "balancer-exporter";
}

Result<os::ChildEnd> ask_exporter(const SetupPlaces& places, const std::string& config_text,
                                  const std::vector<std::string>& words) {
  const Trial trial;
  if (!trial.made()) return Error{"cannot make a temporary folder: " + os::reason(errno)};
  if (auto written = os::write_file_atomically(trial.config(), config_text, 0600); !written)
    return written.error();
  std::vector<std::string> all{exporter_program(), "--config", trial.config(), "--log-level", "error"};
  all.insert(all.end(), words.begin(), words.end());
  return os::run_child(all, {"CREDENTIALS_DIRECTORY=" + places.credentials()}, kExporterLimit);
}

Status install_key(const SetupPlaces& places, const std::string& address, int port,
                   const std::string& password) {
  const auto public_key = os::read_file(places.key() + ".pub");
  if (!public_key) return public_key.error();
  auto loop = ssh::Loop::create();
  if (!loop) return loop.error();
  ssh::ConnectionSettings settings;
  settings.name = address;
  settings.address = address;
  settings.port = port;
  settings.password = password;
  settings.known_hosts_path = places.known_hosts();
  settings.script = kInstallScript;
  ssh::Connection& connection = (*loop)->add(settings);
  std::optional<ssh::Outcome> ended;
  ssh::Request request;
  request.text = std::string(text::trim(*public_key)) + "\n";
  request.complete = [](std::string_view received) {
    const auto mark = received.find("@@key ");
    return mark != std::string_view::npos && received.find('\n', mark) != std::string_view::npos;
  };
  request.repeatable = false;
  request.done = [&ended](ssh::Outcome outcome) { ended = std::move(outcome); };
  connection.submit(std::move(request), ssh::Clock::now());
  while (!ended) (*loop)->run_once(ssh::Clock::now() + std::chrono::seconds(1));
  if (!ended->ok()) return Error{ended->problem.message};
  if (ended->answer.find("@@key is there") == std::string::npos)
    return Error{
        address +
        " could not write its .ssh/authorized_keys; is its disk full, or the cluster without quorum?"};
  return Done{};
}

}  // namespace pcb
