#include "evaluator/cli/operator_token.h"

#include <filesystem>
#include <system_error>

#include "common/os/file.h"
#include "common/os/random.h"

namespace pcb {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr mode_t kOwnerOnly = 0600;

}  // namespace

std::string operator_token_path(const std::string& state_directory) {
  return state_directory + "/operator_token";
}

Result<std::string> keep_operator_token(const std::string& state_directory) {
  const std::string path = operator_token_path(state_directory);
  std::error_code fault;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, fault))) {
    const Status made = os::write_file_atomically(path, os::random_hex(kTokenBytes) + "\n", kOwnerOnly);
    if (!made) return made.error();
  }
  return os::read_secret_file(path);
}

}  // namespace pcb
