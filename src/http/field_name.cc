#include "http/field_name.h"

#include <array>
#include <cstddef>
#include <iterator>

#include "base/ascii.h"

namespace pinion::http {
namespace {

struct Known {
  std::string_view text;  // in lower case
  FieldName name;
};

// The shorter ones first, so that a length leads to the few that have it.
constexpr Known kKnown[] = {
    {"te", FieldName::te},
    {"host", FieldName::host},
    {"accept", FieldName::accept},
    {"cookie", FieldName::cookie},
    {"expect", FieldName::expect},
    {"origin", FieldName::origin},
    {"trailer", FieldName::trailer},
    {"upgrade", FieldName::upgrade},
    {"forwarded", FieldName::forwarded},
    {"x-real-ip", FieldName::x_real_ip},
    {"connection", FieldName::connection},
    {"keep-alive", FieldName::keep_alive},
    {"set-cookie", FieldName::set_cookie},
    {"content-type", FieldName::content_type},
    {"authorization", FieldName::authorization},
    {"cache-control", FieldName::cache_control},
    {"content-length", FieldName::content_length},
    {"http2-settings", FieldName::http2_settings},
    {"accept-encoding", FieldName::accept_encoding},
    {"x-forwarded-for", FieldName::x_forwarded_for},
    {"content-encoding", FieldName::content_encoding},
    {"proxy-connection", FieldName::proxy_connection},
    {"x-forwarded-host", FieldName::x_forwarded_host},
    {"transfer-encoding", FieldName::transfer_encoding},
    {"x-forwarded-proto", FieldName::x_forwarded_proto},
};
constexpr std::size_t kLongest = std::rbegin(kKnown)->text.size();
constexpr std::string_view kForwardedPrefix = "x-forwarded-";
constexpr std::string_view kRealIp = "x-real-ip";
constexpr std::string_view kWebSocketPrefix = "sec-websocket-";

/// Where those of each length begin; one more tells where the longest end.
constexpr auto kFirstOfLength = [] {
  std::array<std::uint8_t, kLongest + 2> first{};
  std::size_t at = 0;
  for (std::size_t length = 0; length < first.size(); ++length) {
    while (at < std::size(kKnown) && kKnown[at].text.size() < length) ++at;
    first[length] = static_cast<std::uint8_t>(at);
  }
  return first;
}();

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return iequals(name.substr(0, prefix.size()), prefix);
}

/// As servers see names that make variables of them (RFC 3875, 4.1.18): X_Real_IP is X-Real-IP.
bool is_variable_of(std::string_view name, std::string_view known) noexcept {
  if (name.size() != known.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i] == '_' ? '-' : ascii_lower(name[i]);
    if (c != known[i]) return false;
  }
  return true;
}

bool tells_of_client(std::string_view name) noexcept {
  return is_variable_of(name.substr(0, kForwardedPrefix.size()), kForwardedPrefix) ||
         is_variable_of(name, kRealIp);
}

}  // namespace

FieldName field_name(std::string_view name) noexcept {
  if (name.empty()) return FieldName::other;
  const char first = ascii_lower(name.front());
  if (name.size() <= kLongest) {
    const std::size_t end = kFirstOfLength[name.size() + 1];
    for (std::size_t at = kFirstOfLength[name.size()]; at < end; ++at) {
      if (kKnown[at].text.front() == first && iequals(name, kKnown[at].text)) {
        return kKnown[at].name;
      }
    }
  }
  if (first == 'x' && tells_of_client(name)) {
    const bool is_variable = name.find('_') != std::string_view::npos;
    return is_variable ? FieldName::x_forwarded_variable : FieldName::x_forwarded;
  }
  if (first == 's' && has_prefix(name, kWebSocketPrefix)) return FieldName::sec_websocket;
  return FieldName::other;
}

}  // namespace pinion::http
