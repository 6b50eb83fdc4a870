// What llhttp makes of a head: Node's parser is the judge of ours, which may refuse more, but reads
// nothing otherwise.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pinion::test {

struct LlhttpReading {
  bool accepted = false;
  std::string method;           // of a request
  std::string start_line_text;  // the target as it came, or the reason
  int status = 0;               // of a response
  int minor_version = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // with white space around values cut
};

/// @param head one whole head
LlhttpReading read_with_llhttp(std::string_view head, bool request);

}  // namespace pinion::test
