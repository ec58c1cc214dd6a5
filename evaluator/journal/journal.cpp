#include "evaluator/journal/journal.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evaluator/journal/schema.h"

namespace pcb {
namespace {

namespace fs = std::filesystem;

// Created by us before SQLite sees it, so that it is never readable by others.
Status create_private(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {
    return Error{"cannot open " + path + ": " + std::strerror(errno) +
                 "; let the evaluator's user write in evaluator.state_directory"};
  }
  ::close(descriptor);
  return Done{};
}

// Opened, whole, and of our schema; the error is the damage.
Result<Database> open_checked(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return database;
  const auto verdict = database->check_integrity();
  if (!verdict) return verdict.error();
  if (*verdict != "ok") return Error{"the journal is damaged: " + *verdict};
  return database;
}

// Also the rollback journal: without it SQLite could not tell what the file once was.
Status put_aside(const std::string& path, const std::string& aside) {
  std::error_code fault;
  fs::rename(path, aside, fault);
  if (fault)
    return Error{"cannot move the damaged journal " + path + " to " + aside + ": " + fault.message()};
  if (fs::exists(path + "-journal", fault)) fs::rename(path + "-journal", aside + "-journal", fault);
  return Done{};
}

std::string stamped(const std::string& path, const char* word, double now) {
  return path + "." + word + "-" + std::to_string(static_cast<long>(now));
}

// What says that a file cannot be used as it is, as against a disk or permission that a person must mend.
bool is_damage(const std::string& message) {
  return message.find("malformed") != std::string::npos ||
         message.find("not a database") != std::string::npos || message.find("damaged") != std::string::npos;
}

}  // namespace

Status migrate(Database& database, const std::string& backup_path) {
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > kSchemaVersion) {
    return Error{"the journal was written by a newer version (schema " + std::to_string(*version) +
                 "); install that version again, or move the journal away"};
  }
  if (*version > 0 && *version < kSchemaVersion) {  // NOLINT(misc-redundant-expression): not for ever
    if (const auto created = create_private(backup_path); !created) return created;
    if (const auto copied = database.back_up_to(backup_path); !copied) return copied;
  }
  for (std::size_t step = static_cast<std::size_t>(*version); step < kMigrations.size(); ++step) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return transaction.error();
    if (const auto done = database.execute(kMigrations[step]); !done) return done;
    const auto numbered = database.execute("PRAGMA user_version=" + std::to_string(step + 1));
    if (!numbered) return numbered;
    if (const auto done = transaction->commit(); !done) return done;
  }
  return Done{};
}

Result<Journal::Opened> Journal::open(const std::string& directory, double now) {
  std::error_code fault;
  fs::create_directories(directory, fault);
  if (fault) {
    return Error{"cannot create " + directory + ": " + fault.message() + "; see evaluator.state_directory"};
  }
  const std::string path = directory + "/journal.sqlite";
  if (const auto created = create_private(path); !created) return created.error();
  Opened opened;
  auto database = open_checked(path);
  if (!database && is_damage(database.error().message)) {
    opened.put_aside = stamped(path, "damaged", now);
    opened.put_aside_why = database.error().message;
    if (const auto moved = put_aside(path, opened.put_aside); !moved) return moved.error();
    if (const auto created = create_private(path); !created) return created.error();
    database = open_checked(path);
  }
  if (!database) return database.error();
  if (const auto done = migrate(*database, stamped(path, "backup", now)); !done) return done.error();
  opened.journal.reset(new Journal(std::move(database).value()));
  return opened;
}

Status Journal::transact(const std::function<Status(Tables&)>& work) {
  const std::lock_guard lock(mutex_);
  auto transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  Tables tables(database_);
  if (const auto done = work(tables); !done) return done;
  return transaction->commit();
}

Status Journal::read(const std::function<Status(Tables&)>& work) {
  const std::lock_guard lock(mutex_);
  Tables tables(database_);
  return work(tables);
}

}  // namespace pcb
