#include "health/open_frame.h"

#include <doctest/doctest.h>

namespace pinion::health {

TEST_CASE("an open packet is known by its first bytes, however they come") {
  const std::string text =
      R"(0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000})";
  const std::string length(1, static_cast<char>(text.size()));
  const std::string longer = std::string("\x7e\x01\x00", 3) + text;
  const std::string longest = std::string("\x7f\0\0\0\0\0\x01\0\0", 9) + text;
  for (const std::string& frame : {length + text, longer, longest}) {
    const std::string bytes = '\x81' + frame;
    const std::size_t enough = bytes.find("0{") + 2;
    for (std::size_t i = 0; i <= bytes.size(); ++i) {
      CAPTURE(i);
      CHECK(read_open_frame(bytes.substr(0, i)) ==
            (i < enough ? OpenFrame::need_more : OpenFrame::open));
    }
  }
}

TEST_CASE("anything else is no open packet") {
  for (const char* const bytes : {"\x82\x02"
                                  "0{",
                                  "\x81\x02"
                                  "40",
                                  "\x81\x01"
                                  "0",
                                  "\x01\x02"
                                  "0{",
                                  "\x81\x82"
                                  "abcd",
                                  "\x88\x02\x03\xe8", "HTTP/1.1",
                                  "\xc1\x02"
                                  "0{"}) {
    CAPTURE(bytes);
    CHECK(read_open_frame(bytes) == OpenFrame::other);
  }
}

}  // namespace pinion::health
