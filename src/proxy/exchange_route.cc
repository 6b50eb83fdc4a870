// Which pool an exchange belongs to, and what its request wants.
#include "proxy/exchange.h"
#include "proxy/route_table.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;

namespace {

// As every client of Engine.IO asks (engine.io-protocol, "HTTP long-polling").
bool looks_like_engineio(std::string_view query) noexcept {
  return query.find("EIO=") != std::string_view::npos &&
         query.find("transport=") != std::string_view::npos;
}

}  // namespace

void Exchange::route(const http::RequestHead& head) {
  const config::Config& config = worker_.config();
  facts_.pool = find_pool(config.routes, head.host, head.path());
  if (facts_.pool) {
    facts_.intent = engineio::classify(head, config.pools[*facts_.pool].socketio_path);
    facts_.on_engineio_path = facts_.intent.on_path;
    if (!facts_.on_engineio_path && looks_like_engineio(head.query())) {
      worker_.remarks().unpinned(*facts_.pool, head.path());
    }
  }
  if (config.former_routes.empty() || head.target.find("sid=") == std::string::npos) return;
  const auto known = [&](PoolId pool, const std::string& sid) {
    return !sid.empty() && worker_.shared().ledger.find({pool, sid}).has_value();
  };
  if (facts_.pool && known(*facts_.pool, facts_.intent.sid)) return;
  // A session is still found by the route that it was opened by, whatever was reloaded since.
  for (const config::Route& former : config.former_routes) {
    if (!matches(former, head.host, head.path())) continue;
    const auto pool = static_cast<PoolId>(former.pool);
    Intent intent = engineio::classify(head, config.pools[pool].socketio_path);
    if (!intent.on_path || !known(pool, intent.sid)) continue;
    facts_.pool = pool;
    facts_.on_engineio_path = true;
    facts_.intent = std::move(intent);
    return;
  }
}

}  // namespace pinion::proxy
