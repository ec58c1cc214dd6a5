#include <gtest/gtest.h>

#include "evaluator/access/sessions.h"

namespace pcb {
namespace {

http::SecretDigest key(const std::string& id) { return http::digest_of(id); }

Session of(const std::string& user) {
  Session session;
  session.user = user;
  return session;
}

TEST(Sessions, AnUnusedOneEndsAndAUsedOneEndsLater) {
  Sessions sessions({.idle_seconds = 10, .longest_seconds = 25, .most = 8});
  sessions.open(key("a"), of("ann"), 100);
  EXPECT_EQ(sessions.find(key("a"), 109.9, true)->user, "ann");
  EXPECT_TRUE(sessions.find(key("a"), 119.8, true)) << "used in between";
  EXPECT_FALSE(sessions.find(key("a"), 125, true)) << "however much it is used";
  EXPECT_EQ(sessions.size(), 0U);
  sessions.open(key("b"), of("bob"), 200);
  EXPECT_TRUE(sessions.find(key("b"), 209, false));
  EXPECT_FALSE(sessions.find(key("b"), 210, false)) << "to be looked at is not to be used";
}

TEST(Sessions, TheOneUnusedForLongestMakesRoom) {
  Sessions sessions({.idle_seconds = 1000, .longest_seconds = 1000, .most = 2});
  sessions.open(key("a"), of("ann"), 1);
  sessions.open(key("b"), of("bob"), 2);
  EXPECT_TRUE(sessions.find(key("a"), 3, true));
  sessions.open(key("c"), of("cid"), 4);
  EXPECT_EQ(sessions.size(), 2U);
  EXPECT_TRUE(sessions.find(key("a"), 5, false));
  EXPECT_FALSE(sessions.find(key("b"), 5, false));
  EXPECT_TRUE(sessions.find(key("c"), 5, false));
}

TEST(Sessions, ClosedIsClosedAndAnotherKeyIsNobodys) {
  Sessions sessions({});
  sessions.open(key("a"), of("ann"), 1);
  EXPECT_FALSE(sessions.find(key("A"), 1, true));
  sessions.close(key("a"));
  EXPECT_FALSE(sessions.find(key("a"), 1, true));
}

}  // namespace
}  // namespace pcb
