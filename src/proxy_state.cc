#include "proxy_state.h"

#include <utility>

#include "log_settings.h"
#include "max_connections.h"
#include "session/cookie_signer.h"

namespace pinion {

ProxyState::ProxyState(const config::Config& config, log::AccessLog access)
    : log({.level = level_of(config.log.level), .format = format_of(config.log.format)}),
      access_log(std::move(access)),
      budget(config.proxy.limits.buffered_total),
      ledger(registry,
             {.pins = config.proxy.limits.pins, .affinity_ids = config.proxy.limits.affinity_ids},
             log),
      news(log, ledger),
      shared{.registry = registry,
             .turns = turns,
             .admissions = admissions,
             .ledger = ledger,
             .news = news,
             .budget = budget,
             .log = log,
             .access_log = access_log,
             .max_connections = resolve_max_connections(config, log),
             .cookie_key = session::CookieSigner::make_key()} {
  grow(config.pools.size());
}

void ProxyState::grow(std::size_t pools) {
  turns.grow(pools);
  admissions.grow(pools);
}

}  // namespace pinion
