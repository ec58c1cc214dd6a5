// A journal in a directory of its own, gone when the test is over; and alerts to put into it.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "evaluator/journal/journal.h"
#include "tests/support/temporary_folder.h"

namespace pcb {

inline std::unique_ptr<Journal> open_journal(const std::string& directory, double now = 1000) {
  auto opened = Journal::open(directory, now);
  EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
  return opened.ok() ? std::move(opened->journal) : nullptr;
}

inline Alert relief_alert(const std::string& host = "pve1", std::int64_t starts_at_ms = 5000,
                          AlertStatus status = AlertStatus::firing, const std::string& fingerprint = "a1") {
  Alert alert;
  alert.fingerprint = fingerprint;
  alert.status = status;
  alert.starts_at_ms = starts_at_ms;
  alert.labels = {{"alertname", "HostCpuHigh"}, {"balancer", "relieve"}, {"cluster", "lab"},
                  {"id", "node/" + host},       {"resource", "cpu"},     {"severity", "warning"}};
  alert.annotations = {{"summary", host + " is busy"}};
  return alert;
}

// Runs `work` and fails the test with its sentence.
#define ASSERT_TRANSACT(journal, ...)                                                       \
  do {                                                                                      \
    const pcb::Status pcb_outcome = (journal).transact(__VA_ARGS__);                        \
    ASSERT_TRUE(pcb_outcome.ok()) << (pcb_outcome.ok() ? "" : pcb_outcome.error().message); \
  } while (false)

}  // namespace pcb
