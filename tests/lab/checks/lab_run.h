// A lab of its own for one test: up in the constructor, down in the destructor, everything by the real
// programs (pcb-lab, ssh). For gtest; a lab that does not start fails the test at once. Needs root.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"

namespace pcb::lab {

struct Outcome {
  int code = -1;  // exit status, 128 + signal, -1 not started
  std::string out, err;
};
Outcome run_and_wait(const std::vector<std::string>& command);

// Waits for `holds`, at most `seconds`; whether it came.
bool await(double seconds, const std::function<bool()>& holds);

class LabRun {
 public:
  explicit LabRun(const std::string& yaml);
  ~LabRun();
  LabRun(const LabRun&) = delete;
  LabRun& operator=(const LabRun&) = delete;

  [[nodiscard]] const std::string& directory() const { return folder_.path(); }
  [[nodiscard]] Outcome lab(std::vector<std::string> words) const;
  [[nodiscard]] nlohmann::json status() const;
  [[nodiscard]] std::vector<std::string> ssh_command(const std::string& host,
                                                     const std::string& command) const;
  [[nodiscard]] Outcome ssh(const std::string& host, const std::string& command) const;
  [[nodiscard]] std::string record() const;

 private:
  test::TemporaryFolder folder_;
};

}  // namespace pcb::lab
