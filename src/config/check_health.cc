#include "config/check_health.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "config/health_kind.h"
#include "config/key_text.h"

namespace pinion::config {
namespace {

// How messages name a kind that is what it is for want of a socketio_path.
std::string_view tcp_by(const Health& health) noexcept {
  return health.kind == HealthKind::tcp ? "kind = \"tcp\""
                                        : "kind = \"auto\" without a socketio_path";
}

void check_expect(const Pool& pool, HealthKind kind, Position at, ErrorList& errors) {
  // Its default is no status.
  if (pool.health.expect == 0) return;
  if (kind == HealthKind::websocket) {
    errors.add(at, key_path(Section::health, "expect"),
               "a WebSocket is opened by a 101 and nothing else, so kind = \"websocket\" does not "
               "look at it: remove it, or set another kind");
  } else if (kind == HealthKind::tcp) {
    errors.add(at, key_path(Section::health, "expect"),
               fmt::format("nothing would look at it, since {} asks for no answer: remove it, or "
                           "set kind = \"http\"",
                           tcp_by(pool.health)));
  }
}

void check_path(const Pool& pool, HealthKind kind, Position at, ErrorList& errors) {
  if (kind != HealthKind::tcp || pool.health.path.empty()) return;
  errors.add(at, key_path(Section::health, "path"),
             fmt::format("nothing would be asked for, since {} only connects: remove it, or set "
                         "kind = \"http\"",
                         tcp_by(pool.health)));
}

}  // namespace

void check_health(const Pool& pool, const HealthDraft& draft, ErrorList& errors) {
  const Health& health = pool.health;
  const bool speaks_engineio =
      health.kind == HealthKind::engineio || health.kind == HealthKind::websocket;
  if (speaks_engineio && health.path.empty() && pool.socketio_path.empty()) {
    errors.add(draft.kind, key_path(Section::health, "kind"),
               "this kind needs to know where Engine.IO answers: set path, or the pool's "
               "socketio_path");
  }
  if (health.kind == HealthKind::automatic && !draft.auto_is_known) return;
  const HealthKind kind = resolved_kind(pool);
  check_expect(pool, kind, draft.expect, errors);
  check_path(pool, kind, draft.path, errors);
}

}  // namespace pinion::config
