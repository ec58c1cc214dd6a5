// What a file descriptor's reader can show: colour, and how many columns.
//
// Colour only on a terminal, never with NO_COLOR (no-color.org: any value but the empty one) and not on a
// dumb one. Reads the environment: call it while no other thread changes that. Tested by
// tests/common/os_terminal_test.cpp.
#pragma once

#include <string>

namespace pcb::os {

struct Terminal {
  bool colour = false;
  int columns = 0;  // 0: no terminal, or one that does not tell its width
};

Terminal terminal_of(int fd);

// One line from a terminal, without showing it: for passwords. From what is no terminal the line is read all
// the same. Without its end; empty at the end of the input.
std::string read_hidden_line(int fd);

}  // namespace pcb::os
