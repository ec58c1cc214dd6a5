#include "evaluator/cli/what_if_query.h"

#include "common/text.h"
#include "evaluator/cli/plan_command.h"

namespace pcb {
namespace {

using Query = std::multimap<std::string, std::string>;

std::string said(const Query& query, const char* name) {
  const auto found = query.find(name);
  return found == query.end() ? "" : std::string(text::trim(found->second));
}

Status read_threshold(const Query& query, const char* name, std::optional<double>& ratio) {
  const std::string given = said(query, name);
  if (given.empty()) return Done{};
  const auto percent = text::to_double(given);
  if (!percent || *percent <= 1 || *percent > 100)
    return Error{std::string("the threshold of ") + name + " is percent, above 1 and up to 100, not \"" +
                 text::printable(given) + "\""};
  ratio = *percent / 100;
  return Done{};
}

}  // namespace

Result<WhatIf> read_what_if(const Query& query) {
  WhatIf question;
  const std::string ask = said(query, "ask");
  question.host = said(query, "host");
  if (ask == "drain" || ask == "lose") {
    question.kind = ask == "drain" ? WhatIf::Kind::drain : WhatIf::Kind::lose;
    question.include_stopped = said(query, "include_stopped") == "yes";
    if (question.host.empty()) return Error{"name the host"};
    return question;
  }
  if (ask == "place") {
    question.kind = WhatIf::Kind::place;
    question.host.clear();
    const auto goal = parse_goal("place:" + said(query, "cores") + "," + said(query, "memory"));
    if (!goal)
      return Error{"write the cores as a number and the memory as bytes or with a unit, such as 4 and 8GiB"};
    question.cpu_cores = goal->place_cores;
    question.memory_bytes = goal->place_memory_bytes;
    return question;
  }
  if (ask != "thresholds") return Error{"known questions are drain, lose, place and thresholds"};
  question.kind = WhatIf::Kind::thresholds;
  question.balance = said(query, "goal") == "balance";
  if (auto read = read_threshold(query, "cpu", question.cpu_threshold); !read) return read.error();
  if (auto read = read_threshold(query, "memory", question.memory_threshold); !read) return read.error();
  return question;
}

}  // namespace pcb
