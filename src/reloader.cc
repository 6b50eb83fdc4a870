#include "reloader.h"

#include <utility>

#include "config/address.h"
#include "config/load.h"
#include "config/reload.h"
#include "config/token_file.h"
#include "log_settings.h"

namespace pinion {
namespace {

admin::ReloadView failed(std::string error) {
  admin::ReloadView view;
  view.errors = {std::move(error)};
  return view;
}

/// New listeners are opened before old ones close, so that what fails changes nothing. @returns why
/// that cannot be, or nothing
std::string cannot_swap(const std::vector<config::Address>& close,
                        const std::vector<config::Address>& open) {
  for (const config::Address& fresh : open) {
    for (const config::Address& old : close) {
      if (!config::listeners_collide(fresh, old)) continue;
      return "[proxy].listen: " + fresh.text + " takes the port of " + old.text +
             ", which pinion listens on: restart it, or reload once without either";
    }
  }
  return {};
}

}  // namespace

admin::ReloadView Reloader::reload() {
  // After a rotation, whatever becomes of the rest.
  const std::string access = config_->log.access;
  const auto reopened = access_log_.reopen();
  admin::ReloadView done = try_reload();
  for (const std::string& error : done.errors) {
    log_.error("reload failed, the running config stays", {{"why", error}});
  }
  for (const std::string& change : done.changes) log_.info("reloaded", {{"change", change}});
  for (const std::string& restart : done.restarts) {
    log_.warning("a change needs a restart, and changes nothing until then", {{"change", restart}});
  }
  if (done.errors.empty()) log_.info("reload done", {{"changes", done.changes.size()}});
  // Unless lines go elsewhere from now on.
  if (!reopened && config_->log.access == access) {
    log_.error("the access log cannot be reopened", {{"why", reopened.error()}});
    (done.errors.empty() ? done.not_done : done.errors)
        .push_back(reopened.error() + "; its lines go on to the file that was open");
  }
  const bool all_done = done.errors.empty() && done.not_done.empty();
  counters_.reloaded(all_done ? metrics::ReloadResult::ok : metrics::ReloadResult::failed);
  return done;
}

admin::ReloadView Reloader::try_reload() {
  auto loaded = config::load_file(file_);
  if (!loaded) {
    admin::ReloadView view;
    for (const auto& error : loaded.error()) view.errors.push_back(config::to_text(error));
    return view;
  }
  auto planned = config::plan_reload(*config_, std::move(*loaded));
  if (!planned) return failed(planned.error());
  const auto& before = config_->proxy.listen;
  const auto& after = planned->config.proxy.listen;
  if (auto why = cannot_swap(without(before, after), without(after, before)); !why.empty()) {
    return failed(std::move(why));
  }
  auto open = open_listeners(without(after, before), config_->proxy.workers);
  if (!open) return failed(open.error());
  if (planned->config.log.access != config_->log.access) {
    const auto redirected = access_log_.redirect(planned->config.log.access);
    if (!redirected) return failed(redirected.error());
  }
  std::vector<std::string> close;
  for (const config::Address& address : without(before, after)) close.push_back(address.text);
  config_ = std::make_shared<const config::Config>(std::move(planned->config));
  counters_.config_loaded_seconds.store(epoch_seconds(), std::memory_order_relaxed);
  log_.set_level(level_of(config_->log.level));
  follower_.follow(config_, std::move(*open), std::move(close));
  if (token_differs()) {
    planned->restarts.emplace_back("[admin].token_file: the file holds another token now");
  }
  admin::ReloadView done;
  done.changes = std::move(planned->changes);
  done.restarts = std::move(planned->restarts);
  return done;
}

// That the file can be read was checked with the rest.
bool Reloader::token_differs() const {
  if (config_->admin.token_file.empty()) return false;
  const auto token = config::read_token_file(config_->admin.token_file);
  return token && *token != token_;
}

}  // namespace pinion
