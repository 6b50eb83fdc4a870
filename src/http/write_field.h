// Small pieces of a head being written.
//
// Threads: one worker's.
#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"
#include "http/head.h"

namespace pinion::http {

inline bool is_named(const Field& field, std::string_view name) noexcept {
  return field.name.size() == name.size() && iequals(field.name, name);
}

inline void write_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
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
