#include "http/chars.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::http {

TEST_CASE("long texts are judged like short ones, byte by byte") {
  for (const std::size_t size : {1U, 7U, 8U, 9U, 16U, 27U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        // One more odd byte behind it, which must not matter.
        std::string text = std::string(size, 'a') + '\x01';
        text[at] = static_cast<char>(c);
        const bool same = span_of_text(text) == span_of(text, kTextChar) &&
                          span_of_target(text) == span_of(text, kTargetChar);
        if (!same) FAIL("byte ", c, " at ", at, " of ", size);
      }
    }
  }
}

}  // namespace pinion::http
