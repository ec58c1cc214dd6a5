#include "evaluator/cli/journal_commands.h"

#include <cerrno>
#include <filesystem>
#include <ostream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli/command_line.h"
#include "common/os/file.h"
#include "evaluator/cli/outside.h"
#include "evaluator/decide/mode.h"
#include "evaluator/journal/journal.h"

namespace pcb {
namespace {

namespace fs = std::filesystem;

std::string journal_path(const std::string& directory) { return directory + "/journal.sqlite"; }

// Made before SQLite sees it: never readable by others, never over a file that is there.
Status make_private(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return Error{"cannot make " + path + ": " + os::reason(errno)};
  ::close(descriptor);
  return Done{};
}

Result<Database> open_whole(const std::string& path) {
  std::error_code fault;
  if (!fs::exists(path, fault)) return Error{"there is no " + path};
  auto database = Database::open(path);
  if (!database) return database;
  const auto verdict = database->check_integrity();
  if (!verdict) return verdict.error().in(path);
  if (*verdict != "ok") return Error{path + " is damaged: " + *verdict};
  return database;
}

Status copy_whole(const std::string& from, const std::string& to) {
  auto source = open_whole(from);
  if (!source) return source.error();
  const auto version = source->integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*version == 0) return Error{from + " is no journal of this program"};
  if (auto made = make_private(to); !made) return made;
  Status copied = source->back_up_to(to);
  if (copied) {
    const auto whole = open_whole(to);
    if (!whole) copied = whole.error();
  }
  std::error_code fault;
  if (!copied) fs::remove(to, fault);
  return copied;
}

int told(const Result<std::string>& done, std::ostream& out, std::ostream& err) {
  (done ? out << *done : err << done.error().message) << "\n";
  return done ? kExitGood : kExitFailed;
}

}  // namespace

Result<os::LockFile> take_state_directory(const std::string& directory) {
  std::error_code fault;
  fs::create_directories(directory, fault);
  auto lock = os::LockFile::take(directory + "/lock");
  if (!lock) {
    return Error{lock.error().message + "; one evaluator at a time may use evaluator.state_directory (" +
                 directory + ")"};
  }
  return lock;
}

Status back_up_journal(const std::string& state_directory, const std::string& file) {
  return copy_whole(journal_path(state_directory), file);
}

Result<std::string> restore_journal(const std::string& state_directory, const std::string& file, double now) {
  const auto alone = take_state_directory(state_directory);
  if (!alone) return alone.error().in("stop the evaluator first");
  const std::string path = journal_path(state_directory), fresh = path + ".restored";
  const std::string aside = path + ".replaced-" + std::to_string(static_cast<long>(now));
  std::error_code fault;
  fs::remove(fresh, fault);  // of a restore that was broken off
  if (auto copied = copy_whole(file, fresh); !copied) return copied.error();
  {
    auto database = Database::open(fresh);
    Status ready = database ? migrate(*database, fresh + ".before") : Status(database.error());
    if (ready) ready = Tables(*database).set_setting(kModeFallbackSetting, "suggest");
    if (!ready) {
      fs::remove(fresh, fault);
      return ready.error();
    }
  }
  const bool was_there = fs::exists(path, fault);
  if (was_there) fs::rename(path, aside, fault);
  if (!fault && fs::exists(path + "-journal")) fs::rename(path + "-journal", aside + "-journal", fault);
  if (!fault) fs::rename(fresh, path, fault);
  if (fault) return Error{"cannot put the journal in place: " + fault.message()};
  return "restored " + path + " from " + file + (was_there ? "; the one before is " + aside : "") +
         ". If evaluator.mode is approve or auto, it counts as suggest until config.yaml has said suggest "
         "once "
         "and was reloaded. Let the file belong to the evaluator's user";
}

int run_backup(const std::string& state_directory, const std::string& file, std::ostream& out,
               std::ostream& err) {
  const Status done = back_up_journal(state_directory, file);
  return told(done ? Result<std::string>("the journal is backed up to " + file) : done.error(), out, err);
}

int run_restore(const std::string& state_directory, const std::string& file, std::ostream& out,
                std::ostream& err) {
  return told(restore_journal(state_directory, file, unix_now()), out, err);
}

}  // namespace pcb
