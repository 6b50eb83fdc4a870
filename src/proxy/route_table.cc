#include "proxy/route_table.h"

#include "base/ascii.h"

namespace pinion::proxy {
namespace {

std::string_view without_port(std::string_view host) noexcept {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

}  // namespace

std::optional<PoolId> find_pool(const std::vector<config::Route>& routes, std::string_view host,
                                std::string_view path) noexcept {
  const std::string_view name = without_port(host);
  for (const config::Route& route : routes) {
    if (!route.host.empty() && !iequals(route.host, name)) continue;
    if (path.starts_with(route.path)) return static_cast<PoolId>(route.pool);
  }
  return std::nullopt;
}

}  // namespace pinion::proxy
