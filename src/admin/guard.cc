#include "admin/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstddef>
#include <utility>

#include "base/ascii.h"

namespace pinion::admin {
namespace {

using metrics::AdminRefusal;

bool is_ip_literal(const std::string& host) {
  in6_addr address{};  // room for either family
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// Where only this machine reaches, a name that is re-bound to it does too.
bool is_loopback(const std::string& host) {
  return iequals(host, "localhost") || host == "::1" ||
         (host.starts_with("127.") && is_ip_literal(host));
}

/// The host of `host[:port]`, without brackets; empty when it is malformed (RFC 3986, 3.2.2).
std::string host_of(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return {};
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty() && (!port.starts_with(':') ||
                        port.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
    return {};
  }
  return std::string(host);
}

/// Whether an Origin (RFC 6454, 7) names this very endpoint. Behind a proxy that does TLS the
/// browser's scheme is https though ours is not.
bool same_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return iequals(origin.substr(scheme.size()), host);
  }
  return false;
}

/// The code of the answer is the word of the metric.
Refusal refusal(AdminRefusal reason, int status, std::string_view message) {
  return {.reason = reason, .answer = error_answer(status, metrics::to_string(reason), message)};
}

}  // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  volatile unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference = static_cast<unsigned char>(difference | (a[i] ^ other));
  }
  return difference == 0;
}

Guard::Guard(std::string token, std::string listen_host) noexcept
    : token_(std::move(token)),
      listen_host_(std::move(listen_host)),
      any_host_(listen_host_.empty() || (!token_.empty() && !is_loopback(listen_host_))) {}

bool Guard::knows_host(std::string_view host) const {
  if (host.empty()) return true;  // HTTP/1.0 may do without (RFC 9112, 3.2), browsers never do
  const std::string name = host_of(host);
  return iequals(name, "localhost") || iequals(name, listen_host_) || is_ip_literal(name);
}

std::optional<Refusal> Guard::refuse(const Request& request) const {
  if (any_host_ || knows_host(request.host) || shows_token(request)) return std::nullopt;
  return refusal(AdminRefusal::unknown_host, 403,
                 "the Host of the request is not one that this endpoint knows; use its IP address "
                 "or localhost, or send the token of [admin].token_file");
}

// No page has it: whoever does is the operator, or a proxy of his.
bool Guard::shows_token(const Request& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = request.authorization;
  return !token_.empty() && given.size() > kScheme.size() &&
         iequals(given.substr(0, kScheme.size()), kScheme) &&
         equal_in_constant_time(trim_ows(given.substr(kScheme.size())), token_);
}

std::optional<Refusal> Guard::refuse_change(const Request& request) const {
  if (!request.origin.empty() && !same_origin(request.origin, request.host)) {
    return refusal(AdminRefusal::cross_origin, 403,
                   "a page of another origin may not change anything");
  }
  if (token_.empty() || shows_token(request)) return std::nullopt;
  Refusal refused = refusal(AdminRefusal::unauthorized, 401,
                            "this needs the token of [admin].token_file: send it as "
                            "\"Authorization: Bearer ...\" (pinion: --token-file)");
  refused.answer.fields.emplace_back("www-authenticate", R"(Bearer realm="pinion")");
  return refused;
}

}  // namespace pinion::admin
