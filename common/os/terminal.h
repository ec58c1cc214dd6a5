// What a file descriptor's reader can show: colour, and how many columns.
//
// Colour only on a terminal, never with NO_COLOR (no-color.org: any value but the empty one) and not on a
// dumb one. Reads the environment: call it while no other thread changes that. Tested by
// tests/common/os_terminal_test.cpp.
#pragma once

namespace pcb::os {

struct Terminal {
  bool colour = false;
  int columns = 0;  // 0: no terminal, or one that does not tell its width
};

Terminal terminal_of(int fd);

}  // namespace pcb::os
