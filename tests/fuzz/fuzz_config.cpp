// Any bytes as config.yaml: no crash, and no message with a secret in it or with anything but one line.
#include <cstdio>
#include <cstdlib>

#include "cluster/config_options.h"
#include "cluster/config_read.h"
#include "common/text.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size);

namespace {

pcb::Result<std::string> secret_of(const std::string& path) {
  if (path.size() % 2 == 0) return pcb::Error{"cannot read it"};
  return std::string("canary-of-a-file\n");
}

void expect(bool fine, const char* what) {
  if (fine) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check(const std::vector<pcb::ConfigFault>& faults) {
  for (const pcb::ConfigFault& fault : faults) {
    expect(fault.line >= 1 && fault.column >= 1, "a fault without a place");
    const std::string shown = fault.key + fault.message;
    expect(shown.find("canary-of-a-file") == std::string::npos, "a secret is shown");
    expect(shown.find('\n') == std::string::npos && pcb::text::is_utf8(shown),
           "a message that is not one line of text");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const pcb::ConfigReading reading = pcb::read_config(text, secret_of, "/run/credentials/x");
  check(reading.faults);
  check(reading.warnings);
  expect(pcb::config_changes(reading.config, reading.config).empty(), "a configuration differs from itself");
  return 0;
}
