// What Control tells, as the JSON of the admin API.
//
// Threads: pure functions. Text that is not UTF-8 is repaired with U+FFFD.
#pragma once

#include <string>

#include "admin/control.h"

namespace pinion::admin {

/// `{version,uptime_s,workers,connections,memory_bytes,pools:[{name,backends:[…]}],totals}`.
std::string status_json(const StatusView& status);
/// `[{pool,name,address,weight,…},…]`.
std::string backends_json(const StatusView& status);
/// `{"sessions":[…],"next":cursor or null}`.
std::string sessions_json(const SessionPage& page);
std::string session_json(const SessionView& session);
std::string backend_json(const BackendView& backend);
/// `{pool,to_move,rate}`.
std::string rebalance_json(const RebalanceView& rebalance);
/// `{pool,stopped,left,moved}`.
std::string stopped_json(const StoppedView& stopped);
/// `{changes,restart}`: lines of text.
/// With `errors` only if something was not done.
std::string reload_json(const ReloadView& reload);
/// An error answer with all errors in `details`.
std::string reload_failed_json(const ReloadView& reload);
/// The answer to a closed session.
std::string closed_json(const std::string& sid);

}  // namespace pinion::admin
