#include "config/check_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "config/key_text.h"
#include "config/nearest.h"

namespace pinion::config {
namespace {

constexpr std::size_t kNoPool = static_cast<std::size_t>(-1);

/// Whether every request that matches `inner` also matches `outer`.
bool covers(const Route& outer, const Route& inner) {
  return (outer.host.empty() || outer.host == inner.host) && inner.path.starts_with(outer.path);
}

std::string shown(const Route& route) {
  return fmt::format("{}{}", route.host.empty() ? "any host, " : route.host, route.path);
}

std::string unknown_pool(const Config& config, const std::string& name) {
  std::vector<std::string_view> names;
  for (const Pool& pool : config.pools) {
    if (!pool.name.empty()) names.push_back(pool.name);
  }
  if (const auto meant = nearest(name, names)) {
    return fmt::format("there is no pool \"{}\", did you mean \"{}\"?", name, *meant);
  }
  return fmt::format("there is no pool \"{}\", allowed: {}", name, fmt::join(names, ", "));
}

void resolve_pools(Draft& draft, ErrorList& errors) {
  const auto& pools = draft.config.pools;
  const bool all_named =
      std::none_of(pools.begin(), pools.end(), [](const Pool& pool) { return pool.name.empty(); });
  for (std::size_t i = 0; i < draft.routes.size(); ++i) {
    const RouteDraft& route = draft.routes[i];
    const auto found = std::find_if(pools.begin(), pools.end(), [&](const Pool& pool) {
      return pool.name == route.pool_name && !pool.name.empty();
    });
    draft.config.routes[i].pool =
        found == pools.end() ? kNoPool : static_cast<std::size_t>(found - pools.begin());
    const bool certain = draft.pools_understood && all_named && !pools.empty();
    if (found == pools.end() && certain && !route.pool_name.empty()) {
      errors.add(route.pool, key_path(Section::route, "pool"),
                 unknown_pool(draft.config, route.pool_name));
    }
  }
}

void check_shadows(const Draft& draft, ErrorList& errors) {
  const auto& routes = draft.config.routes;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (routes[i].path.empty()) continue;
    const auto outer = std::find_if(
        routes.begin(), routes.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const Route& earlier) { return !earlier.path.empty() && covers(earlier, routes[i]); });
    if (outer == routes.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    const auto& at = draft.routes[static_cast<std::size_t>(outer - routes.begin())].at;
    errors.add(
        draft.routes[i].at, header(info(Section::route)),
        fmt::format("no request reaches this route ({}), the one in line {} ({}) takes all of "
                    "them first; put the narrower route above the broader one, or remove it",
                    shown(routes[i]), at.line, shown(*outer)));
  }
}

void check_pools_reached(const Draft& draft, ErrorList& errors) {
  const auto& config = draft.config;
  const bool every_route_leads_somewhere =
      std::none_of(config.routes.begin(), config.routes.end(),
                   [](const Route& route) { return route.pool == kNoPool; });
  // A route whose pool is unknown has an error already, and may be meant for any of them.
  if (!every_route_leads_somewhere) return;
  for (std::size_t i = 0; i < config.pools.size(); ++i) {
    const Pool& pool = config.pools[i];
    const bool reached =
        std::any_of(config.routes.begin(), config.routes.end(),
                    [&](const Route& route) { return config.pools[route.pool].name == pool.name; });
    if (!reached && !pool.name.empty()) {
      errors.add(
          draft.pools[i].name, key_path(Section::pool, "name"),
          fmt::format("no [[route]] leads to pool \"{0}\", add one with pool = \"{0}\", or remove "
                      "the pool",
                      pool.name));
    } else if (reached && draft.pools[i].socketio_path && !reaches_socketio(config, i)) {
      errors.add(
          *draft.pools[i].socketio_path, key_path(Section::pool, "socketio_path"),
          fmt::format("no [[route]] brings requests for {} to pool \"{}\", so no session could be "
                      "pinned; write the path with the route's own path in front",
                      pool.socketio_path, pool.name));
    }
  }
}

}  // namespace

bool reaches_socketio(const Config& config, std::size_t pool) {
  const std::string& path = config.pools[pool].socketio_path;
  if (path.empty()) return true;
  for (auto route = config.routes.begin(); route != config.routes.end(); ++route) {
    if (route->pool != pool) continue;
    if (route->path.starts_with(path)) return true;
    if (!path.starts_with(route->path)) continue;
    const Route socketio{route->host, path, pool};
    const bool taken_before = std::any_of(config.routes.begin(), route, [&](const Route& earlier) {
      return earlier.pool != pool && covers(earlier, socketio);
    });
    if (!taken_before) return true;
  }
  return false;
}

void check_routes(Draft& draft, ErrorList& errors) {
  constexpr Position kTop{1, 1};
  const auto& pools = draft.config.pools;
  if (pools.empty() && draft.pools_understood) {
    errors.add(
        kTop, header(info(Section::pool)),
        "is missing, add a [[pool]] with name = \"chat\" and backends = [\"127.0.0.1:3001\"]");
  }
  resolve_pools(draft, errors);
  check_shadows(draft, errors);
  if (!draft.routes.empty()) return check_pools_reached(draft, errors);
  if (draft.routes_understood) {
    const bool named = pools.size() == 1 && !pools[0].name.empty();
    errors.add(kTop, header(info(Section::route)),
               fmt::format(
                   "is missing, so that no request would be served; add a [[route]] with pool = {}",
                   named ? fmt::format("\"{}\" at the end of the file", pools[0].name)
                         : "\"NAME\" for each pool"));
  }
}

}  // namespace pinion::config
