// SQLite in a few words: a database, its statements, a transaction.
//
// Every call that can fail gives a Result whose sentence names what SQLite said. Opened so that a commit is
// on the disk when commit() returns (journal_mode=TRUNCATE, synchronous=FULL) and other processes are waited
// for up to 5 s. TRUNCATE instead of WAL: one writer, few writes, and Debian's SQLite has the WAL-reset fault
// (sqlite.org/wal.html#walresetbug). No thread safety here: the Journal's mutex is the only one.
// A Statement lives no longer than its Database. Tested by tests/evaluator/journal_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pcb {

class Statement {
 public:
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  // Bind in order, from the first parameter on.
  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(bool value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  Statement& bind(const char* value) { return bind(std::string_view(value)); }
  Statement& bind(const std::string& value) { return bind(std::string_view(value)); }
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }
  Statement& bind_null();

  // true: a row is there; false: no more.
  Result<bool> step();
  Status run();  // steps to the end
  void reset();  // to bind and step again

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  sqlite3* database_;
  sqlite3_stmt* statement_;
  int next_ = 1;
  int bind_fault_ = 0;
};

class Database {
 public:
  static Result<Database> open(const std::string& path);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;

  Status execute(const std::string& sql);  // any number of statements, no parameters
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> integer(std::string_view sql);  // the first column of the first row
  [[nodiscard]] std::int64_t last_row_id() const;
  [[nodiscard]] std::int64_t changes() const;
  // "ok", or what PRAGMA integrity_check found first.
  Result<std::string> check_integrity();
  // A complete copy, made with SQLite's backup interface; the copy is synced.
  Status back_up_to(const std::string& path);

 private:
  friend class Transaction;
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
};

// BEGIN IMMEDIATE; rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // null once over
};

}  // namespace pcb
