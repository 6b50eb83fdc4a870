#include "engineio/intent.h"

#include "base/percent.h"
#include "http/query.h"

namespace pinion::engineio {
namespace {

/// What the query says about the session. Views point into the query.
struct SessionQuery {
  std::string_view sid;       // as it is written, still encoded
  std::string_view revision;  // value of EIO, likewise
  bool jsonp = false;
  bool handshakes = false;  // has what only Engine.IO asks for
};

bool is_plain(std::string_view text) noexcept {
  return text.find('%') == std::string_view::npos && text.find('+') == std::string_view::npos;
}

/// One pass over `name=value&name=value`; later ones overwrite earlier ones, as in Node's
/// `Object.fromEntries(url.searchParams)`.
SessionQuery read_query(std::string_view query) {
  SessionQuery found;
  http::QueryReader pairs{query};
  for (http::QueryPair pair; pairs.next(pair);) {
    if (http::reads_as(pair.name, "sid")) {
      found.sid = pair.value;
    } else if (http::reads_as(pair.name, "EIO")) {
      found.revision = pair.value;
      found.handshakes = true;
    } else if (http::reads_as(pair.name, "transport")) {
      found.handshakes = true;
    } else if (http::reads_as(pair.name, "j")) {
      found.jsonp = true;
    }
  }
  return found;
}

/// The client that a socket.io server serves itself: `socket.io.js`, `socket.io.esm.min.js`,
/// `socket.io.msgpack.min.js.map` and so on, to pages that are yet to open a session.
bool is_client_script(std::string_view path) noexcept {
  const auto cut = [&path](std::string_view end) {
    if (path.ends_with(end)) path.remove_suffix(end.size());
  };
  const auto length = path.size();
  cut(".map");
  if (!path.ends_with(".js")) return false;
  cut(".js");
  cut(".min");
  cut(".msgpack");
  cut(".esm");
  return path.size() < length && path.ends_with("/socket.io");
}

Intent::Kind kind_of(const http::RequestHead& head, bool has_sid, bool handshakes) noexcept {
  if (head.method == "GET") {
    if (!has_sid && !handshakes && is_client_script(head.path())) return Intent::Kind::other;
    if (!has_sid) return Intent::Kind::handshake;
    return head.upgrades_to_websocket ? Intent::Kind::upgrade : Intent::Kind::poll;
  }
  if (!has_sid) return Intent::Kind::other;
  if (head.method == "POST") return Intent::Kind::push;
  return head.method == "OPTIONS" ? Intent::Kind::preflight : Intent::Kind::stray;
}

}  // namespace

bool is_engineio_path(std::string_view path, std::string_view socketio_path) {
  if (socketio_path.empty()) return false;
  const auto matches = [&](std::string_view plain) {
    return plain.starts_with(socketio_path) ||
           plain == socketio_path.substr(0, socketio_path.size() - 1);
  };
  if (path.find('%') == std::string_view::npos) return matches(path);
  return matches(percent_decode(path, PlusMeans::plus));
}

Intent classify(const http::RequestHead& head, std::string_view socketio_path) {
  Intent intent;
  intent.on_path = is_engineio_path(head.path(), socketio_path);
  if (!intent.on_path) return intent;
  const SessionQuery query = read_query(head.query());
  if (is_plain(query.sid)) {
    intent.sid = query.sid;
  } else {
    intent.sid = percent_decode(query.sid, PlusMeans::space);
  }
  intent.revision = http::reads_as(query.revision, "4") ? 4 : 3;
  intent.jsonp = query.jsonp;
  intent.websocket = head.upgrades_to_websocket;
  intent.kind = kind_of(head, !intent.sid.empty(), query.handshakes);
  return intent;
}

}  // namespace pinion::engineio
