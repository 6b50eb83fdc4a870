#include "admin_actions.h"

#include <optional>
#include <utility>

namespace pinion {
namespace {

Mover::Terms terms_of(const config::Pool& pool, double per_second) {
  return {.per_second = per_second, .patience = pool.patience};
}

admin::ReloadView refused_reload() {
  admin::ReloadView view;
  view.errors = {"pinion is about to end"};
  return view;
}

}  // namespace

void AdminActions::close_session(const session::Session& session) {
  parts_.workers.close_sessions({&session, 1}, metrics::CloseReason::admin);
}

// At once, whatever the main thread does; whoever asked sees what it makes of that too.
void AdminActions::drain(balance::Backend& backend, const admin::DrainOrder& order) {
  backend.set_draining(true);
  (void)on_main_.do_now([parts = parts_, &backend, order] {
    // A reload may have taken it back meanwhile.
    if (!backend.draining()) return;
    const auto config = parts.running.get().config;
    const auto terms = terms_of(config->pools[backend.identity().pool], order.per_second);
    parts.mover.drain(backend, order.close ? std::optional(terms) : std::nullopt, parts.loop.now());
  });
}

void AdminActions::undrain(balance::Backend& backend) {
  backend.set_draining(false);
  (void)on_main_.do_now(
      [parts = parts_, &backend] { parts.mover.undrain(backend, parts.loop.now()); });
}

void AdminActions::rebalance(std::shared_ptr<const balance::BackendSet> set, double per_second) {
  (void)on_main_.do_now([parts = parts_, pool = set->pool, per_second] {
    // As it is by now.
    const auto running = parts.running.get();
    if (pool >= running.backends.size()) return;
    parts.mover.rebalance(*running.backends[pool],
                          terms_of(running.config->pools[pool], per_second), parts.loop.now());
  });
}

void AdminActions::stop_rebalance(PoolId pool) {
  (void)on_main_.do_now([parts = parts_, pool] { parts.mover.stop_rebalance(pool); });
}

// What takes long is done later, and the log tells how it ends.
admin::ReloadView AdminActions::reload() {
  static_assert(OnMain::kPatience + WorkerGroup::kSettleTime < admin::kReloadTime);
  const auto answer = std::make_shared<admin::ReloadView>();
  const auto outcome = on_main_.do_now([parts = parts_, answer] {
    *answer = parts.shutting_down ? refused_reload() : parts.reloader.reload();
  });
  if (outcome == OnMain::Outcome::never) return refused_reload();
  if (outcome == OnMain::Outcome::under_way) {
    admin::ReloadView view;
    view.under_way = true;
    return view;
  }
  parts_.workers.settle();
  return std::move(*answer);
}

}  // namespace pinion
