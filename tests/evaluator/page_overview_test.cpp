// The overview: hosts as bars with their guests, incidents, alerts, figures, messages.
#include "evaluator/page/host_bars.h"
#include "evaluator/page/overview.h"
#include "tests/evaluator/page_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

AlertRecord alert(const std::string& text, AlertStatus status = AlertStatus::firing) {
  AlertRecord record;
  record.alert.fingerprint = text;
  record.alert.status = status;
  record.alert.labels = {{"alertname", text}, {"id", text}};
  record.alert.annotations = {{"summary", text}};
  record.verdict.reason = text;
  return record;
}

struct Shown {
  explicit Shown(const std::string& text) : scene(text) {
    overview.view = &scene.view;
    overview.standing = &scene.standing;
    overview.alerts = {alert(text)};
    overview.figures = Figures{0.021, 1.16, 0.21, 0, {}};
    overview.now = 1000;
    DeliveryRecord delivery;
    delivery.notification.subject = delivery.sink = delivery.state = text;
    overview.messages = {delivery};
  }
  test::PageScene scene;
  Overview overview;
};

TEST(PageOverview, IsSoundAndAHostileNameAddsNoTagAndNoAttribute) {
  const Shown calm("calm");
  const std::string page = framed(calm.scene.frame, overview_html(calm.overview));
  test::expect_sound(page);
  for (const std::string& hostile : test::kHostile) {
    const Shown shown(hostile);
    EXPECT_EQ(test::shapes_of(framed(shown.scene.frame, overview_html(shown.overview))),
              test::shapes_of(page))
        << hostile;
  }
}

TEST(PageOverview, ShowsHostsGuestsFiguresIncidentsAlertsAndMessages) {
  const Shown shown("calm");
  EXPECT_THAT(
      overview_html(shown.overview),
      AllOf(HasSubstr("<strong class=\"bad\">87.5 %</strong>"), HasSubstr("over its limit"),
            HasSubstr("116.0 %"), HasSubstr("5.4 cores, 4.5 GiB"), HasSubstr("Hosts that are over a limit"),
            HasSubstr("1 move waits"), HasSubstr("The newest messages"), HasSubstr("16 guests run"),
            HasSubstr("measured 4 s before")));
}

TEST(PageOverview, TheWidthOfAPartIsTheLoadOfAGuestAndManySmallOnesAreOne) {
  const Shown shown("calm");
  const Cluster& cluster = *shown.scene.view.document;
  const std::string bar = host_bar(cluster, cluster.hosts[0], Resource::cpu);
  // 8 cores are 1000 wide: the host's own 0.6 cores, 12 guests of 0.4 cores, and the 4 others together.
  EXPECT_THAT(
      bar,
      AllOf(
          HasSubstr(
              "width=\"73.0\" height=\"24\" class=\"own over\"><title>the host itself: 0.6 cores</title>"),
          HasSubstr(
              "width=\"48.0\" height=\"24\" class=\"even over\"><title>calm101 (lxc/101): 0.4 cores</title>"),
          HasSubstr(
              "width=\"198.0\" height=\"24\" class=\"rest over\"><title>4 more guests: 1.6 cores</title>"),
          HasSubstr("x=\"798.0\" y=\"0\" width=\"4.0\""), HasSubstr("13 more</p>")));
  EXPECT_THAT(bar, Not(HasSubstr("calm113 (")));
}

TEST(PageOverview, WhatIsNotKnownIsSaidAndNotDrawnAsNothing) {
  Shown shown("calm");
  Cluster& cluster = *shown.scene.view.document;
  cluster.guests[3].cpu_used_cores.reset();
  EXPECT_THAT(host_bar(cluster, cluster.hosts[0], Resource::cpu), HasSubstr("Use not known: calm104"));
  EXPECT_THAT(host_bar(cluster, cluster.hosts[0], Resource::memory),
              AllOf(HasSubstr("not known"), Not(HasSubstr("<svg"))));
  shown.scene.view.document.reset();
  EXPECT_THAT(overview_html(shown.overview), HasSubstr("cluster document is not there"));
  EXPECT_THAT(overview_html({}),
              AllOf(HasSubstr("cluster document is not there"), HasSubstr("nothing needs to move")));
}

TEST(PageOverview, WhatIsNotListedIsCounted) {
  Shown shown("calm");
  EXPECT_THAT(overview_html(shown.overview), Not(HasSubstr("more: see")));
  for (int i = 1; i < 53; ++i) shown.overview.alerts.push_back(alert("alert " + std::to_string(i)));
  EXPECT_THAT(overview_html(shown.overview),
              HasSubstr("3 more: see <a href=\"/history?show=alerts\">History</a>."));
}

TEST(PageOverview, OfADocumentThatWasTakenLongAgoTheHostsWereMeasuredLongAgo) {
  Shown shown("calm");
  shown.scene.view.document->taken_at = 400;
  EXPECT_THAT(overview_html(shown.overview),
              AllOf(HasSubstr("measured <time data-since=\"396\""), HasSubstr(">10 min 4 s ago</time>")));
}

TEST(PageOverview, MaintenanceIsNoFault) {
  Shown shown("calm");
  shown.scene.view.document->hosts[0].state = HostState::maintenance;
  shown.scene.view.document->hosts[1].state = HostState::offline;
  EXPECT_THAT(overview_html(shown.overview), AllOf(HasSubstr("<span class=\"warn\">maintenance</span>"),
                                                   HasSubstr("<span class=\"bad\">offline</span>")));
}

TEST(PageOverview, OfEachAlertTheNewestWordCounts) {
  const auto named = [](const std::vector<AlertRecord>& alerts) {
    std::string names;
    for (const AlertRecord& record : firing(alerts)) names += record.alert.fingerprint;
    return names;
  };
  EXPECT_EQ(named({alert("a"), alert("b", AlertStatus::resolved), alert("b"), alert("c")}), "ac");
  AlertRecord beat = alert("beat");
  beat.verdict.use = AlertUse::heartbeat;
  EXPECT_EQ(named({beat}), "");
}

}  // namespace
}  // namespace pcb
