#include "cluster/config_values.h"

#include <gtest/gtest.h>

namespace pcb {
namespace {

template <class T>
std::string parsed(const OptionNote& note, std::string_view text) {
  T value{};
  const Status status = parse_value(note, text, value);
  return status.ok() ? "=" + write_value(note, value) : status.error().message;
}

TEST(ConfigValues, DurationsSizesAndRatesRoundTrip) {
  const OptionNote duration{.kind = OptionKind::duration};
  for (const char* text : {"0", "1ms", "500ms", "30s", "90s", "5m", "6h", "1d", "30d"}) {
    EXPECT_EQ(parsed<Seconds>(duration, text), "=" + std::string(text));
  }
  EXPECT_EQ(parsed<Seconds>(duration, "1.5h"), "=90m");
  EXPECT_EQ(parsed<Seconds>(duration, "60s"), "=1m");
  const OptionNote size{.kind = OptionKind::size};
  for (const char* text : {"0", "1B", "512MiB", "4GiB", "2TiB", "1000B"}) {
    EXPECT_EQ(parsed<double>(size, text), "=" + std::string(text));
  }
  EXPECT_EQ(parsed<double>(size, "0.5GiB"), "=512MiB");
  const OptionNote rate{.kind = OptionKind::rate};
  EXPECT_EQ(parsed<double>(rate, "100MiB/s"), "=100MiB/s");
  EXPECT_EQ(parsed<double>(rate, "100MiB"), "=100MiB/s");
  const OptionNote percent{.kind = OptionKind::percent};
  for (const char* text : {"1.5", "72.5", "80", "99.99", "100"}) {
    EXPECT_EQ(parsed<double>(percent, text), "=" + std::string(text));
  }
}

TEST(ConfigValues, NumbersHaveOneForm) {
  const OptionNote number{.kind = OptionKind::number, .max = 100};
  EXPECT_EQ(parsed<int>(number, "0"), "=0");
  EXPECT_EQ(parsed<int>(number, "100"), "=100");
  for (const char* text :
       {"", "-1", "+1", "1.0", "01", "0x1", "1e1", " 1", "1 ", "101", "1,5", "99999999999999999999", "."}) {
    EXPECT_TRUE(parsed<int>(number, text).starts_with("found \"")) << text;
  }
  const OptionNote ratio{.kind = OptionKind::ratio, .max = 1};
  EXPECT_EQ(parsed<double>(ratio, "0.05"), "=0.05");
  EXPECT_EQ(parsed<double>(ratio, "90"),
            "found \"90\", allowed: a ratio, 0 to 1; this is a ratio: write 0.9");
  for (const char* text : {".5", "5.", "1.1.1", "nan", "inf", "1e-1"}) {
    EXPECT_TRUE(parsed<double>(ratio, text).starts_with("found \"")) << text;
  }
}

TEST(ConfigValues, NodeNamesAreThoseOfProxmox) {
  for (const char* name : {"pve", "pve-1", "P", "1", "a--b"}) EXPECT_TRUE(is_node_name(name)) << name;
  for (const char* name : {"", "-a", "a-", "a.b", "a_b", "a b", "a\n", "ä", "$(x)"})
    EXPECT_FALSE(is_node_name(name)) << name;
  EXPECT_TRUE(is_node_name(std::string(63, 'a')));
  EXPECT_FALSE(is_node_name(std::string(64, 'a')));
}

TEST(ConfigValues, GuestSelectorsAreIdsAndTags) {
  for (const char* text : {"lxc/100", "qemu/999999999", "tag:a", "tag:_x-1.2+3"})
    EXPECT_TRUE(is_guest_selector(text)) << text;
  for (const char* text : {"", "100", "tag:", "tag:-a", "tag:a b", "lxc/0", "lxc/1 ", "Tag:a", "tag:a;b"}) {
    EXPECT_FALSE(is_guest_selector(text)) << text;
  }
}

TEST(ConfigValues, LoopbackIsWhatOnlyThisMachineReaches) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"})
    EXPECT_TRUE(is_loopback(text)) << text;
  for (const char* text :
       {"0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[::ffff:127.0.0.1]:1", "127.example.org:1", ""}) {
    EXPECT_FALSE(is_loopback(text)) << text;
  }
}

TEST(ConfigValues, AddressesAreNamesAndIps) {
  const OptionNote address{.kind = OptionKind::address};
  for (const char* text : {"pve1", "pve1.example.org", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "1a.b"}) {
    EXPECT_EQ(parsed<std::string>(address, text), "=" + std::string(text));
  }
  for (const char* text : {"", "-x", "10.0.0", "a..b", "a.", "[::1]", "user@host", "a/b", "1.2.3.4.5"}) {
    EXPECT_TRUE(parsed<std::string>(address, text).starts_with("found \"")) << text;
  }
}

TEST(ConfigValues, TheNearestWordIsWhatWasMeant) {
  const std::vector<std::string> words = {"interval", "listen", "collectors"};
  EXPECT_EQ(nearest_word("intervall", words), "interval");
  EXPECT_EQ(nearest_word("lisetn", words), "listen");
  EXPECT_EQ(nearest_word("colour", words), std::nullopt);
  EXPECT_EQ(nearest_word("", words), std::nullopt);
  EXPECT_EQ(nearest_word(std::string(10000, 'x'), words), std::nullopt);
}

}  // namespace
}  // namespace pcb
