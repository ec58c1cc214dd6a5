// Any bytes as a cluster document: refused with a sentence, or written and read again without a difference.
#include <cstdio>
#include <cstdlib>

#include "cluster/document_json.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const pcb::Result<pcb::ReadCluster> reading = pcb::read_cluster(text);
  if (!reading.ok()) {
    if (reading.error().message.empty()) std::abort();
    return 0;
  }
  const std::string once = pcb::write_cluster(reading.value().cluster);
  const pcb::Result<pcb::ReadCluster> again = pcb::read_cluster(once);
  if (!again.ok() || pcb::write_cluster(again.value().cluster) != once) {
    std::fprintf(stderr, "%s\n%s\n", once.c_str(), again.ok() ? "differs" : again.error().message.c_str());
    std::abort();
  }
  return 0;
}
