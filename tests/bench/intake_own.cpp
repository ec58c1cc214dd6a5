// What the intake bench measures: the evaluator's webhook with its journal, without the loop behind it.
//
//   intake_own serve FOLDER together|alone    prints its port; ends when its standard input does
//   intake_own commit FOLDER COUNT            COUNT commits of one row, with the journal's settings: ms a
//   line
//
// FOLDER gets the journal. "together" is group commit, "alone" a transaction for each webhook. POST /echo
// takes the same body by the same server and answers at once.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <poll.h>
#include <unistd.h>

#include "evaluator/cli/outside.h"
#include "evaluator/cli/routes.h"
#include "evaluator/decide/webhook.h"

namespace pcb::bench {
namespace {

int failed(const Error& error) {
  std::cerr << error.message << '\n';
  return 1;
}

int serve(const std::string& folder, bool group_commit) {
  auto opened = Journal::open(folder, unix_now());
  if (!opened) return failed(opened.error());
  Config config;
  config.cluster = "bench";
  const Current current(std::make_shared<const Config>(config));
  const Board board;
  const ActBoard act_board;
  Counters counters;
  IntakeSettings intake_settings;
  intake_settings.group_commit = group_commit;
  Intake intake(*opened->journal, intake_settings, [] {});
  auto routes = evaluator_routes({current, *opened->journal, intake, board, act_board, counters, [] {},
                                  [] { return Status(Done{}); }, "bench"});
  routes.push_back({"POST", "/echo",
                    [](const http::Request& request) {
                      http::Response response;
                      response.body = request.body;
                      return response;
                    },
                    kMaxWebhookBytes});
  auto server = http::Server::start(http::ServerSettings{}, std::move(routes));
  if (!server) return failed(server.error());
  std::printf("%d\n", (*server)->port());
  std::fflush(stdout);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, -1) < 0) continue;
  return 0;
}

int commit(const std::string& folder, int count) {
  auto database = Database::open(folder + "/commit.sqlite");
  if (!database) return failed(database.error());
  Status done = database->execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)");
  const std::string insert = "INSERT INTO rows (text) VALUES ('" + std::string(500, 'x') + "')";
  for (int i = 0; done && i < count; ++i) {
    const auto began = std::chrono::steady_clock::now();
    auto transaction = Transaction::begin(*database);
    if (!transaction) return failed(transaction.error());
    done = database->execute(insert);
    if (done) done = transaction->commit();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    std::printf("%.4f\n", took.count());
  }
  return done ? 0 : failed(done.error());
}

}  // namespace
}  // namespace pcb::bench

int main(int count, char** arguments) {
  const std::string what = count == 4 ? arguments[1] : "";
  const std::string last = count == 4 ? arguments[3] : "";
  if (what == "serve" && (last == "together" || last == "alone"))
    return pcb::bench::serve(arguments[2], last == "together");
  if (what == "commit") return pcb::bench::commit(arguments[2], std::atoi(last.c_str()));
  std::cerr << "usage: intake_own serve FOLDER together|alone\n       intake_own commit FOLDER COUNT\n";
  return 2;
}
