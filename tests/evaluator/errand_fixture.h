// Loop and actor with an errand that a person has begun.
#pragma once

#include <string>

#include "tests/evaluator/actor_fixture.h"

namespace pcb {

class ActorErrand : public ActorTest {
 protected:
  Answer begin_it(const std::string& kind, const std::string& host) {
    Answer given;
    ErrandRecord errand;
    errand.kind = kind;
    errand.host = host;
    errand.actor = "alice";
    errand.begun_at = world_.now;
    EXPECT_TRUE(journal_
                    ->transact([&](Tables& tables) -> Status {
                      auto answer = begin_errand(tables, errand, board_.newest()->mode, world_.now);
                      if (!answer) return answer.error();
                      given = *answer;
                      return Done{};
                    })
                    .ok());
    return given;
  }
  ErrandRecord last() {
    ErrandRecord found;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      found = tables.last_errand("", "").value().value_or(ErrandRecord{});
                      return Done{};
                    })
                    .ok());
    return found;
  }
  void calm() { world_.document.hosts[0].cpu_used_cores = world_.cpu["node/pve1"] = 5.5; }
};

}  // namespace pcb
