// The body of a webhook as the receiver wants it: JSON with places for the message.
//
// A place is {{NAME}} or {{NAME|FILTER…}} inside a JSON string: event_key, event, severity, cluster, at,
// incident, subject, text, icon. Filters: a number (at most so many bytes, cut between characters), `chat`
// (&, < and > as Slack and Google Chat want them, and @all, @channel, @everyone and @here of Mattermost and
// Rocket.Chat broken, so that no name can call a channel), `markdown` (links with a text of their own broken,
// for Discord and Teams: a name must not lead elsewhere than it says; `chat` does the same, Mattermost knows
// such links too). What is put in is escaped for JSON. parse()
// refuses unknown names and a template that is no JSON once filled. Pure. Tested by
// tests/evaluator/message_template_test.cpp, which fills those of deploy/notify.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "evaluator/journal/records.h"

namespace pcb {

class MessageTemplate {
 public:
  static Result<MessageTemplate> parse(std::string_view text);
  [[nodiscard]] std::string fill(const Notification& notification, const std::string& cluster) const;

 private:
  struct Place {
    std::string before;  // the text up to the place
    std::string name;    // empty: the end of the template
    std::size_t max_bytes = 0;
    bool chat = false;
    bool markdown = false;
  };
  static Result<Place> place_of(std::string_view inside, std::string_view before);
  std::vector<Place> places_;
};

}  // namespace pcb
