// Answers of /api/v2/silences for tests.
#pragma once

#include <string>

#include "common/text.h"

namespace pcb::test {

// One silence; matchers as amtool takes them: "a=b c!=d e=~f g!~h", without blanks in a value.
inline std::string silence_list(const std::string& matchers, const std::string& state = "active") {
  std::string list;
  for (const auto word : text::split_words(matchers)) {
    const auto at = word.find_first_of("=!");
    const bool is_equal = word[at] == '=';
    const bool is_regex = at + 1 < word.size() && word[at + 1] == '~';
    const auto value_at = at + (is_regex || !is_equal ? 2 : 1);
    list += std::string(list.empty() ? "" : ",") + R"({"isEqual":)" + (is_equal ? "true" : "false") +
            R"(,"isRegex":)" + (is_regex ? "true" : "false") + R"(,"name":")" +
            std::string(word.substr(0, at)) + R"(","value":")" + std::string(word.substr(value_at)) + R"("})";
  }
  return R"([{"id":"7d8b1c2e","status":{"state":")" + state +
         R"("},"updatedAt":"2026-11-23T07:00:00.000Z","comment":"work \u202e","createdBy":"you",)"
         R"("endsAt":"2036-11-23T07:00:00.000Z","matchers":[)" +
         list + R"(],"startsAt":"2026-11-23T07:00:00.000Z"}])";
}

}  // namespace pcb::test
