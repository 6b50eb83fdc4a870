#include "proxy/route_table.h"

#include "base/ascii.h"

namespace pinion::proxy {
namespace {

/// Without the port, and without the dot that ends a fully qualified name.
std::string_view name_of(std::string_view host) noexcept {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  host = host.substr(0, host.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

/// "*" is a question to the host as a whole (RFC 9110, 9.3.7).
bool has_path(const config::Route& route, std::string_view path) noexcept {
  return path == "*" ? route.path == "/" : path.starts_with(route.path);
}

}  // namespace

std::optional<PoolId> find_pool(const std::vector<config::Route>& routes, std::string_view host,
                                std::string_view path) noexcept {
  for (const config::Route& route : routes) {
    if (matches(route, host, path)) return static_cast<PoolId>(route.pool);
  }
  return std::nullopt;
}

bool matches(const config::Route& route, std::string_view host, std::string_view path) noexcept {
  const bool has_host = route.host.empty() || iequals(name_of(route.host), name_of(host));
  return has_host && has_path(route, path);
}

}  // namespace pinion::proxy
