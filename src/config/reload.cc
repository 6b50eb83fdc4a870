#include "config/reload.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/ids.h"
#include "config/address.h"
#include "config/check_affinity.h"
#include "config/check_health.h"
#include "config/check_routes.h"
#include "config/fields.h"
#include "config/key_table.h"
#include "config/key_text.h"
#include "config/units.h"
#include "config/value_text.h"

namespace pinion::config {
namespace {

/// Gathers what differs, section by section.
class Differences {
 public:
  explicit Differences(Reload& to) noexcept : to_(to) {}

  /// A section and those below it. Values that need a restart are set back to what they were.
  /// @param of which of several such sections, or empty
  template <class Struct>
  void compare_all(Section section, std::string_view of, const Struct& before, Struct& after) {
    compare(section, of, before, after);
    each_section(after, [&](Section below, auto& its) {
      each_section(before, [&](Section other, const auto& old) {
        if constexpr (std::is_same_v<std::decay_t<decltype(old)>, std::decay_t<decltype(its)>>) {
          if (below == other) compare(below, of, old, its);
        }
      });
    });
  }
  template <class Struct>
  void compare(Section section, std::string_view of, const Struct& before, Struct& after) {
    each_field(after, [&](std::string_view name, auto& value) {
      each_field(before, [&](std::string_view other, const auto& old) {
        if constexpr (std::is_same_v<std::decay_t<decltype(old)>, std::decay_t<decltype(value)>>) {
          if (name == other && old != value) differs(*find_key(section, name), of, old, value);
        }
      });
    });
  }
  void say(std::string change) { to_.changes.push_back(std::move(change)); }

 private:
  template <class Value>
  void differs(const Key& key, std::string_view of, const Value& old, Value& value) {
    auto& lines = key.restart ? to_.restarts : to_.changes;
    lines.push_back(fmt::format("{}{}: {} -> {}", of, key_path(key.section, key.name),
                                value_text(key, old), value_text(key, value)));
    if (key.restart) value = old;
  }

  Reload& to_;
};

Pool* find_pool(std::vector<Pool>& pools, std::string_view name) {
  const auto found = std::ranges::find(pools, name, &Pool::name);
  return found == pools.end() ? nullptr : &*found;
}

const Backend* find_same(const std::vector<Backend>& backends, const Backend& wanted) {
  const auto found = std::ranges::find_if(backends, [&](const Backend& each) {
    return each.name == wanted.name && each.address.same_place(wanted.address);
  });
  return found == backends.end() ? nullptr : &*found;
}

// Their sessions are told apart by the name, so the new one knows nothing of those that it has.
std::string former_name(const Pool& before, const Pool& after, const Backend& renamed) {
  const auto former = std::ranges::find_if(before.backends, [&](const Backend& each) {
    return each.address.same_place(renamed.address) && find_same(after.backends, each) == nullptr;
  });
  if (former == before.backends.end()) return {};
  return fmt::format(
      "; the sessions that it has got as {} stay under that name, and are not counted with its own",
      former->name);
}

void compare_backends(const Pool& before, Pool& after, Differences& differences) {
  for (Backend& backend : after.backends) {
    const std::string of = fmt::format("backend {}/{}", after.name, backend.name);
    if (const Backend* const old = find_same(before.backends, backend)) {
      differences.compare(Section::backend, of + ": ", *old, backend);
    } else {
      differences.say(fmt::format("{} is new, at {}{}", of, backend.address.text,
                                  former_name(before, after, backend)));
    }
  }
  for (const Backend& backend : before.backends) {
    if (find_same(after.backends, backend) != nullptr) continue;
    differences.say(fmt::format("backend {}/{} at {} is gone: it drains", after.name, backend.name,
                                backend.address.text));
  }
}

void compare_pools(const Pool& before, Pool& after, Differences& differences) {
  if (before.retired) differences.say(fmt::format("pool {} is back", after.name));
  differences.compare_all(Section::pool, fmt::format("pool {}: ", after.name), before, after);
  compare_backends(before, after, differences);
  const Affinity& affinity = after.affinity;
  if (affinity.cookie_key_file == before.affinity.cookie_key_file &&
      affinity.cookie_key != before.affinity.cookie_key) {
    differences.say(
        fmt::format("pool {}: {} holds another key: the cookies given out so far lead "
                    "nowhere any more",
                    after.name, affinity.cookie_key_file));
  }
}

void retire(Pool& pool, Differences& differences) {
  if (pool.retired) return;
  differences.say(fmt::format("pool {} is gone: its backends drain", pool.name));
  pool.retired = true;
  pool.backends.clear();
}

/// The running pools where they are, then those that are new.
std::vector<Pool> arrange(const std::vector<Pool>& running, std::vector<Pool> loaded,
                          Differences& differences) {
  std::vector<Pool> pools;
  for (const Pool& before : running) {
    if (Pool* const after = find_pool(loaded, before.name)) {
      compare_pools(before, *after, differences);
      pools.push_back(*after);
    } else {
      pools.push_back(before);
      retire(pools.back(), differences);
    }
  }
  for (Pool& pool : loaded) {
    if (find_pool(pools, pool.name) != nullptr) continue;
    differences.say(
        fmt::format("pool {} is new, with {} backends", pool.name, pool.backends.size()));
    pools.push_back(std::move(pool));
  }
  return pools;
}

void point_routes(std::vector<Route>& routes, const std::vector<Pool>& loaded,
                  const std::vector<Pool>& pools) {
  for (Route& route : routes) {
    const auto at = std::ranges::find(pools, loaded[route.pool].name, &Pool::name);
    route.pool = static_cast<std::size_t>(at - pools.begin());
  }
}

// @returns what the pool could not have without the socketio_path that waits for a restart, or
// nothing
std::string unfit_for_path(Pool pool) {
  ErrorList errors({});
  check_health(pool, {}, errors);
  AffinityDraft places;
  places.ids.resize(pool.affinity.ids.size());
  check_affinity(pool, places, errors);
  const std::vector<ConfigError> all = errors.take();
  return all.empty() ? std::string{} : all.front().key + " is wrong there: " + all.front().message;
}

// @param i which of the running pools, or of those that are new behind them
std::string contradiction_of_pool(const Config& running, const Config& next, std::size_t i) {
  const Pool& pool = next.pools[i];
  constexpr std::string_view kAdvice =
      "its socketio_path changes only by a restart: restart pinion, or leave it as it is";
  if (const std::string unfit = unfit_for_path(pool); !unfit.empty()) {
    return fmt::format("pool {} would still have socketio_path = \"{}\", and {}; {}", pool.name,
                       pool.socketio_path, unfit, kAdvice);
  }
  // What was so before is nothing that this change breaks.
  const bool known = i < running.pools.size();
  const bool reached = known && (running.pools[i].retired || reaches_socketio(running, i));
  if (!reached || reaches_socketio(next, i)) return {};
  return fmt::format(
      "pool {}: no route would bring requests for {} to it any more, and {}, and its "
      "routes too",
      pool.name, pool.socketio_path, kAdvice);
}

/// What was checked was the file as a whole; without what waits for a restart it may be wrong.
/// @returns why, or nothing
std::string contradiction_until_restart(const Config& running, const Config& next,
                                        const std::vector<Pool>& wanted) {
  const Limits& limits = next.proxy.limits;
  if (limits.buffered_total != 0 && limits.buffered_total < limits.buffered_per_session) {
    return fmt::format(
        "[proxy.limits].buffered_per_session would be {}, more than the buffered_total that runs, "
        "{}, which only a restart can change: restart pinion, or leave both as they are",
        format_size(limits.buffered_per_session), format_size(limits.buffered_total));
  }
  for (const Address& listen : next.proxy.listen) {
    if (!listeners_collide(listen, next.admin.listen)) continue;
    return fmt::format(
        "[proxy].listen: {} would take the place of {}, where pinion's own admin endpoint listens, "
        "which only a restart can move: restart pinion, or choose another address for one of them",
        listen.text, next.admin.listen.text);
  }
  for (std::size_t i = 0; i < next.pools.size(); ++i) {
    const auto file = std::ranges::find(wanted, next.pools[i].name, &Pool::name);
    if (file == wanted.end() || file->socketio_path == next.pools[i].socketio_path) continue;
    if (auto wrong = contradiction_of_pool(running, next, i); !wrong.empty()) return wrong;
  }
  return {};
}

/// Sessions that were opened by the routes so far are still found by them.
void remember_routes(const Config& running, Config& next, Differences& differences) {
  next.former_routes = running.former_routes;
  if (running.routes == next.routes) return;
  differences.say(fmt::format("the routes have changed, {} now", next.routes.size()));
  std::vector<Route> former = running.routes;
  for (const Route& route : running.former_routes) {
    if (std::ranges::find(running.routes, route) == running.routes.end()) former.push_back(route);
  }
  if (former.size() > kMostFormerRoutes) {
    differences.say(fmt::format(
        "there have been more than {} routes: sessions opened by the {} oldest are found no more",
        kMostFormerRoutes, former.size() - kMostFormerRoutes));
    former.resize(kMostFormerRoutes);
  }
  next.former_routes = std::move(former);
}

}  // namespace

std::expected<Reload, std::string> plan_reload(const Config& running, Config loaded) {
  Reload reload{.config = std::move(loaded), .changes = {}, .restarts = {}};
  Config& next = reload.config;
  Differences differences(reload);
  const std::vector<Pool> wanted = next.pools;
  differences.compare_all(Section::proxy, "", running.proxy, next.proxy);
  differences.compare(Section::admin, "", running.admin, next.admin);
  differences.compare(Section::log, "", running.log, next.log);
  std::vector<Pool> pools = arrange(running.pools, next.pools, differences);
  if (pools.size() > kMostPools) {
    return std::unexpected(fmt::format(
        "this process has had {} pools by now, which is as many as it can tell apart; restart it",
        kMostPools));
  }
  point_routes(next.routes, next.pools, pools);
  next.pools = std::move(pools);
  if (auto wrong = contradiction_until_restart(running, next, wanted); !wrong.empty()) {
    return std::unexpected(std::move(wrong));
  }
  remember_routes(running, next, differences);
  return reload;
}

}  // namespace pinion::config
