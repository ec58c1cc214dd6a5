#include "evaluator/decide/pattern.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pcb {
namespace {

struct Row {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(Pattern, MatchesTheWholeTextAsAlertmanagerDoes) {
  const std::vector<Row> rows{
      {"node/pve1", "node/pve1", true},
      {"node/pve1", "node/pve11", false},
      {"pve1", "node/pve1", false},
      {"node/pve.", "node/pve1", true},
      {"node/pve.", "node/pve12", false},
      {"node/.+", "node/pve1", true},
      {"node/.+", "node/", false},
      {".*", "", true},
      {"", "", true},
      {"", "a", false},
      {"node/(pve1|pve2)", "node/pve2", true},
      {"node/(pve1|pve2)", "node/pve3", false},
      {"node/pve1|node/pve2", "node/pve2", true},
      {"a|", "", true},
      {"node/(?:a|b)+", "node/abba", true},
      {"node/pve[1-3]", "node/pve3", true},
      {"node/pve[1-3]", "node/pve4", false},
      {"node/pve[^1-3]", "node/pve4", true},
      {"node/pve[^1-3]", "node/pve2", false},
      {"[]a]+", "]a", true},
      {"[a-]+", "a-a", true},
      {"[\\d.]+", "1.2", true},
      {"node/pve\\d{2}", "node/pve12", true},
      {"node/pve\\d{2}", "node/pve123", false},
      {"node/pve\\d{2,}", "node/pve123", true},
      {"node/pve\\d{0,1}", "node/pve", true},
      {"(ab){2,3}", "ababab", true},
      {"(ab){2,3}", "abababab", false},
      {"a{2}?", "aa", true},
      {"a+?b*?", "aab", true},
      {"node\\.pve", "node.pve", true},
      {"node\\.pve", "nodexpve", false},
      {"\\w+-\\W\\s\\S\\D", "ab-. xy", true},
      {"^node/pve1$", "node/pve1", true},
      {"a^b", "ab", false},
      {"(a$|b)c", "bc", true},
      {"(a$|b)c", "ac", false},
      {"(?i)NODE/pve1", "node/PVE1", true},
      {"(?i)[A-C]+", "abc", true},
      {"NODE", "node", false},
      {".", "\n", false},
      {"(a*)*b", "aaab", true},
      {"((a?){3}){3}", "aaaaaaaaa", true},
      {"((a?){3}){3}", "aaaaaaaaaa", false},
  };
  for (const Row& row : rows)
    EXPECT_EQ(matches_whole(row.pattern, row.text), std::optional(row.matches))
        << row.pattern << " " << row.text;
}

TEST(Pattern, WhatIsNotUnderstoodIsNotGuessed) {
  for (const char* pattern :
       {"(",        ")",     "(a",      "a)",          "[",       "[a",          "*",
        "+a",       "a**",   "a{2}{3}", "a{3,2}",      "a{1001}", "a{",          "{",
        "}",        "\\",    "\\b",     "\\pL",        "\\1",     "\\x41",       "\\Qa\\E",
        "(?P<n>a)", "(?s).", "(?=a)",   "[[:alpha:]]", "[z-a]",   "caf\xc3\xa9", "[\\d-z]"}) {
    EXPECT_EQ(matches_whole(pattern, "a"), std::nullopt) << pattern;
  }
  EXPECT_EQ(matches_whole("a", "\xc3\xa9"), std::nullopt);
  EXPECT_EQ(matches_whole(std::string(2000, 'a'), "a"), std::nullopt);
  EXPECT_EQ(matches_whole(std::string(500, '(') + std::string(500, ')'), "a"), std::nullopt);
}

// What would take a backtracking engine years.
TEST(Pattern, HostilePatternsEndAtOnce) {
  EXPECT_EQ(matches_whole("(a+)+b", std::string(60, 'a')), std::optional(false));
  EXPECT_EQ(matches_whole("(a|a)*c", std::string(60, 'a')), std::optional(false));
  EXPECT_EQ(matches_whole("((((a{1000}){1000}){1000}){1000}){1000}", std::string(1000, 'a')), std::nullopt);
}

}  // namespace
}  // namespace pcb
