// The head of a request, judged: how its body is framed, and its path and query decoded.
//
// Pure. What is ambiguous is refused, because a proxy in front may read it otherwise (request smuggling):
// both Content-Length and Transfer-Encoding, several lengths, anything but plain digits, any coding but
// "chunked". Sources: RFC 9112 chapter 6.3, RFC 3986. Tested by tests/common/http_head_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pcb::http {

struct Framing {
  int refused_status = 0;  // 0: fine; else 400 or 501
  bool chunked = false;
  std::uint64_t length = 0;  // when not chunked
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;  // names in lower case

Framing read_framing(const HeaderList& headers);

// %XX decoded; nothing when a % is not followed by two digits or a byte is 0. plus_is_blank as in queries.
std::optional<std::string> percent_decode(std::string_view raw, bool plus_is_blank);

std::optional<std::multimap<std::string, std::string>> read_query(std::string_view raw);

}  // namespace pcb::http
