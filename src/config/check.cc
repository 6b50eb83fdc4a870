#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "config/address.h"
#include "config/check_affinity.h"
#include "config/check_health.h"
#include "config/check_routes.h"
#include "config/check_thresholds.h"
#include "config/key_text.h"
#include "config/token_file.h"
#include "config/units.h"

namespace pinion::config {
namespace {

bool is_set(const Address& address) { return !address.text.empty(); }

bool same_address(const Address& a, const Address& b) {
  return a.kind == b.kind && a.host == b.host && a.port == b.port;
}

std::string place(Position at) {
  return at.line == 0 ? std::string("the default") : fmt::format("line {}", at.line);
}

std::string taken(const Address& by, Position at) {
  return fmt::format("the address is taken already by \"{}\" ({}), each listener needs its own",
                     by.text, place(at));
}

void check_listeners(const Draft& draft, ErrorList& errors) {
  const auto& listen = draft.config.proxy.listen;
  for (std::size_t i = 0; i < listen.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!is_set(listen[i]) || !is_set(listen[j]) || !listeners_collide(listen[i], listen[j]))
        continue;
      errors.add(draft.listen[i], key_path(Section::proxy, "listen"),
                 taken(listen[j], draft.listen[j]));
      break;
    }
  }
  const auto& admin = draft.config.admin.listen;
  for (std::size_t i = 0; i < listen.size(); ++i) {
    if (!is_set(listen[i]) || !is_set(admin) || !listeners_collide(listen[i], admin)) continue;
    // The person is told about the line that is there; the other address may be a default.
    const bool admin_is_written = draft.admin_listen.line > 0;
    return admin_is_written ? errors.add(draft.admin_listen, key_path(Section::admin, "listen"),
                                         taken(listen[i], draft.listen[i]))
                            : errors.add(draft.listen[i], key_path(Section::proxy, "listen"),
                                         taken(admin, draft.admin_listen));
  }
}

void check_admin(const Draft& draft, ErrorList& errors) {
  const Admin& admin = draft.config.admin;
  if (!admin.token_file.empty()) {
    if (const auto token = read_token_file(admin.token_file); !token) {
      errors.add(draft.token_file, key_path(Section::admin, "token_file"),
                 fmt::format("{} {}", in_quotes(admin.token_file), token.error()));
    }
    return;
  }
  if (is_set(admin.listen) && !is_local(admin.listen)) {
    errors.add(
        draft.admin_listen, key_path(Section::admin, "listen"),
        fmt::format("other machines can reach \"{}\", so token_file must be set too; without a "
                    "token allowed: 127.0.0.1, [::1] or a unix socket",
                    admin.listen.text));
  }
}

void check_limits(const Draft& draft, ErrorList& errors) {
  const Limits& limits = draft.config.proxy.limits;
  // 0 stands for a limit that could not be read.
  if (limits.head != 0 && limits.url > limits.head) {
    errors.add(draft.url, key_path(Section::limits, "url"),
               fmt::format("{} is more than head, which is {} and holds the url too",
                           format_size(limits.url), format_size(limits.head)));
  }
  if (limits.buffered_total != 0 && limits.buffered_total < limits.buffered_per_session) {
    errors.add(
        draft.buffered_total, key_path(Section::limits, "buffered_total"),
        fmt::format("{} is less than buffered_per_session, which is {}",
                    format_size(limits.buffered_total), format_size(limits.buffered_per_session)));
  }
}

void check_duplicate(const Pool& pool, const PoolDraft& draft, std::size_t index,
                     ErrorList& errors) {
  const Backend& backend = pool.backends[index];
  const BackendDraft& places = draft.backends[index];
  for (std::size_t j = 0; j < index; ++j) {
    const Backend& other = pool.backends[j];
    if (is_set(backend.address) && same_address(backend.address, other.address)) {
      return errors.add(
          places.address, places.address_key,
          fmt::format("the pool has a backend at \"{}\" already ({}); to give it more "
                      "sessions set its weight",
                      other.address.text, place(draft.backends[j].address)));
    }
    if (backend.name == other.name && !backend.name.empty()) {
      return errors.add(places.name, places.name_key,
                        fmt::format("the pool has a backend named \"{}\" already ({})",
                                    backend.name, place(draft.backends[j].name)));
    }
  }
}

void check_loop(const Config& config, const Backend& backend, const BackendDraft& places,
                ErrorList& errors) {
  for (const Address& listener : config.proxy.listen) {
    if (!is_set(backend.address) || !is_set(listener) || !leads_to(backend.address, listener))
      continue;
    return errors.add(
        places.address, places.address_key,
        fmt::format("\"{}\" is pinion's own listener \"{}\", so that requests would go "
                    "round in circles",
                    backend.address.text, listener.text));
  }
}

void check_pools(Draft& draft, ErrorList& errors) {
  auto& pools = draft.config.pools;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const auto first = std::find_if(pools.begin(), pools.end(),
                                    [&](const Pool& pool) { return pool.name == pools[i].name; });
    const auto first_index = static_cast<std::size_t>(first - pools.begin());
    if (first_index != i && !pools[i].name.empty()) {
      errors.add(draft.pools[i].name, key_path(Section::pool, "name"),
                 fmt::format("there is a pool \"{}\" already ({}), each needs its own name",
                             pools[i].name, place(draft.pools[first_index].name)));
    }
    if (pools[i].backends.empty() && draft.pools[i].understood) {
      errors.add(
          draft.pools[i].at, key_path(Section::pool, "backends"),
          "the pool has none, add backends = [\"HOST:PORT\"] or a [[pool.backend]] below it");
    }
    check_health(pools[i], draft.pools[i].health, errors);
    check_thresholds(pools[i].thresholds, draft.pools[i].thresholds, errors);
    check_affinity(pools[i], draft.pools[i].affinity, errors);
    for (std::size_t j = 0; j < pools[i].backends.size(); ++j) {
      check_duplicate(pools[i], draft.pools[i], j, errors);
      check_loop(draft.config, pools[i].backends[j], draft.pools[i].backends[j], errors);
    }
  }
}

}  // namespace

void check(Draft& draft, ErrorList& errors) {
  check_listeners(draft, errors);
  check_admin(draft, errors);
  check_limits(draft, errors);
  check_pools(draft, errors);
  check_routes(draft, errors);
}

}  // namespace pinion::config
