// Pages and the landing page: rendered once, harmless whatever a host calls itself.
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/gzip.h"
#include "exporter/poller/landing.h"
#include "exporter/poller/pages.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

SharedCollected collected_with_host(const std::string& name) {
  auto collected = std::make_shared<Collected>();
  collected->snapshot.cluster = "homelab";
  collected->snapshot.taken_at = 1000;
  SnapshotHost host;
  host.document.name = name;
  host.up = true;
  host.last_success_at = 998;
  collected->snapshot.hosts.push_back(host);
  return collected;
}

TEST(Pages, AreRenderedOnceAndHandedOutToEveryone) {
  const Pages pages(collected_with_host("pve1"), {});
  std::vector<SharedText> got(8);
  std::vector<std::thread> threads;
  for (SharedText& slot : got) {
    threads.emplace_back([&] {
      bool compressed = false;
      slot = pages.get({Page::metrics}, true, compressed);
      EXPECT_TRUE(compressed);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const SharedText& text : got) EXPECT_EQ(text.get(), got[0].get());
  EXPECT_EQ(got[0]->substr(0, 2), "\x1f\x8b");
  bool compressed = true;
  EXPECT_THAT(*pages.get({Page::metrics}, false, compressed), HasSubstr("pve_up{id=\"node/pve1\"} 1"));
  EXPECT_FALSE(compressed);
  EXPECT_THAT(*pages.get({Page::openmetrics}, false, compressed), testing::EndsWith("# EOF\n"));
}

TEST(Pages, CompressTheSamePageWhetherItIsWholeInMemoryOrNot) {
  auto collected = *collected_with_host("pve1");
  for (int i = 0; i < 2000; ++i) {
    SnapshotHost host = collected.snapshot.hosts[0];
    host.document.name = "more" + std::to_string(i);
    host.document.cpu_cores = 8;  // without a size it would not stand in the document
    host.document.memory_bytes = 1e9;
    collected.snapshot.hosts.push_back(host);
  }
  const auto shared = std::make_shared<const Collected>(std::move(collected));
  for (const Page page : {Page::metrics, Page::openmetrics, Page::cluster}) {
    const Pages in_pieces(shared, {});
    const Pages whole(shared, {});
    bool compressed = false;
    const SharedText plain = whole.get({page}, false, compressed);
    EXPECT_GT(plain->size(), 100000U) << "too small for more than one piece";
    EXPECT_EQ(*http::gzip(*plain, 1), *whole.get({page}, true, compressed));
    // Where the pieces end changes nothing: deflate sees one stream.
    EXPECT_EQ(*in_pieces.get({page}, true, compressed), *whole.get({page}, true, compressed));
  }
}

TEST(Publisher, ShowsTheNewestRoundAndNothingBeforeTheFirst) {
  Publisher publisher({});
  EXPECT_EQ(publisher.current(), nullptr);
  const auto wait_for = [&](const std::string& name) {
    std::shared_ptr<const Pages> pages;
    const auto shown = [&] {
      pages = publisher.current();
      return pages && pages->collected().snapshot.hosts[0].document.name == name;
    };
    return test::wait_until(shown) ? pages : nullptr;
  };
  publisher.publish(collected_with_host("one"));
  const auto first = wait_for("one");
  ASSERT_TRUE(first);
  publisher.publish(collected_with_host("two"));
  ASSERT_TRUE(wait_for("two"));
  EXPECT_EQ(first->collected().snapshot.hosts[0].document.name, "one");  // what a reader holds stays as it is
}

TEST(Landing, SaysHowEachHostIs) {
  auto collected = *collected_with_host("pve1");
  SnapshotHost down;
  down.document.name = "pve2";
  down.failure = FailureReason::host_key_changed;
  down.failure_detail = "the host key has changed";
  collected.snapshot.hosts.push_back(down);
  const std::string page = render_landing(&collected.snapshot, "1.2.3", 1000);
  EXPECT_THAT(page, AllOf(HasSubstr("Hosts of homelab"), HasSubstr(">pve1<"), HasSubstr(">2.0 s<"),
                          HasSubstr("1.2.3")));
  EXPECT_THAT(page, AllOf(HasSubstr("host_key_changed: the host key has changed"), HasSubstr(">never<")));
  EXPECT_THAT(render_landing(nullptr, "1.2.3", 1000), HasSubstr("for the first time"));
}

TEST(Landing, ShowsHostileWordsAsText) {
  auto collected = *collected_with_host("<script>alert(1)</script>");
  collected.snapshot.cluster = "\"><img src=x onerror=alert(1)>";
  collected.snapshot.warnings = {"<b>\xff</b>"};
  collected.snapshot.hosts[0].failure = FailureReason::auth;
  collected.snapshot.hosts[0].failure_detail = "' onmouseover='x";
  const std::string page = render_landing(&collected.snapshot, "1", 1000);
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script>")), Not(HasSubstr("<img")), Not(HasSubstr("<b>"))));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("' onmouseover")), HasSubstr("&lt;script&gt;")));
}

}  // namespace
}  // namespace pcb
