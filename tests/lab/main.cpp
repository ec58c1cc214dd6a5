#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/lab/front.h"

namespace {

const char* const kUsage =
    "usage: lab up FILE [--dir DIR] [--foreground]   start the cluster that FILE states\n"
    "       lab down [--dir DIR]                     end it, leaving nothing behind\n"
    "       lab status [--dir DIR]                   what the load model has, as JSON\n"
    "       lab hosts [--dir DIR]                    addresses and how to log in\n"
    "       lab exec [--dir DIR] HOST COMMAND…       run a command on a host without SSH\n"
    "       lab set GUEST|HOST cpu=2.5 memory_used=3GiB\n"
    "       lab start|stop GUEST\n"
    "       lab fault|heal HOST|GUEST FAULT          see tests/lab/README.md; `lab heal all`\n"
    "DIR is ./lab-run unless it is given; $PCB_LAB_DIR stands in for --dir.\n";

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words;
  const char* environment = std::getenv("PCB_LAB_DIR");
  std::string directory = environment != nullptr ? environment : "lab-run";
  bool foreground = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool ours =
        words.empty() || words[0] != "exec" || words.size() < 2;  // after exec HOST it is the command's
    if (ours && word == "--dir" && i + 1 < argc) {
      directory = argv[++i];
    } else if (ours && word == "--foreground") {
      foreground = true;
    } else {
      words.push_back(word);
    }
  }
  directory = std::filesystem::absolute(directory).string();
  const std::string command = words.empty() ? "" : words[0];
  if (command == "up" && words.size() == 2) return pcb::lab::up({words[1], directory, foreground});
  if (command == "down" && words.size() == 1) return pcb::lab::down(directory);
  if (command == "hosts" && words.size() == 1) return pcb::lab::list_hosts(directory);
  if (command == "exec" && words.size() > 2)
    return pcb::lab::execute(directory, words[1], {words.begin() + 2, words.end()});
  for (const char* passed : {"status", "set", "fault", "heal", "start", "stop"}) {
    if (command == passed) return pcb::lab::pass_on(directory, words);
  }
  std::fputs(kUsage, command == "--help" ? stdout : stderr);
  return command == "--help" ? 0 : 2;
}
