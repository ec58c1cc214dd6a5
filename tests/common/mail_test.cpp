#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base64.h"
#include "common/mail/message.h"
#include "common/text.h"

namespace pcb::mail {
namespace {

Message message() {
  Message made;
  made.from = "balancer@example.org";
  made.to = {"a@example.org", "b@example.org"};
  made.subject = "plain";
  made.text = "one\ntwo";
  made.id = "balancer/lab/k 1";
  made.at = 1795365810;
  return made;
}

std::string header(const std::string& bytes, const std::string& name) {
  const std::size_t at = bytes.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "absent";
  const std::size_t begin = at + 4 + name.size();
  std::size_t end = bytes.find("\r\n", begin);
  while (bytes[end + 2] == ' ') end = bytes.find("\r\n", end + 2);
  return bytes.substr(begin, end - begin);
}

std::string body(const std::string& bytes) {
  std::string digits;
  for (const char c : bytes.substr(bytes.find("\r\n\r\n") + 4))
    if (c != '\r' && c != '\n') digits += c;
  return base64_decode(digits).value_or("no base64");
}

TEST(MailMessage, HasWhatAMailProgramNeeds) {
  const std::string bytes = to_rfc5322(message());
  EXPECT_TRUE(bytes.starts_with("Date: Sun, 22 Nov 2026 16:43:30 +0000\r\n")) << bytes;
  EXPECT_EQ(header(bytes, "From"), "balancer@example.org");
  EXPECT_EQ(header(bytes, "To"), "a@example.org,\r\n b@example.org");
  EXPECT_EQ(header(bytes, "Subject"), "plain");
  EXPECT_EQ(header(bytes, "Message-ID"), "<balancer%2flab%2fk%201@example.org>");
  EXPECT_EQ(header(bytes, "Importance"), "absent");
  EXPECT_EQ(body(bytes), "one\r\ntwo\r\n");
}

TEST(MailMessage, ASubjectCannotBecomeAHeader) {
  for (const char* subject :
       {"x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "Größe \xff", "=?UTF-8?B?QQ==?= forged"}) {
    Message made = message();
    made.subject = subject;
    const std::string bytes = to_rfc5322(made);
    EXPECT_EQ(header(bytes, "Bcc"), "absent") << bytes;
    const std::string encoded = header(bytes, "Subject");
    ASSERT_TRUE(encoded.starts_with("=?UTF-8?B?")) << encoded;
    EXPECT_EQ(base64_decode(encoded.substr(10, encoded.size() - 12)), text::valid_utf8(subject));
  }
}

TEST(MailMessage, LongLinesAreFoldedBetweenCharacters) {
  Message made = message();
  for (int i = 0; i < 100; ++i) made.subject += "ü€";
  made.text = std::string(10'000, 'x');
  const std::string bytes = to_rfc5322(made);
  for (const std::string_view line : text::split_lines(bytes)) EXPECT_LE(line.size(), 78U) << line;
  std::string whole;
  const std::string folded = header(bytes, "Subject");
  for (const std::string_view word : text::split_words(folded)) {
    const std::string_view trimmed = text::trim(word);
    const auto piece = base64_decode(trimmed.substr(10, trimmed.size() - 12));
    ASSERT_TRUE(piece.has_value()) << trimmed;
    EXPECT_TRUE(text::is_utf8(*piece));
    whole += *piece;
  }
  EXPECT_EQ(whole, made.subject);
}

}  // namespace
}  // namespace pcb::mail
