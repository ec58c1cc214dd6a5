#include "common/text.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/cores.h"

namespace pcb::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, Splits) {
  EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split("a,", ','), ElementsAre("a", ""));
  EXPECT_THAT(split_words("  a \t b"), ElementsAre("a", "b"));
  EXPECT_THAT(split_words(" \t"), IsEmpty());
  EXPECT_THAT(split_lines("a\r\n\nb"), ElementsAre("a", "", "b"));
  EXPECT_THAT(split_lines("a\n"), ElementsAre("a"));
  EXPECT_THAT(split_lines(""), IsEmpty());
  EXPECT_EQ(line_behind("ab 1\na 2\r\na 3", "a "), "2");
  EXPECT_EQ(line_behind("b\na", "a"), "");
  EXPECT_EQ(line_behind("ba 1\n", "a "), std::nullopt);
  EXPECT_EQ(line_behind("", "a"), std::nullopt);
  EXPECT_EQ(trim(" \r\n a b\t"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(to_lower("AbÄ"), "abÄ");
  EXPECT_TRUE(equal_ignoring_case("GZip", "gzIP"));
  EXPECT_FALSE(equal_ignoring_case("gzip", "gzi"));
}

TEST(Text, NumbersAreStrict) {
  EXPECT_EQ(to_int64("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(to_uint64("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(to_double("1.5e3"), 1500.0);
  for (const char* wrong : {"", " 1", "1 ", "+1", "0x10", "1a", "9223372036854775808", "1.0", "1e3", "--1"})
    EXPECT_EQ(to_int64(wrong), std::nullopt) << wrong;
  EXPECT_EQ(to_uint64("-1"), std::nullopt);
  for (const char* wrong : {"", " 1", "1 ", "+1", "0x10", "nan", "inf", "-inf", "1e999", "1,5", "1.5.5"})
    EXPECT_EQ(to_double(wrong), std::nullopt) << wrong;
}

TEST(Text, MalformedUtf8TakesItsMaximalSubpart) {
  // The table of The Unicode Standard, chapter 3.9.
  const std::string r = "\ufffd";
  EXPECT_EQ(valid_utf8("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
            "a" + r + r + r + "b" + r + "c" + r + r + "d");
  EXPECT_EQ(valid_utf8("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(valid_utf8("\xed\xa0\x80\xed\xbf\xbf"), r + r + r + r + r + r);  // surrogates
  EXPECT_EQ(valid_utf8("\xf4\x91\x92\x93\xff\x41"), r + r + r + r + r + "A");
  EXPECT_EQ(valid_utf8("é€\U0001F600"), "é€\U0001F600");
}

TEST(Text, SanitisersGiveHarmlessUtf8ForAnyBytes) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> byte(0, 255);
  std::uniform_int_distribution<int> size(0, 40);
  for (int round = 0; round < 20000; ++round) {
    std::string hostile(static_cast<std::size_t>(size(random)), '\0');
    for (char& c : hostile) c = static_cast<char>(byte(random) | (round % 2 == 0 ? 0x80 : 0));
    const std::string valid = valid_utf8(hostile);
    ASSERT_TRUE(is_utf8(valid));
    ASSERT_EQ(valid_utf8(valid), valid);
    ASSERT_EQ(is_utf8(hostile), valid == hostile);
    for (const std::string& shown : {printable(hostile), json_escape(hostile)}) {
      ASSERT_TRUE(is_utf8(shown));
      for (const char c : shown) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
    }
    const std::string html = html_escape(hostile);
    ASSERT_TRUE(is_utf8(html));
    ASSERT_EQ(html.find_first_of("<>\"'"), std::string::npos);
    ASSERT_LE(shortened(hostile, 10).size(), 10U);
    ASSERT_TRUE(is_utf8(shortened(hostile, 10)));
  }
}

TEST(Text, Escapes) {
  EXPECT_EQ(printable("a\n\x1b[1m\\x \xff\u202e"), "a\\n\\x1b[1m\\\\x \\xff\\u{202e}");
  EXPECT_EQ(json_escape("\"\\\n\t\x01\u2028"), "\\\"\\\\\\n\\u0009\\u0001\\u2028");
  EXPECT_EQ(html_escape("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(url_encode("a b/ü~"), "a%20b%2f%c3%bc~");
  EXPECT_EQ(shortened("äöü", 5), "ä…");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 2), "");
}

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(3.1 * 1024 * 1024 * 1024), "3.1 GiB");
  EXPECT_EQ(human_bytes(1024.0 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(-2048), "-2.0 KiB");
  EXPECT_EQ(human_bytes(std::nan("")), "unknown");
  EXPECT_EQ(human_cores(1), "1 core");
  EXPECT_EQ(human_cores(0.9951), "1 core");
  EXPECT_EQ(human_cores(0), "0 cores");
  EXPECT_EQ(human_cores(2.817), "2.82 cores");
  EXPECT_EQ(human_duration(0.85), "850 ms");
  EXPECT_EQ(human_duration(1.5), "1.5 s");
  EXPECT_EQ(human_duration(12), "12 s");
  EXPECT_EQ(human_duration(59.7), "1 min");
  EXPECT_EQ(human_duration(119.7), "2 min");
  EXPECT_EQ(human_duration(200), "3 min 20 s");
  EXPECT_EQ(human_duration(3599.6), "1 h");
  EXPECT_EQ(human_duration(7500), "2 h 5 min");
  EXPECT_EQ(human_duration(4 * 86400 + 3 * 3600), "4 d 3 h");
  EXPECT_EQ(human_duration(-90), "-1 min 30 s");
  EXPECT_EQ(human_duration(HUGE_VAL), "forever");
  EXPECT_EQ(human_duration(std::nan("")), "unknown");
  EXPECT_EQ(counted(0, "host") + ", " + counted(1, "host") + ", " + counted(2, "other member"),
            "0 hosts, 1 host, 2 other members");
  EXPECT_EQ(percent(0.1234), "12.3 %");
  EXPECT_EQ(percent(std::nan("")), "unknown");
}

}  // namespace
}  // namespace pcb::text
