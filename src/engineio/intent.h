// What a request on a socket.io path wants (engine.io-protocol v3 and v4), read as the servers read
// it.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "http/head.h"

namespace pinion::engineio {

/// The path's prefix decides, percent-decoded, as in Node (`req.url` begins with it) and Python
/// (`PATH_INFO` does). Without its last slash it is a path of a client that was told to add none
/// (`addTrailingSlash: false`).
bool is_engineio_path(std::string_view path, std::string_view socketio_path);

struct Intent {
  enum class Kind : unsigned char {
    other,      // not Engine.IO, or nothing that concerns a session: any backend may answer
    handshake,  // a GET without sid: the answer may open a session, whatever else is odd about it,
                // unless it is for the client's script
    poll,       // GET with sid
    push,       // POST with sid
    upgrade,    // a WebSocket for an existing sid
    preflight,  // OPTIONS with sid: to the session's backend, or to any one if there is none
    stray,      // any other method with sid, which no server has a use for: likewise
  };
  Kind kind = Kind::other;
  bool on_path = false;    // the path is Engine.IO's
  int revision = 4;        // 4 only if EIO is exactly "4", else 3
  bool websocket = false;  // the request upgrades to websocket
  bool jsonp = false;      // has `j`
  /// Percent-decoded; empty is none. Of several the last one counts, as in Node (Python takes the
  /// first).
  std::string sid;

  /// Requests inside a session are never replayed, doubled or aborted by pinion.
  [[nodiscard]] bool in_session() const noexcept {
    return kind == Kind::poll || kind == Kind::push || kind == Kind::upgrade;
  }
};

/// @param socketio_path the pool's; empty when it has none
Intent classify(const http::RequestHead& head, std::string_view socketio_path);

}  // namespace pinion::engineio
