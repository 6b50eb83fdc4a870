// Backends and sessions in the words of the admin endpoint and of the metrics.
//
// Threads: any; what they are read from is atomic, or copied already.
// Lifetime: the views hold copies.
#pragma once

#include <vector>

#include "admin/control.h"
#include "backend_names.h"
#include "balance/backend.h"
#include "balance/registry.h"
#include "metrics/snapshot.h"
#include "mover.h"
#include "proxy/overload.h"
#include "session/session.h"

namespace pinion {

/// @param set where it is in use; null: it has left the config, and lives on for the sessions that
/// it has
admin::BackendView backend_view(const balance::Backend& backend, const balance::BackendSet* set,
                                const Mover& mover);

struct ListedBackend {
  const balance::Backend* backend = nullptr;
  admin::BackendView view;
};
/// All of them, by their names.
std::vector<ListedBackend> backend_views(const BackendNames& names, const Mover& mover);

admin::SessionView session_view(const session::Session& session, const balance::Registry& registry,
                                TimePoint now);

/// Which rungs pinion has taken, and what it has used.
admin::OverloadView overload_view(const proxy::OverloadState& state);

metrics::BackendSample sample_of(const admin::BackendView& view, const balance::Backend& backend);

}  // namespace pinion
