#include "evaluator/journal/journal.h"

#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "evaluator/journal/schema.h"
#include "tests/evaluator/journal_story.h"

namespace pcb {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST_F(JournalTest, IsReadableByItsOwnerAlone) {
  struct stat info {};
  ASSERT_EQ(::stat((directory_.path() + "/journal.sqlite").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(JournalTest, AnAlertComesBackAsItWentIn) {
  Alert alert = relief_alert();
  alert.annotations["description"] = "multi\nline \"quoted\" ünïcode\x01";
  alert.ends_at_ms = 77;
  store(alert);
  const auto found = unhandled();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].alert.labels, alert.labels);
  EXPECT_EQ(found[0].alert.annotations, alert.annotations);
  EXPECT_EQ(found[0].alert.ends_at_ms, 77);
  EXPECT_EQ(found[0].alert.starts_at_ms, 5000);
  EXPECT_EQ(found[0].verdict.use, AlertUse::relieve);
}

TEST_F(JournalTest, TheSameFactAHundredTimesIsOneRow) {
  for (int i = 0; i < 100; ++i) store(relief_alert(), 1000 + i);
  const auto found = unhandled();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].times, 100);
  EXPECT_EQ(found[0].first_received_at, 1000);
  EXPECT_EQ(found[0].last_received_at, 1099);
}

TEST_F(JournalTest, AFiringThatComesAfterItsOwnEndIsNotHandled) {
  store(relief_alert("pve1", 5000, AlertStatus::resolved));
  store(relief_alert("pve1", 5000, AlertStatus::firing));
  store(relief_alert("pve1", 4000, AlertStatus::firing));
  ASSERT_EQ(unhandled().size(), 1U);
  EXPECT_EQ(unhandled()[0].alert.status, AlertStatus::resolved);
  store(relief_alert("pve1", 6000, AlertStatus::firing));
  EXPECT_EQ(unhandled().size(), 2U);
}

TEST_F(JournalTest, AWebhookIsNotForgottenWhenTheListRepeatsIt) {
  store(relief_alert());
  Alert listed = relief_alert();
  listed.source = AlertSource::alertmanager;
  store(listed);
  EXPECT_EQ(unhandled()[0].alert.source, AlertSource::webhook);
}

TEST_F(JournalTest, EveryStepThatIsNotInTheTableIsRefusedByTheDatabase) {
  using S = MoveState;
  const std::set<std::pair<S, S>> legal{
      {S::proposed, S::approved}, {S::proposed, S::cancelled}, {S::proposed, S::skipped},
      {S::approved, S::starting}, {S::approved, S::cancelled}, {S::approved, S::skipped},
      {S::starting, S::running},  {S::starting, S::skipped},   {S::starting, S::failed},
      {S::starting, S::unknown},  {S::running, S::verifying},  {S::running, S::failed},
      {S::running, S::unknown},   {S::verifying, S::done},     {S::verifying, S::failed},
      {S::verifying, S::unknown}, {S::unknown, S::running},    {S::unknown, S::verifying},
      {S::unknown, S::done},      {S::unknown, S::failed}};
  // How to bring a fresh move into each state.
  const std::map<S, std::vector<S>> path{
      {S::proposed, {}},
      {S::approved, {S::approved}},
      {S::starting, {S::approved, S::starting}},
      {S::running, {S::approved, S::starting, S::running}},
      {S::verifying, {S::approved, S::starting, S::running, S::verifying}},
      {S::done, {S::approved, S::starting, S::running, S::verifying, S::done}},
      {S::failed, {S::approved, S::starting, S::failed}},
      {S::unknown, {S::approved, S::starting, S::unknown}},
      {S::cancelled, {S::cancelled}},
      {S::skipped, {S::skipped}}};
  for (const auto& [was, steps] : path) {
    for (const S becomes : kMoveStates) {
      test::TemporaryFolder fresh;
      journal_ = open_journal(fresh.path());
      const std::int64_t id = propose();
      intend(id);
      for (const S step : steps) ASSERT_TRUE(change(id, step).ok());
      EXPECT_EQ(change(id, becomes).ok(), legal.count({was, becomes}) == 1)
          << name_of(was) << " to " << name_of(becomes);
    }
  }
}

TEST_F(JournalTest, AMoveNeverBecomesAnotherMoveAndIsRecordedStepByStep) {
  const std::int64_t id = propose();
  ASSERT_TRUE(change(id, MoveState::approved).ok());
  auto database = Database::open(directory_.path() + "/journal.sqlite");
  ASSERT_TRUE(database.ok());
  EXPECT_FALSE(database->execute("UPDATE moves SET guest = 'lxc/104'").ok());
  EXPECT_FALSE(database->execute("DELETE FROM moves").ok());
  EXPECT_FALSE(database->execute("UPDATE moves SET state = 'nonsense'").ok());
  EXPECT_EQ(*database->integer("SELECT count(*) FROM move_events"), 2);
  EXPECT_EQ(
      *database->integer("SELECT count(*) FROM move_events WHERE was = 'proposed' AND becomes = 'approved'"
                         " AND actor = 'tester' AND reason = 'because' AND at = 1001"),
      1);
}

TEST_F(JournalTest, AFailedTransactionLeavesNothing) {
  const Status done = journal_->transact([&](Tables& tables) -> Status {
    const Alert alert = relief_alert();
    auto stored = tables.store_alert(alert, judge(alert, "lab"), 1);
    if (!stored) return stored;
    return Error{"changed my mind"};
  });
  EXPECT_FALSE(done.ok());
  EXPECT_TRUE(unhandled().empty());
}

TEST_F(JournalTest, OneIncidentLivesPerHostAndResource) {
  const auto save = [](Tables& tables) {
    Incident incident;
    incident.host = "pve1";
    incident.reason = "r";
    return tables.save_incident(incident);
  };
  ASSERT_TRANSACT(*journal_, save);
  EXPECT_FALSE(journal_->transact(save).ok());
}

TEST_F(JournalTest, ADamagedFileIsPutAsideAndSaidSo) {
  store(relief_alert());
  for (int i = 0; i < 200; ++i)
    store(relief_alert("pve1", 5000 + i, AlertStatus::firing, "b" + std::to_string(i)));
  journal_.reset();
  const std::string path = directory_.path() + "/journal.sqlite";
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 3);
    file << std::string(4096 * 4, '\x5a');
  }
  auto opened = Journal::open(directory_.path(), 2000);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened->put_aside, path + ".damaged-2000");
  EXPECT_TRUE(fs::exists(opened->put_aside));
  journal_ = std::move(opened->journal);
  EXPECT_TRUE(unhandled().empty());
  store(relief_alert());
  EXPECT_EQ(unhandled().size(), 1U);
}

TEST_F(JournalTest, AFileThatIsNoDatabaseIsPutAside) {
  journal_.reset();
  std::ofstream(directory_.path() + "/journal.sqlite") << std::string(8192, 'x');
  auto opened = Journal::open(directory_.path(), 3000);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_TRUE(fs::exists(opened->put_aside));
}

TEST_F(JournalTest, AWholeFileStaysInItsPlace) {
  store(relief_alert());
  journal_.reset();
  auto opened = Journal::open(directory_.path(), 2000);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->put_aside, "");
  journal_ = std::move(opened->journal);
  EXPECT_EQ(unhandled().size(), 1U);
}

TEST_F(JournalTest, AJournalOfANewerProgramIsRefused) {
  journal_.reset();
  {
    auto database = Database::open(directory_.path() + "/journal.sqlite");
    ASSERT_TRUE(database->execute("PRAGMA user_version=99").ok());
  }
  const auto opened = Journal::open(directory_.path(), 2000);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().message, HasSubstr("newer version"));
}

// As version 1 of the schema left it.
TEST_F(JournalTest, AnOlderJournalIsBackedUpThenBroughtUpToDate) {
  journal_.reset();
  const std::string path = directory_.path() + "/journal.sqlite";
  fs::remove(path);
  {
    auto database = Database::open(path);
    ASSERT_TRUE(database->execute(kMigrations[0]).ok());
    ASSERT_TRUE(database->execute("PRAGMA user_version=1").ok());
    ASSERT_TRUE(database->execute("INSERT INTO settings VALUES ('heartbeat_at', '77')").ok());
  }
  journal_ = open_journal(directory_.path(), 4000);
  ASSERT_NE(journal_, nullptr);
  EXPECT_EQ(setting(*journal_, "heartbeat_at"), "77");
  const std::string backup = path + ".backup-4000";
  ASSERT_TRUE(fs::exists(backup));
  struct stat info {};
  ASSERT_EQ(::stat(backup.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  auto copy = Database::open(backup);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(copy->integer("PRAGMA user_version").value(), 1);
  EXPECT_EQ(copy->integer("SELECT count(*) FROM settings WHERE value = '77'").value(), 1);
  journal_.reset();
  EXPECT_EQ(Database::open(path)->integer("PRAGMA user_version").value(), kSchemaVersion);
  journal_ = open_journal(directory_.path(), 5000);
  EXPECT_FALSE(fs::exists(path + ".backup-5000")) << "nothing was migrated";
}

TEST_F(JournalTest, WithoutABackupNothingIsMigrated) {
  journal_.reset();
  const std::string path = directory_.path() + "/journal.sqlite";
  fs::remove(path);
  {
    auto database = Database::open(path);
    ASSERT_TRUE(database->execute(kMigrations[0]).ok());
    ASSERT_TRUE(database->execute("PRAGMA user_version=1").ok());
  }
  fs::create_directory(path + ".backup-4000");  // where the backup would go
  const auto opened = Journal::open(directory_.path(), 4000);
  EXPECT_FALSE(opened.ok());
  EXPECT_EQ(Database::open(path)->integer("PRAGMA user_version").value(), 1);
}

TEST_F(JournalTest, ForgetsWhatIsOverInSmallBatches) {
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
      return tables.add_event({1000.0 + i, "alert", "a", "s", "d"});
    });
  }
  EXPECT_EQ(forget(1020, 10), 10);
  EXPECT_EQ(forget(1020, 10), 10);
  EXPECT_EQ(forget(1020, 10), 0) << "the five that are left are not old";
}

TEST_F(JournalTest, ForgetsAWholeStoryOnlyWhenItIsOver) {
  const std::int64_t move = propose();
  store(relief_alert());
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    auto incidents = tables.recent_incidents(1);
    Incident incident = incidents->front();
    incident.changed_at = 1000;
    IncidentAlert& alert = incident.alerts["a1"];
    alert.starts_at_ms = 5000;
    alert.from_webhook = true;
    auto saved = tables.save_incident(incident);
    if (!saved) return saved;
    Notification notification;
    notification.event_key = "k";
    notification.event = "plan";
    notification.incident_id = incident.id;
    notification.created_at = 1000;
    return tables.notify(notification, {"chat"});
  });
  const auto count = [&](const char* table) {
    return Database::open(directory_.path() + "/journal.sqlite")
        ->integer(std::string("SELECT count(*) FROM ") + table)
        .value();
  };
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.mark_handled(1); });
  EXPECT_EQ(forget(1e9, 100), 0) << "open, proposed, standing, waiting";
  ASSERT_TRUE(change(move, MoveState::cancelled).ok());
  EXPECT_EQ(forget(1e9, 100), 0) << "the plan stands";
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    auto incident = tables.recent_incidents(1)->front();
    incident.state = IncidentState::closed;
    auto saved = tables.save_incident(incident);
    return saved ? tables.no_plan_stands() : saved;
  });
  forget(1e9, 100);
  EXPECT_EQ(count("notifications"), 1) << "it was not delivered yet";
  EXPECT_EQ(count("incidents"), 1) << "a message speaks of it";
  EXPECT_EQ(count("moves") + count("move_events") + count("plans") + count("alerts"), 0);
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.delivery_sent(1, "chat"); });
  forget(1e9, 100);
  EXPECT_EQ(count("notifications") + count("deliveries") + count("incidents") + count("incident_alerts"), 0);
}

TEST_F(JournalTest, ADirectoryThatCannotBeWrittenIsNamed) {
  const auto opened = Journal::open("/proc/nothing-here", 2000);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().message, HasSubstr("/proc/nothing-here"));
}

TEST_F(JournalTest, ANotificationIsToldOncePerKeyAndSink) {
  Notification notification;
  notification.event_key = "incident/1/plan/1";
  notification.event = "plan";
  notification.created_at = 1000;
  notification.subject = "pve1 is busy";
  notification.lines = {"Suggesting \x1b[31m to migrate\nforged line", "second"};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.notify(notification, {"log", "chat"}); });
  }
  std::vector<pcb::Delivery> due;
  ASSERT_TRUE(journal_
                  ->read([&](Tables& tables) -> Status {
                    due = tables.due_deliveries("chat", 1000, 10).value();
                    return Done{};
                  })
                  .ok());
  ASSERT_EQ(due.size(), 1U);
  ASSERT_EQ(due[0].notification.lines.size(), 2U);
  EXPECT_EQ(due[0].notification.lines[0], "Suggesting \\x1b[31m to migrate\\nforged line");
}

}  // namespace
}  // namespace pcb
