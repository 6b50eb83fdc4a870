#include "http/write_field.h"

#include <charconv>
#include <iterator>
#include <limits>

namespace pinion::http {

void write_number(std::string& out, std::uint64_t number) {
  char digits[std::numeric_limits<std::uint64_t>::digits10 + 1];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, end);
}

void FramingFields::at_length_field(std::string& out, std::string_view name) {
  if (!written_ && framing_.kind == Framing::Kind::length) write_length(out, name);
}

void FramingFields::at_end(std::string& out) {
  if (framing_.kind == Framing::Kind::chunked) write_field(out, "Transfer-Encoding", "chunked");
  if (!written_ && framing_.kind == Framing::Kind::length) write_length(out, "Content-Length");
}

void FramingFields::write_length(std::string& out, std::string_view name) {
  out.append(name).append(": ");
  write_number(out, framing_.length);
  out.append("\r\n");
  written_ = true;
}

}  // namespace pinion::http
