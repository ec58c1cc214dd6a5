#include "evaluator/decide/own_guests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const char* const kTable =
    "IP address       HW type     Flags       HW address            Mask     Device\n"
    "192.0.2.7        0x1         0x2         BC:24:11:00:00:07     *        eth0\n"
    "192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        eth0\n"
    "192.0.2.9        0x1         0x2         bc:24:11:00:00:09     *        eth0\n";

TEST(OwnGuests, NeighboursAreFoundByTheirAddress) {
  EXPECT_THAT(neighbour_macs(kTable, {"192.0.2.7", "192.0.2.8", "127.0.0.1"}),
              ElementsAre("bc:24:11:00:00:07"))
      << "192.0.2.8 has not answered, and of 127.0.0.1 there is none";
  EXPECT_THAT(neighbour_macs(kTable, {}), IsEmpty());
  EXPECT_THAT(neighbour_macs("", {"192.0.2.7"}), IsEmpty());
  EXPECT_THAT(neighbour_macs("192.0.2.7 0x1 0x2\n192.0.2.7 0x1 0x2 bc:24 * eth0\n", {"192.0.2.7"}),
              IsEmpty());
}

TEST(OwnGuests, GuestsAreFoundByAnyOfTheirCards) {
  Cluster cluster;
  for (const char* id : {"lxc/101", "lxc/102", "qemu/201"}) {
    cluster.guests.emplace_back();
    cluster.guests.back().id = id;
  }
  cluster.guests[0].macs = {"bc:24:11:00:00:01"};
  cluster.guests[2].macs = {"bc:24:11:00:00:02", "BC:24:11:00:00:03"};
  EXPECT_THAT(own_guests(cluster, {"bc:24:11:00:00:03"}), ElementsAre("qemu/201"));
  EXPECT_THAT(own_guests(cluster, {"bc:24:11:00:00:01", "bc:24:11:00:00:02"}),
              ElementsAre("lxc/101", "qemu/201"));
  EXPECT_THAT(own_guests(cluster, {"bc:24:11:00:00:04"}), IsEmpty());
  EXPECT_THAT(own_guests(cluster, {}), IsEmpty());
  cluster.guests[1].macs = {"", "00:00:00:00:00:00"};
  EXPECT_THAT(own_guests(cluster, {"", "00:00:00:00:00:00"}), IsEmpty()) << "no card has such an address";
}

}  // namespace
}  // namespace pcb
