// Small pieces of a head being written.
//
// Threads: one worker's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/head.h"

namespace pinion::http {

inline void write_field(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t before = out.size();
  const std::size_t after = before + name.size() + value.size() + 4;
  // In one piece, since four times append() are four times as much; and not with
  // std::ranges::copy(), which goes byte by byte.
  out.resize_and_overwrite(after, [&](char* text, std::size_t /*maybe more*/) {
    char* at = std::copy(name.begin(), name.end(), text + before);
    *at++ = ':';
    *at++ = ' ';
    at = std::copy(value.begin(), value.end(), at);
    *at++ = '\r';
    *at = '\n';
    return after;
  });
}

void write_number(std::string& out, std::uint64_t number);

/// Writes the fields that say how the body is framed: in the place of the Content-Length that came,
/// if one did, else at the end.
class FramingFields {
 public:
  explicit FramingFields(Framing framing) noexcept : framing_(framing) {}

  /// Where the original head has a Content-Length. @param name in its own case
  void at_length_field(std::string& out, std::string_view name);
  /// At the end of the fields.
  void at_end(std::string& out);

 private:
  void write_length(std::string& out, std::string_view name);

  Framing framing_;
  bool written_ = false;
};

}  // namespace pinion::http
