#include "evaluator/journal/sqlite.h"

#include <utility>

#include <sqlite3.h>

namespace pcb {
namespace {

constexpr int kBusyMilliseconds = 5000;

Error error_of(sqlite3* handle, std::string_view doing) {
  std::string message = "the journal: cannot " + std::string(doing) + ": ";
  message += handle == nullptr ? "out of memory" : sqlite3_errmsg(handle);
  const int code = handle == nullptr ? SQLITE_NOMEM : sqlite3_errcode(handle);
  if (code == SQLITE_FULL) message += "; make room on the disk of evaluator.state_directory";
  if (code == SQLITE_BUSY) message += "; another process holds it, end that one";
  if (code == SQLITE_READONLY) message += "; let the evaluator's user write there";
  return Error{std::move(message)};
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_(other.next_),
      bind_fault_(other.bind_fault_) {}

Statement& Statement::bind(std::int64_t value) {
  bind_fault_ |= sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Statement& Statement::bind(double value) {
  bind_fault_ |= sqlite3_bind_double(statement_, next_++, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  bind_fault_ |= sqlite3_bind_text64(statement_, next_++, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_null() {
  bind_fault_ |= sqlite3_bind_null(statement_, next_++);
  return *this;
}

Result<bool> Statement::step() {
  if (bind_fault_ != SQLITE_OK) return Error{"the journal: a value cannot be bound"};
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error_of(database_, "read or write");
}

Status Statement::run() {
  while (true) {
    const auto row = step();
    if (!row) return row.error();
    if (!*row) return Done{};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  next_ = 1;
  bind_fault_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? "" : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

Result<Database> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  if (sqlite3_open_v2(path.c_str(), &handle, flags, nullptr) != SQLITE_OK) {
    const Error error = error_of(handle, "open " + path);
    sqlite3_close_v2(handle);
    return error;
  }
  Database database(handle);
  sqlite3_extended_result_codes(handle, 0);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  // TRUNCATE: the end of the rollback journal, which is the commit, is synced as well. With DELETE its name
  // goes from a folder that nobody syncs: after a loss of power it can be back, and undo what was promised.
  const auto settled = database.execute(
      "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA "
      "trusted_schema=OFF;"
      "PRAGMA recursive_triggers=ON;");
  if (!settled) return settled.error();
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }
Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return Done{};
  return error_of(handle_, "write");
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) ==
      SQLITE_OK) {
    return Statement(handle_, statement);
  }
  return error_of(handle_, "prepare");
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

std::int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }

Result<std::string> Database::check_integrity() {
  auto statement = prepare("PRAGMA integrity_check(1)");
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->text(0) : std::string("no answer");
}

Status Database::back_up_to(const std::string& path) {
  auto target = open(path);
  if (!target) return target.error();
  sqlite3_backup* backup = sqlite3_backup_init(target->handle_, "main", handle_, "main");
  if (backup == nullptr) return error_of(target->handle_, "back up to " + path);
  const int step = sqlite3_backup_step(backup, -1);
  const int finish = sqlite3_backup_finish(backup);
  if (step != SQLITE_DONE || finish != SQLITE_OK) return error_of(target->handle_, "back up to " + path);
  return Done{};
}

Result<Transaction> Transaction::begin(Database& database) {
  const auto begun = database.execute("BEGIN IMMEDIATE");
  if (!begun) return begun.error();
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // A full disk may have rolled back already; then there is nothing to undo.
  if (database_ != nullptr && sqlite3_get_autocommit(database_->handle_) == 0) {
    sqlite3_exec(database_->handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Status Transaction::commit() {
  const auto done = database_->execute("COMMIT");
  if (done) database_ = nullptr;
  return done;
}

}  // namespace pcb
