// Runs another program to its end and takes what it prints.
//
// Blocks up to `limit`; a program that takes longer, or prints more than `max_bytes`, is killed, and that is
// an error. Its standard input is empty. The words are given to the program as they are: no shell sees them.
// Tested by tests/common/os_child_test.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "common/result.h"

namespace pcb::os {

struct ChildEnd {
  int exit_code = 0;  // 128 + number where a signal ended it
  std::string out, err;
};

// words[0]: a path, or a name that is looked up in PATH. environment: "NAME=value" beside this process's own.
Result<ChildEnd> run_child(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                           std::chrono::milliseconds limit, std::size_t max_bytes = 64U << 20U);

// The folder that this process's own program lies in; empty where the kernel does not tell.
std::string program_folder();

}  // namespace pcb::os
