#include "common/os/terminal.h"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace pcb::os {

Terminal terminal_of(int fd) {
  if (::isatty(fd) != 1) return {};
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const char* type = std::getenv("TERM");           // NOLINT(concurrency-mt-unsafe): nobody sets it
  const bool dumb = type == nullptr || std::string_view(type) == "dumb";
  Terminal terminal;
  terminal.colour = (no_colour == nullptr || *no_colour == '\0') && !dumb;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0) terminal.columns = size.ws_col;
  return terminal;
}

std::string read_hidden_line(int fd) {
  termios shown{};
  const bool is_terminal = ::tcgetattr(fd, &shown) == 0;
  if (is_terminal) {
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd, TCSAFLUSH, &hidden);
  }
  std::string line;
  char next = 0;
  // By single bytes: what follows the line is somebody else's.
  while (::read(fd, &next, 1) == 1 && next != '\n') line += next;
  if (is_terminal) ::tcsetattr(fd, TCSAFLUSH, &shown);
  return line;
}

}  // namespace pcb::os
