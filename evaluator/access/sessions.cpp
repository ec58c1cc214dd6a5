#include "evaluator/access/sessions.h"

#include <algorithm>
#include <utility>

namespace pcb {

bool Sessions::is_over(const Session& session, double now) const {
  return now - session.used_at >= limits_.idle_seconds || now - session.began_at >= limits_.longest_seconds;
}

void Sessions::open(const http::SecretDigest& key, Session session, double now) {
  std::erase_if(sessions_, [&](const auto& item) { return is_over(item.second, now); });
  if (sessions_.size() >= limits_.most) {
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
      return a.second.used_at < b.second.used_at;
    }));
  }
  session.began_at = session.used_at = now;
  sessions_[key] = std::move(session);
}

std::optional<Session> Sessions::find(const http::SecretDigest& key, double now, bool use) {
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return std::nullopt;
  if (is_over(found->second, now)) {
    sessions_.erase(found);
    return std::nullopt;
  }
  if (use) found->second.used_at = now;
  return found->second;
}

}  // namespace pcb
