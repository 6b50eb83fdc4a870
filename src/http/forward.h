// Heads written anew for the other side (RFC 9110, 7.6; RFC 9112, 9.6): hop-by-hop fields go, also
// those that Connection names, and the fields that tell of the proxy are set.
//
// Threads: pure functions. Field order, case and repetition are kept.
#pragma once

#include <string>
#include <string_view>

#include "http/head.h"

namespace pinion::http {

struct RequestRewrite {
  std::string_view client_address;    // of the TCP peer; empty for a unix socket
  std::string_view proto = "http";    // of the listener
  bool peer_is_trusted = false;       // its X-Forwarded-* are believed and extended, else replaced
  bool drop_expect = false;           // the expectation was met here
  bool drop_accept_encoding = false;  // so that a handshake's answer can be read
  Framing framing;                    // as it will be sent
};

/// Appends the head to `out`, always as HTTP/1.1. An upgrade to websocket keeps Upgrade (that
/// protocol alone, in its case) and Connection; any other Upgrade is removed. X-Forwarded-For is
/// one field with our peer as its last; X-Forwarded-Host is the original host. From a peer that is
/// not trusted all X-Forwarded-*, Forwarded and X-Real-IP go, since backends believe them; from any
/// peer those that are spelt with `_`, since servers that make variables of names take them for the
/// same. A request without Host (HTTP/1.0) gets an empty one. Expect goes on from HTTP/1.1 clients.
/// @param rewrite its framing is never until_close
void write_request_head(std::string& out, const RequestHead& head, const RequestRewrite& rewrite);

struct ResponseRewrite {
  int client_minor_version = 1;
  bool keep_alive = true;  // of the client's connection
  bool upgrade = false;    // a 101 that answers an upgrade: Upgrade and Connection are kept
  Framing framing;         // as it will be sent: chunked only to HTTP/1.1 clients
};

/// Appends the head to `out`, as HTTP/1.1 (also to HTTP/1.0 clients, RFC 9110, 2.5). Content-Length
/// is kept where the response to a HEAD or a 304 has one; a 1xx or 204 has no framing fields.
/// Connection says `close` where keep_alive is false or the body ends with the connection. A 426
/// keeps its Upgrade, which says what the backend asks for.
void write_response_head(std::string& out, const ResponseHead& head,
                         const ResponseRewrite& rewrite);

/// How a response's body goes on to the client: until_close becomes chunked for HTTP/1.1, chunked
/// becomes until_close for HTTP/1.0.
Framing response_framing(const ResponseHead& head, int client_minor_version) noexcept;

/// The client's own address: the last of X-Forwarded-For when the peer is trusted and sent one,
/// else the peer's.
std::string client_of(const RequestHead& head, std::string_view peer, bool peer_is_trusted);

}  // namespace pinion::http
