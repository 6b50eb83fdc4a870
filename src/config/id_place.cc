#include "config/id_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"
#include "config/error.h"
#include "config/nearest.h"
#include "config/text_rules.h"

namespace pinion::config {
namespace {

constexpr std::size_t kLongestIdName = 64;

// In the order of IdSource.
constexpr std::string_view kIdSources[] = {"connect", "query", "header", "cookie", "json"};

std::unexpected<std::string> no_place(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format("{} {}", in_quotes(text), why));
}

std::unexpected<std::string> unknown_source(std::string_view text, std::string_view source) {
  std::string why = fmt::format("begins with {}, which is unknown", in_quotes(source));
  if (const auto meant = nearest(source, kIdSources))
    why += fmt::format(" (did you mean \"{}\"?)", *meant);
  return no_place(text, why);
}

bool is_visible(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; }

}  // namespace

std::expected<IdPlace, std::string> parse_id_place(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return no_place(text, "does not say where the id stands");
  const auto source = text.substr(0, colon);
  const auto name = text.substr(colon + 1);
  const auto* const found = std::ranges::find(kIdSources, source);
  if (found == std::end(kIdSources)) return unknown_source(text, source);
  IdPlace place{.source = static_cast<IdSource>(found - std::begin(kIdSources)),
                .name = std::string(name)};
  if (name.empty()) return no_place(text, "has no name behind its ':'");
  if (name.size() > kLongestIdName) {
    return no_place(
        text, fmt::format("has a name of {} bytes, {} are possible", name.size(), kLongestIdName));
  }
  if (place.source == IdSource::header || place.source == IdSource::cookie) {
    if (const auto token = canonical_text(Type::cookie_name, name); !token)
      return std::unexpected(fmt::format("the name {}", token.error()));
  } else if (!std::ranges::all_of(name, is_visible)) {
    return no_place(text, "has a space or a control character in its name");
  }
  if (place.source == IdSource::header) place.name = to_lower(name);
  return place;
}

std::string to_text(const IdPlace& place) {
  return fmt::format("{}:{}", kIdSources[static_cast<std::size_t>(place.source)], place.name);
}

}  // namespace pinion::config
