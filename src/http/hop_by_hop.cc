#include "http/hop_by_hop.h"

#include <algorithm>
#include <iterator>

#include "base/ascii.h"

namespace pinion::http {
namespace {

constexpr std::string_view kConnection = "Connection";
constexpr std::string_view kForwardedPrefix = "X-Forwarded-";
constexpr std::string_view kWebSocketPrefix = "Sec-WebSocket-";

// Trailer goes because trailers do; HTTP2-Settings because h2c is never passed on.
constexpr std::string_view kHopByHop[] = {
    kConnection, "Keep-Alive", "Proxy-Connection", "TE",
    "Trailer",   "Upgrade",    "HTTP2-Settings",   "Transfer-Encoding",
};

constexpr std::string_view kEndToEnd[] = {
    "Host",   "Content-Length", "Content-Type", "Content-Encoding", "Cache-Control", "Cookie",
    "Origin", "Authorization",  "Set-Cookie",   "Forwarded",        "X-Real-IP",     "Expect",
};

template <std::size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) noexcept {
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view known) {
    return known.size() == name.size() && iequals(known, name);
  });
}

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return iequals(name.substr(0, prefix.size()), prefix);
}

bool may_be_named(std::string_view name) noexcept {
  return !contains(kEndToEnd, name) && !is_x_forwarded(name) && !has_prefix(name, kWebSocketPrefix);
}

/// Whether a Connection value has an option that could be the name of a field.
bool names_a_field(std::string_view options) noexcept {
  while (const auto option = next_list_element(options)) {
    const bool plain =
        iequals(*option, "close") || iequals(*option, "keep-alive") || iequals(*option, "upgrade");
    if (!plain) return true;
  }
  return false;
}

}  // namespace

HopByHop::HopByHop(const Fields& fields) noexcept : fields_(fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    if (iequals(field.name, kConnection) && names_a_field(field.value)) names_fields_ = true;
  }
}

bool HopByHop::drops(std::string_view name) const noexcept {
  if (contains(kHopByHop, name)) return true;
  return names_fields_ && fields_.lists(kConnection, name) && may_be_named(name);
}

bool is_x_forwarded(std::string_view name) noexcept { return has_prefix(name, kForwardedPrefix); }

}  // namespace pinion::http
