// Answers of hosts, whole: framing, every parser, the merge of two hosts, and all three renderings.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cluster/document_json.h"
#include "exporter/render.h"
#include "exporter/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pcb;
  constexpr std::string_view kNonce = "0123456789abcdef";
  std::string body;
  body.reserve(size);
  for (std::size_t i = 0; i < size; ++i) body += static_cast<char>(data[i]);
  const auto framed = [&](std::string_view sets, std::string_view files) {
    std::string text = "@@";
    text.append(kNonce).append(" begin 1\n==> pcb/host <==\nnode a\ncgroup v2\npve ok\nsets ").append(sets);
    text.append("\n\n").append(files).append("\n@@").append(kNonce).append(" end\n");
    return text;
  };
  (void)parse_answer(body, kNonce);
  (void)answer_complete(body, kNonce);

  HostTracker first("a"), second("b");
  const auto half = body.size() / 2;
  const auto everything = framed("host,guests,configs,cluster,rrd,df", body);
  (void)first.accept(everything, kNonce, 1000, 0.1);
  (void)second.accept(framed("host,guests,configs,cluster", std::string_view(body).substr(half)), kNonce,
                      1005, 0.1);
  (void)first.accept(everything, kNonce, 1010, 0.1);
  SnapshotSettings settings;
  settings.hosts.resize(2);
  settings.hosts[0].name = "a";
  settings.hosts[1].name = "b";
  const auto snapshot = build_snapshot({&first.report(), &second.report()}, settings, 1010);
  (void)render_metrics(snapshot, {});
  (void)render_text(snapshot, true);
  (void)write_cluster(anonymize(render_document(snapshot)));
  return 0;
}
