// Small doings of the lab with the machine: programs, files, processes. Errors say what to do.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "common/result.h"

namespace pcb::lab {

// Runs a program and waits for it; `input` goes to its stdin. Its stderr is in the error.
Status run_program(const std::vector<std::string>& arguments, const std::string& input = {});
// Starts it without waiting (stdin /dev/null, output dropped).
pid_t start_program(const std::vector<std::string>& arguments);
Status wait_program(pid_t pid, const std::string& what);

Status write_file(const std::string& path, const std::string& text, mode_t mode = 0644);
Result<std::string> read_file(const std::string& path);
Status make_directories(const std::string& path, mode_t mode = 0755);

// When the process started, in ticks since boot: with the pid it names one process for ever. 0: no such
// process.
unsigned long long start_ticks(pid_t pid);

std::string errno_text(const std::string& what);

}  // namespace pcb::lab
