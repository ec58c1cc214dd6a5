// known_hosts in all its forms, and the file on disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base64.h"
#include "common/ssh/encoding.h"
#include "common/ssh/known_hosts.h"
#include "common/ssh/known_hosts_file.h"
#include "tests/support/sshd.h"

namespace pcb::ssh {
namespace {

using test::read_text;
using test::TemporaryFolder;
using test::write_text;

std::string make_blob(std::string_view type, std::string_view rest) {
  std::string blob;
  append_string(blob, type);
  append_string(blob, rest);
  return blob;
}

const std::string kEd = make_blob("ssh-ed25519", "the right key");
const std::string kOtherEd = make_blob("ssh-ed25519", "another key");
const std::string kEcdsa = make_blob("ecdsa-sha2-nistp256", "an ecdsa key");

std::string line(const std::string& hosts, const std::string& blob) {
  return hosts + " " + key_type(blob) + " " + base64_encode(blob) + "\n";
}

KeyVerdict verdict(const std::string& text, const std::string& host = "pve1", int port = 22,
                   const std::string& blob = kEd) {
  return KnownHosts::parse(text).check(host, port, blob).verdict;
}

TEST(KnownHosts, TrustsAPlainName) {
  EXPECT_EQ(verdict(line("pve1", kEd)), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve2,PVE1,10.0.0.1", kEd)), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve1", kEd), "PVE1"), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve12", kEd)), KeyVerdict::unknown);
}

TEST(KnownHosts, KeepsPortsApart) {
  EXPECT_EQ(verdict(line("[pve1]:2222", kEd), "pve1", 2222), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("[pve1]:2222", kEd), "pve1", 22), KeyVerdict::unknown);
  EXPECT_EQ(verdict(line("pve1", kEd), "pve1", 2222), KeyVerdict::unknown);
}

TEST(KnownHosts, ReadsWhatSshKeygenHashed) {
  const TemporaryFolder folder;
  const std::string file = folder.file("known_hosts");
  test::make_key(folder.file("key"), "ed25519");
  const std::string public_key = read_text(folder.file("key.pub"));
  write_text(file, "pve1 " + public_key + "[fd00::5]:2222 " + public_key);
  test::run({"/usr/bin/ssh-keygen", "-q", "-H", "-f", file});
  const std::string hashed = read_text(file);
  ASSERT_THAT(hashed, testing::StartsWith("|1|"));
  const KnownHosts known = KnownHosts::parse(hashed);
  EXPECT_TRUE(known.faults().empty());
  EXPECT_THAT(known.key_types("pve1", 22), testing::ElementsAre("ssh-ed25519"));
  EXPECT_THAT(known.key_types("fd00::5", 2222), testing::ElementsAre("ssh-ed25519"));
  EXPECT_TRUE(known.key_types("pve2", 22).empty());
}

TEST(KnownHosts, FollowsPatternsAndTheirExceptions) {
  EXPECT_EQ(verdict(line("*.lan", kEd), "pve1.lan"), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve?", kEd)), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve*,!pve1", kEd)), KeyVerdict::unknown);
  EXPECT_EQ(verdict(line("!pve1,pve*", kEd)), KeyVerdict::unknown);
  EXPECT_EQ(verdict(line("pve*,!pve1", kEd), "pve2"), KeyVerdict::trusted);
}

TEST(KnownHosts, TellsAChangedKeyFromANewType) {
  EXPECT_EQ(verdict(line("pve1", kOtherEd)), KeyVerdict::changed);
  EXPECT_EQ(verdict(line("pve1", kEcdsa)), KeyVerdict::other_types_only);
  EXPECT_EQ(verdict(line("pve1", kOtherEd) + line("pve1", kEd)), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve1", kEd) + line("pve1", kOtherEd)), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve1", kEcdsa) + line("pve1", kOtherEd)), KeyVerdict::changed);
  EXPECT_EQ(KnownHosts::parse("# comment\n\n" + line("pve1", kOtherEd)).check("pve1", 22, kEd).line, 3);
}

TEST(KnownHosts, RefusesARevokedKeyWhateverElseTrustsIt) {
  EXPECT_EQ(verdict(line("pve1", kEd) + "@revoked " + line("*", kEd)), KeyVerdict::revoked);
  EXPECT_EQ(verdict("@revoked " + line("*", kEd) + line("pve1", kEd)), KeyVerdict::revoked);
  EXPECT_EQ(verdict(line("pve1", kEd) + "@revoked " + line("*", kOtherEd)), KeyVerdict::trusted);
  EXPECT_EQ(verdict(line("pve1", kEd) + "@revoked " + line("pve2", kEd)), KeyVerdict::trusted);
}

TEST(KnownHosts, NeverTakesACertificateAuthorityForAHostKey) {
  const std::string text = "@cert-authority " + line("*.lan", kEd);
  EXPECT_EQ(verdict(text, "pve1.lan"), KeyVerdict::unknown);
  EXPECT_TRUE(KnownHosts::parse(text).has_certificate_authority("pve1.lan", 22));
  EXPECT_FALSE(KnownHosts::parse(text).has_certificate_authority("pve1", 22));
}

TEST(KnownHosts, NamesLinesThatCannotBeReadAndTrustsNothingOnThem) {
  const std::string good = base64_encode(kEd);
  for (const std::string& bad : std::vector<std::string>{
           std::string("pve1"),
           std::string("pve1 ssh-ed25519"),
           "pve1 ssh-ed25519 " + good.substr(1),
           "pve1 ssh-ed25519 " + good + "=",
           "pve1 ecdsa-sha2-nistp256 " + good,
           "@wrong pve1 ssh-ed25519 " + good,
           "@revoked",
           "pve1 ssh-ed25519 !!!!",
           "pve1 ssh-ed25519 " + std::string(64 * 1024, 'A'),
           std::string("pve1 \0 x", 8),
           std::string("\xff\xfe pve1"),
       }) {
    const KnownHosts known = KnownHosts::parse(bad + "\n" + line("pve2", kEd));
    ASSERT_EQ(known.faults().size(), 1U) << bad.substr(0, 80);
    EXPECT_EQ(known.faults()[0].line, 1);
    EXPECT_EQ(known.check("pve1", 22, kEd).verdict, KeyVerdict::unknown);
    EXPECT_EQ(known.check("pve2", 22, kEd).verdict, KeyVerdict::trusted);
  }
}

TEST(KnownHosts, IsNotSlowedDownByAHostilePattern) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  EXPECT_EQ(verdict(line(pattern, kEd), std::string(255, 'a') + "b"), KeyVerdict::unknown);
}

TEST(KnownHostsFile, RecordsAKeyInAFileOfItsOwnerOnly) {
  const TemporaryFolder folder;
  const std::string file = folder.file("known_hosts");
  ASSERT_TRUE(record_host_key(file, "pve1", 22, kEd).ok());
  ASSERT_TRUE(record_host_key(file, "fd00::1", 2222, kEcdsa).ok());
  EXPECT_EQ(read_text(file), line("pve1", kEd) + line("[fd00::1]:2222", kEcdsa));
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(KnownHostsFile, EndsALastLineThatHasNoEnd) {
  const TemporaryFolder folder;
  const std::string file = folder.file("known_hosts");
  write_text(file, "# no end of line");
  ASSERT_TRUE(record_host_key(file, "pve1", 22, kEd).ok());
  EXPECT_EQ(read_text(file), "# no end of line\n" + line("pve1", kEd));
}

TEST(KnownHostsFile, ReplacesTheLinesOfOneHostAndKeepsTheRest) {
  const TemporaryFolder folder;
  const std::string file = folder.file("known_hosts");
  const std::string kept = "# mine\n" + line("pve2", kEd) + "@revoked " + line("pve1", kOtherEd);
  write_text(file, line("pve1", kEcdsa) + kept + line("pve1", kOtherEd));
  auto replaced = replace_host_key(file, "pve1", 22, kEd);
  ASSERT_TRUE(replaced.ok()) << replaced.error().message;
  EXPECT_EQ(*replaced, 2);
  EXPECT_EQ(read_text(file), kept + line("pve1", kEd));
}

// Root accepts a key by hand, and the service must still be able to read the file.
TEST(KnownHostsFile, KeepsModeAndOwnerWhenItIsRewritten) {
  const TemporaryFolder folder;
  const std::string file = folder.file("known_hosts");
  write_text(file, line("pve2", kEd), 0640);
  ASSERT_EQ(::chown(file.c_str(), 12345, 12346), 0) << "this test needs root";
  ASSERT_TRUE(replace_host_key(file, "pve1", 22, kEd).ok());
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_EQ(status.st_uid, 12345U);
  EXPECT_EQ(status.st_gid, 12346U);
}

TEST(KnownHostsFile, SaysWhatIsWrongWithAFileItCannotUse) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_known_hosts(folder.file("absent")).ok());
  EXPECT_FALSE(read_known_hosts(folder.path()).ok());
  auto recorded = record_host_key(folder.file("absent/known_hosts"), "pve1", 22, kEd);
  ASSERT_FALSE(recorded.ok());
  EXPECT_THAT(recorded.error().message, testing::HasSubstr("check that its folder exists"));
}

TEST(SshEncoding, GivesTheFingerprintThatSshKeygenPrints) {
  const TemporaryFolder folder;
  test::make_key(folder.file("key"), "ed25519");
  const std::string public_key = read_text(folder.file("key.pub"));
  const auto from = public_key.find(' ') + 1;
  const auto blob = base64_decode(public_key.substr(from, public_key.find(' ', from) - from));
  ASSERT_TRUE(blob.has_value());
  EXPECT_THAT(test::run({"/usr/bin/ssh-keygen", "-lf", folder.file("key.pub")}),
              testing::HasSubstr(" " + fingerprint(*blob) + " "));
}

TEST(SshEncoding, DecodesOnlyCanonicalBase64) {
  EXPECT_EQ(base64_decode("").value_or("?"), "");
  EXPECT_EQ(base64_decode("QQ==").value_or("?"), "A");
  EXPECT_EQ(base64_decode("QUI=").value_or("?"), "AB");
  EXPECT_EQ(base64_decode("QUJD").value_or("?"), "ABC");
  for (const char* bad : {"Q", "QQ", "QQ=", "QR==", "QUJ=", "Q===", "====", "QQ=A", "Q Q="}) {
    EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace pcb::ssh
