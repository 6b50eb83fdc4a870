#include "log/escape.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace pinion::log {
namespace {

struct Point {
  std::uint32_t code = 0;
  std::size_t size = 0;  // bytes; 0: the first byte begins no valid sequence
};

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// The code point at the front (RFC 3629): no overlong forms, no surrogates, at most U+10FFFF.
Point first_point(std::string_view text) noexcept {
  struct Form {
    std::uint32_t mask, lead, least;
  };
  constexpr Form kForms[] = {
      {0x80, 0x00, 0x0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
  const auto lead = static_cast<unsigned char>(text.front());
  for (std::size_t more = 0; more < std::size(kForms); ++more) {
    const Form& form = kForms[more];
    if ((lead & form.mask) != form.lead) continue;
    if (text.size() <= more) return {};
    std::uint32_t code = lead & ~form.mask;
    for (std::size_t i = 1; i <= more; ++i) {
      if (!is_continuation(text[i])) return {};
      code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < form.least || surrogate || code > 0x10FFFF) return {};
    return {code, more + 1};
  }
  return {};
}

/// Controls, and the two separators that some viewers take for a line's end.
bool needs_escape(std::uint32_t code) noexcept {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

/// The letter of a two-character escape, or 0.
char short_escape(std::uint32_t code) noexcept {
  switch (code) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

enum class Dialect : unsigned char { json, text };

void append_escaped(std::string& out, std::string_view text, Dialect dialect, bool quoted) {
  while (!text.empty()) {
    const Point point = first_point(text);
    if (point.size == 0) {
      if (dialect == Dialect::json) {
        out += "\xEF\xBF\xBD";
      } else {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}",
                       static_cast<unsigned char>(text.front()));
      }
      text.remove_prefix(1);
      continue;
    }
    if (const char letter = short_escape(point.code); letter != 0) {
      out += '\\';
      out += letter;
    } else if (point.code == '"' && quoted) {
      out += "\\\"";
    } else if (needs_escape(point.code)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", point.code);
    } else {
      out += text.substr(0, point.size);
    }
    text.remove_prefix(point.size);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, Dialect::json, true);
  out += '"';
}

void append_printable(std::string& out, std::string_view text) {
  append_escaped(out, text, Dialect::text, false);
}

void append_text_value(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(" \"=") == std::string_view::npos) {
    append_printable(out, text);
    return;
  }
  out += '"';
  append_escaped(out, text, Dialect::text, true);
  out += '"';
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

}  // namespace pinion::log
