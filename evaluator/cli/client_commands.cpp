#include "evaluator/cli/client_commands.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <ostream>
#include <utility>
#include <vector>

#include "cluster/document_json.h"
#include "common/http/client.h"
#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/cli/check_chain.h"
#include "evaluator/cli/evaluator_client.h"
#include "evaluator/cli/outside.h"
#include "evaluator/decide/cluster_state.h"
#include "evaluator/decide/json_view.h"
#include "evaluator/decide/load_window.h"
#include "evaluator/decide/webhook.h"

namespace pcb {
namespace {

constexpr std::size_t kLongestCell = 100;

using Row = std::vector<std::string>;

// Characters, not bytes: names may hold any letters.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string table(std::vector<Row> rows) {
  std::vector<std::size_t> widths;
  for (Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i + 1 < row.size()) row[i] = text::shortened(row[i], kLongestCell);
      row[i] = text::printable(row[i]);
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += " " + row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - width_of(row[i]) + 1, ' ');
    }
    out += line + "\n";
  }
  return out;
}

Result<std::string> ask(const EvaluatorOptions& options, const Config& config, const std::string& path) {
  const auto address = evaluator_address(options, config);
  if (!address) return address.error();
  const auto answer = http::Client(address->settings).get(address->base + path);
  if (!answer) return Error{"the evaluator does not answer: " + answer.error().message};
  if (answer->status == 200) return answer->body;
  return Error{refusal_words(answer->status, answer->body)};
}

int show(const EvaluatorOptions& options, Result<std::string> json,
         const std::function<Result<std::string>(const std::string&)>& to_text, std::ostream& out,
         std::ostream& err) {
  if (json && options.output == "json") {
    out << *json;
    return kExitGood;
  }
  const auto text = json ? to_text(*json) : json;
  if (text) {
    out << *text;
    return kExitGood;
  }
  err << text.error().message << "\n";
  return kExitFailed;
}

std::string get(const JsonView& view, const char* key) { return view.text_of(key).value_or(""); }

std::string share(const JsonView& host, const char* used, const char* limit) {
  const auto ratio = host.number_of(used);
  const auto allowed = host.number_of(limit);
  if (!ratio) return "not known";
  return text::percent(*ratio) +
         (allowed ? " (limit " + text::percent(*allowed) + (*ratio > *allowed ? ") !" : ")") : "");
}

std::vector<JsonView> list(const JsonView& view, const char* key) {
  const auto member = view.member(key);
  return member ? member->elements() : std::vector<JsonView>{};
}

void add_hosts(const JsonView& root, std::string& out) {
  std::vector<Row> rows{{"Host", "State", "CPU", "Memory"}};
  for (const JsonView& host : list(root, "hosts")) {
    rows.push_back({get(host, "name"), get(host, "state"), share(host, "cpu_used_ratio", "cpu_limit_ratio"),
                    share(host, "memory_used_ratio", "memory_limit_ratio")});
  }
  if (rows.size() > 1) out += "\n" + table(std::move(rows));
}

bool report(std::ostream& out, const std::string& what, const Status& outcome) {
  print_finding(out, outcome.ok(), what, outcome ? "" : outcome.error().message);
  return outcome.ok();
}

}  // namespace

std::string refusal_words(int status, const std::string& body) {
  const auto tree = read_json_tree(body);
  const std::string said = tree ? get(JsonView(*tree), "error") : "";
  if (status == 401)
    return "the evaluator asks for a login: give --user and --password-file" +
           (said.empty() ? "" : ". It says: " + text::printable(said));
  return "the evaluator answers with status " + std::to_string(status) + ": " +
         text::printable(text::shortened(said.empty() ? body : said, 300));
}

Result<std::string> status_text(const std::string& json, double now) {
  const auto tree = read_json_tree(json);
  if (!tree) return tree.error().in("the evaluator's answer cannot be read");
  const JsonView root(*tree);
  const auto looked_at = root.number_of("at");
  std::string out = looked_at ? "Cluster " + text::printable(get(root, "cluster")) + ", mode " +
                                    text::printable(get(root, "mode")) + ", looked at " +
                                    text::human_duration(std::max(0.0, now - *looked_at)) + " ago\n"
                              : "The evaluator has just started and has not looked at the cluster yet.\n";
  if (const std::string why = get(root, "mode_reason"); !why.empty())
    out += "The mode is " + text::printable(get(root, "mode")) + ": " + text::printable(why) + "\n";
  if (const auto hold = root.member("hold"); hold && hold->kind() == JsonKind::object) {
    out += "Nothing is suggested now (" + text::printable(get(*hold, "reason")) +
           "): " + text::printable(get(*hold, "sentence")) + "\n";
  }
  if (const auto acting = root.member("acting"); acting && acting->kind() == JsonKind::object) {
    if (const std::string paused = get(*acting, "paused"); !paused.empty())
      out += "Nothing starts: " + text::printable(paused) + "\n";
    for (const JsonView& refusal : list(*acting, "refusals"))
      out += "Not started (" + text::printable(get(refusal, "reason")) +
             "): " + text::printable(get(refusal, "sentence")) + "\n";
  }
  add_hosts(root, out);
  std::vector<Row> incidents{{"Incident", "Host", "Short of", "State", "Why"}};
  for (const JsonView& incident : list(root, "incidents")) {
    incidents.push_back({"#" + text::number(incident.number_of("id").value_or(0)), get(incident, "host"),
                         get(incident, "resource"), get(incident, "state"), get(incident, "reason")});
  }
  out += incidents.size() > 1 ? "\n" + table(std::move(incidents)) : "\nNo open incident.\n";
  if (const auto plan = root.member("plan"); plan && plan->kind() == JsonKind::object) {
    out += "\nPlan " + text::number(plan->number_of("id").value_or(0)) + ": " +
           text::printable(get(*plan, "reason")) + "\n";
  }
  std::vector<Row> moves{{"Step", "Guest", "Name", "From", "To", "How", "State", "Why"}};
  for (const JsonView& move : list(root, "suggestions")) {
    moves.push_back({text::number(move.number_of("step").value_or(0)), get(move, "guest"), get(move, "name"),
                     get(move, "from"), get(move, "to"), get(move, "method"), get(move, "state"),
                     get(move, "why")});
  }
  if (moves.size() > 1) out += table(std::move(moves));
  return out;
}

Result<std::string> history_text(const std::string& json) {
  const auto tree = read_json_tree(json);
  if (!tree) return tree.error().in("the evaluator's answer cannot be read");
  std::vector<Row> rows{{"When", "What", "Who", "About", "Detail"}};
  for (const JsonView& event : list(JsonView(*tree), "history")) {
    rows.push_back({format_rfc3339(event.number_of("at").value_or(0)), get(event, "kind"),
                    get(event, "actor"), get(event, "subject"), get(event, "detail")});
  }
  return rows.size() > 1 ? table(std::move(rows)) : std::string("Nothing has happened yet.\n");
}

Result<std::string> report_text(const std::string& json) {
  const auto tree = read_json_tree(json);
  if (!tree) return tree.error().in("the evaluator's answer cannot be read");
  const JsonView root(*tree);
  std::string out = "From " + format_rfc3339(root.number_of("since").value_or(0)) + " to " +
                    format_rfc3339(root.number_of("until").value_or(0)) + "\n";
  for (const JsonView& line : list(root, "lines")) out += text::printable(line.text().value_or("")) + "\n";
  return out;
}

int run_status(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err) {
  return show(
      options, ask(options, config, "/api/v1/status"),
      [](const std::string& json) { return status_text(json, unix_now()); }, out, err);
}

int run_history(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err) {
  return show(options, ask(options, config, "/api/v1/history?limit=" + std::to_string(options.limit)),
              history_text, out, err);
}

int run_report(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err) {
  const auto seconds = parse_since(options.since);
  if (!seconds) {
    err << "--since takes a time such as 36h, 7d or 4w\n";
    return kExitUsage;
  }
  return show(options, ask(options, config, "/api/v1/report?since=" + text::number(*seconds)), report_text,
              out, err);
}

int run_check(const EvaluatorOptions& options, const Config& config, std::ostream& out) {
  HttpOutside outside(config);
  const StateSettings settings{config.cluster, config.evaluator.stale_after.count(),
                               config.prometheus.window.count(), outside.now()};
  const auto document = [&]() -> Status {
    const auto body = outside.cluster_document();
    if (!body) return body.error();
    const auto read = read_cluster(*body);
    if (!read) return read.error();
    const Hold problem = check_document(read->cluster, settings);
    return problem ? Status(Error{problem.sentence}) : Status(Done{});
  }();
  bool good =
      report(out, "exporter: the cluster document of " + text::join(cluster_urls_of(config), ", "), document);
  const LoadWindow window{config.cluster, config.prometheus.matchers, settings.window_seconds,
                          config.exporter.interval.count()};
  for (const LoadQuery query : kLoadQueries) {
    bool answered = true;
    const auto samples = [&]() -> Status {
      const auto body = outside.query(load_query_text(query, window));
      answered = body.ok();
      if (!body) return body.error();
      const auto read = read_load_samples(*body);
      if (!read) return read.error();
      return read->empty()
                 ? Status(Error{"no samples; does Prometheus scrape the exporter with the label cluster=\"" +
                                config.cluster + "\"?"})
                 : Status(Done{});
    }();
    good = report(out, std::string("Prometheus: ") + name_of(query), samples) && good;
    if (!answered) break;  // the others would say the same
  }
  const auto lists = outside.alert_lists();
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto read = lists[i] ? read_alert_list(*lists[i]) : Result<AlertList>(lists[i].error());
    good = report(out, "Alertmanager: " + config.alertmanager.urls[i],
                  read ? Status(Done{}) : Status(read.error())) &&
           good;
  }
  if (!options.chain) return good ? kExitGood : kExitFailed;
  const auto evaluator = evaluator_address(options, config);
  if (!evaluator) return report(out, "the evaluator's login", evaluator.error()) ? kExitGood : kExitFailed;
  good = check_chain(config, *evaluator, out) && good;
  return good ? kExitGood : kExitFailed;
}

}  // namespace pcb
