#include "config/text_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "config/address.h"
#include "config/error.h"

namespace pinion::config {
namespace {

using Text = std::expected<std::string, std::string>;

std::unexpected<std::string> wrong_text(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format("{} {}", in_quotes(text), why));
}

bool is_name_character(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

/// RFC 9110, 5.6.2: tchar.
bool is_token_character(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

Text name_of(std::string_view text, bool (*may_have)(char)) {
  const auto bad = std::find_if_not(text.begin(), text.end(), may_have);
  if (bad == text.end()) return std::string(text);
  // Not the byte itself: it may be half a character of a longer encoding.
  const bool printable = *bad >= 0x20 && *bad < 0x7f;
  return wrong_text(text, printable ? fmt::format("has a '{}' in it", *bad)
                                    : "has a character in it that a name cannot have");
}

Text host(std::string_view text) {
  if (text.find('*') != std::string_view::npos) {
    return wrong_text(text, "has a wildcard, which is not possible; leave host out to match any");
  }
  if (text.find('/') != std::string_view::npos) {
    return wrong_text(text, "is more than a host; what comes behind the host goes into path");
  }
  if (auto canonical = canonical_host(text)) {
    return text.starts_with('[') ? fmt::format("[{}]", *canonical) : *std::move(canonical);
  }
  const auto before_port = text.substr(0, text.rfind(':'));
  if (canonical_host(before_port)) {
    return wrong_text(text, fmt::format("has a port, write {}", in_quotes(before_port)));
  }
  return wrong_text(text, "is no host name");
}

Text url_path(std::string_view text) {
  const bool visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!visible)
    return wrong_text(text, "has a character in it that has to be percent-encoded in a URL");
  if (text.find_first_of("?#") != std::string_view::npos) {
    return wrong_text(text, "has a '?' or '#' in it, which end a path");
  }
  return std::string(text);
}

Text absolute_url_path(std::string_view text) {
  if (!text.starts_with('/')) {
    return wrong_text(
        text, fmt::format("does not begin with '/', write {}", in_quotes("/" + std::string(text))));
  }
  return url_path(text);
}

Text socketio_path(std::string_view text) {
  auto path = url_path(text);
  if (!path) return path;
  if (!path->starts_with('/')) path->insert(0, "/");
  if (!path->ends_with('/')) *path += '/';
  return path;
}

Text file_path(std::string_view text) {
  const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
  });
  if (!printable) return wrong_text(text, "has a control character in it");
  return std::string(text);
}

}  // namespace

std::expected<std::string, std::string> canonical_text(Type type, std::string_view text) {
  switch (type) {
    case Type::name:
      return name_of(text, is_name_character);
    case Type::cookie_name:
      return name_of(text, is_token_character);
    case Type::host:
      return host(text);
    case Type::url_path:
    case Type::path_ends:
      return absolute_url_path(text);
    case Type::socketio_path:
      return socketio_path(text);
    case Type::file_path:
      return file_path(text);
    default:
      return std::string(text);
  }
}

}  // namespace pinion::config
