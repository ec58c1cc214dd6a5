#include "evaluator/cli/check_chain.h"

#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/http/client.h"
#include "common/os/random.h"
#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/cli/outside.h"
#include "evaluator/decide/chain_lint.h"
#include "evaluator/decide/json_view.h"
#include "evaluator/trigger/client_settings.h"

namespace pcb {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPollEvery{200};
constexpr double kAlertLives = 120;

std::string path_at(std::string url, const char* path) {
  while (url.ends_with('/')) url.pop_back();
  return url + path;
}

Result<std::string> body_from(Result<http::ClientResponse> answer) {
  if (!answer) return answer.error();
  if (answer->status / 100 != 2) return Error{"it answers with status " + std::to_string(answer->status)};
  return std::move(answer->body);
}

class ChainCheck {
 public:
  ChainCheck(const Config& config, const EvaluatorAddress& evaluator, std::ostream& out)
      : config_(config),
        out_(out),
        prometheus_(client_settings(config.prometheus.auth, config.prometheus.ca_file)),
        alertmanager_(client_settings(config.alertmanager.auth, config.alertmanager.ca_file)),
        evaluator_(evaluator.settings),
        alerts_url_(evaluator.base + "/api/v1/alerts") {}

  bool run() {
    show_all("Prometheus", prometheus_.get(path_at(config_.prometheus.url, "/api/v1/rules?type=alert")),
             [](const std::string& body) { return lint_rules(body); });
    for (const std::string& url : config_.alertmanager.urls) {
      show_all(
          "Alertmanager " + url, alertmanager_.get(path_at(url, "/api/v2/status")),
          [&](const std::string& body) { return lint_alertmanager(body, config_.alertmanager.receiver); });
    }
    send_one();
    return good_;
  }

 private:
  void show(bool good, const std::string& what, const std::string& why = "") {
    print_finding(out_, good, what, why);
    good_ = good_ && good;
  }

  template <class Lint>
  void show_all(const std::string& who, Result<http::ClientResponse> answer, const Lint& lint) {
    const auto body = body_from(std::move(answer));
    if (!body) return show(false, who, body.error().message);
    for (const Finding& finding : lint(*body))
      show(finding.good, who + ": " + finding.what, finding.sentence);
  }

  // The synthetic alert, from Alertmanager's door to the evaluator's journal.
  void send_one() {
    const std::string id = os::random_hex(8);
    const auto field = [](const char* name, const std::string& value) {
      return "\"" + std::string(name) + "\":\"" + text::json_escape(value) + "\"";
    };
    const double now = unix_now();
    const std::string body = "[{\"labels\":{" + field("alertname", "BalancerChainCheck") + "," +
                             field("balancer", "heartbeat") + "," + field("severity", "none") + "," +
                             field("cluster", config_.cluster) + "," + field("check", id) +
                             "},\"annotations\":{" +
                             field("summary", "Sent by `balancer-evaluator check --chain`; ends by itself") +
                             "}," + field("startsAt", format_rfc3339(now)) + "," +
                             field("endsAt", format_rfc3339(now + kAlertLives)) + "}]";
    const Clock::time_point begin = Clock::now();
    std::string taken_by;
    for (const std::string& url : config_.alertmanager.urls) {
      const auto posted = body_from(alertmanager_.post(path_at(url, "/api/v2/alerts"), body));
      if (posted && taken_by.empty()) taken_by = url;
      if (!posted) show(false, "synthetic alert to " + url, posted.error().message);
    }
    if (taken_by.empty()) return;
    hop("synthetic alert: Alertmanager took it", begin);
    out_ << "        waiting for it at the evaluator, until the route's group_interval is over\n"
         << std::flush;
    const std::string why = wait_for(id, begin);
    if (why.empty()) return hop("synthetic alert: the evaluator's journal has it", begin);
    show(false, "synthetic alert: the evaluator's journal has it", why);
  }

  void hop(const std::string& what, Clock::time_point begin) {
    show(true, what + " after " +
                   text::human_duration(std::chrono::duration<double>(Clock::now() - begin).count()));
  }

  // Empty when it came.
  std::string wait_for(const std::string& id, Clock::time_point begin) {
    std::string last = "it did not come";
    while (Clock::now() - begin < kLongestWait) {
      const auto body = body_from(evaluator_.get(alerts_url_));
      if (!body) return "the evaluator does not answer: " + body.error().message;
      const auto tree = read_json_tree(*body);
      if (!tree) return "the evaluator's answer cannot be read: " + tree.error().message;
      const auto alerts = JsonView(*tree).member("alerts");
      for (const JsonView& alert : alerts ? alerts->elements() : std::vector<JsonView>{}) {
        const auto labels = alert.member("labels");
        if (!labels || labels->text_of("check") != id) continue;
        if (alert.text_of("source") == "webhook") return "";
        last =
            "it is known from Alertmanager's list alone, the webhook did not bring it; see Alertmanager's "
            "log for why (token, address)";
      }
      std::this_thread::sleep_for(kPollEvery);
    }
    return last + " within " + text::human_duration(static_cast<double>(kLongestWait.count())) +
           "; see whether its route ends at receiver " + config_.alertmanager.receiver +
           " and Alertmanager's log";
  }

  const Config& config_;
  std::ostream& out_;
  http::Client prometheus_, alertmanager_, evaluator_;
  std::string alerts_url_;
  bool good_ = true;
};

}  // namespace

void print_finding(std::ostream& out, bool good, const std::string& what, const std::string& why) {
  out << (good ? "good    " : "failed  ") << what << (why.empty() ? "" : ": " + why) << "\n" << std::flush;
}

bool check_chain(const Config& config, const EvaluatorAddress& evaluator, std::ostream& out) {
  return ChainCheck(config, evaluator, out).run();
}

}  // namespace pcb
