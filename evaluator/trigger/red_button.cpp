#include "evaluator/trigger/red_button.h"

#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/rfc3339.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr const char* kFile = "/STOP";
constexpr std::size_t kMostBytes = 4096;

// Whether something is there by that name; an errno for "cannot say".
int look_for(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? 0 : errno;
}

}  // namespace

RedButton::RedButton(std::string state_directory)
    : directory_(std::move(state_directory)), path_(directory_ + kFile) {}

std::string RedButton::pressed() const {
  const std::string cure = "; `balancer-evaluator resume` lets starts happen again";
  const int found = look_for(path_);
  if (found == 0) {
    const auto note = os::read_file(path_, kMostBytes);
    const std::string said = note ? std::string(text::trim(*note)) : "";
    return "the red button is pressed (" + (said.empty() ? path_ + " is there" : text::printable(said)) +
           ")" + cure;
  }
  if (found != ENOENT) return "cannot look at " + path_ + ": " + os::reason(found) + "; it counts as pressed";
  if (held_) return "the red button is pressed" + cure;
  // Without its directory nobody could press it.
  const int directory = look_for(directory_);
  if (directory != 0) return "cannot look at " + directory_ + ": " + os::reason(directory);
  return "";
}

Status RedButton::press(const std::string& who, const std::string& reason, double now) {
  held_ = true;
  Status written = press_file(directory_, who, reason, now);
  const std::lock_guard wait_for_a_start_under_way(starting_);
  return written;
}

Status RedButton::release() {
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
    return Error{"cannot remove " + path_ + ": " + os::reason(errno) + "; it stays pressed"};
  held_ = false;
  return Done{};
}

bool RedButton::unless_pressed(const std::function<void()>& start) {
  const std::lock_guard starting(starting_);
  if (!pressed().empty()) return false;
  start();
  return true;
}

Status press_file(const std::string& state_directory, const std::string& who, const std::string& reason,
                  double now) {
  constexpr mode_t kMode = 0644;  // whoever may see that it is pressed
  // Escaped where it is shown: the file may be anybody's.
  return os::write_file_atomically(
      state_directory + kFile, format_rfc3339(now) + " " + who + (reason.empty() ? "" : ": " + reason) + "\n",
      kMode);
}

}  // namespace pcb
