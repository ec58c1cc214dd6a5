#include "common/os/terminal.h"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
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

}  // namespace pcb::os
