// A session whose handshake has chosen one backend while its client's id belongs to another: the
// steps up to the CONNECT, and what comes of it.
//
// Threads: the test's.
// Lifetime: peers of the test die first.
#pragma once

#include "speech.h"
#include "websocket/frame_maker.h"

namespace pinion::proxy::test {

inline const std::string kStated = R"(40{"id":"tab"})";
inline const std::string kByWebSocket = "/socket.io/?EIO=4&transport=websocket";

/// A frame from the client.
inline std::string client_says(std::string payload, unsigned opcode = 1) {
  return websocket::test::write(
      {.opcode = opcode, .mask_key = kMask, .payload = std::move(payload)});
}
/// A frame from the backend.
inline std::string server_says(std::string payload, unsigned opcode = 1) {
  return websocket::test::write({.opcode = opcode, .payload = std::move(payload)});
}
inline std::string push(const std::string& sid, const std::string& packets) {
  return post("/socket.io/?EIO=4&transport=polling&sid=" + sid, packets);
}

class RebindStage {
 public:
  /// @param affinity lines of [pool.affinity] @param more other sections of the pool
  explicit RebindStage(const std::string& affinity = {}, const std::string& more = {},
                       const std::string& limits = {})
      : proxy({wrong.address(), right.address()},
              {.limits = limits,
               .pool = "[pool.affinity]\nids = [\"connect:id\", \"query:id\"]\n" + affinity + "\n" +
                       more}) {
    proxy.ledger().affinity().bind({0, "tab"}, proxy.backend(1).id(), std::chrono::hours{1},
                                   monotonic_now());
    proxy.backend(1).set_draining(true);
  }

  /// The sid of a session by polling at the wrong backend.
  std::string open_by_polling(const std::string& sid = "abc") {
    open_session(proxy, wrong, open_packet(sid));
    proxy.backend(1).set_draining(false);
    return sid;
  }
  /// A WebSocket at the wrong backend, whose open packet the client has got.
  Pipe open_by_websocket(const std::string& extensions = {}) {
    Pipe pipe = switched(extensions);
    pipe.backend.send(server_says(open_packet("abc")));
    pipe.client.read(server_says(open_packet("abc")).size());
    return pipe;
  }
  /// The same before its open packet.
  Pipe switched(const std::string& extensions = {}) {
    Peer client = proxy.client();
    client.send(upgrade(kByWebSocket));
    Peer upstream = wrong.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(kSwitching.substr(0, kSwitching.size() - 2) + extensions + "\r\n");
    client.read_until("\r\n\r\n");
    proxy.backend(1).set_draining(false);
    return {std::move(client), std::move(upstream)};
  }
  /// The right backend is asked for a session.
  Peer asked(const std::string& transport = "websocket") const {
    Peer upstream = right.accept();
    const std::string head = upstream.read_until("\r\n\r\n");
    CHECK(head.starts_with("GET /socket.io/?EIO=4&transport=" + transport + " "));
    return upstream;
  }
  /// The next request at a backend.
  static std::string request(Peer& upstream, std::size_t body = 0) {
    std::string head = upstream.read_until("\r\n\r\n");
    return head + upstream.read(body);
  }
  [[nodiscard]] std::uint64_t rebinds(metrics::RebindResult result) {
    return proxy.counters().pools[0].rebinds[static_cast<std::size_t>(result)].value();
  }
  /// Where the tab belongs.
  [[nodiscard]] BackendId home() {
    const auto found = proxy.ledger().affinity().find({0, "tab"}, monotonic_now());
    REQUIRE(found);
    return found->backend;
  }
  /// Of the session, that are under way or wait.
  [[nodiscard]] std::uint32_t requests() { return proxy.ledger().find({0, "abc"})->requests; }
  [[nodiscard]] bool lives(const std::string& sid = "abc") {
    return proxy.ledger().find({0, sid}).has_value();
  }
  [[nodiscard]] bool lives_at(std::size_t backend) {
    const auto found = proxy.ledger().find({0, "abc"});
    return found && found->backend == proxy.backend(backend).id();
  }

  Backend wrong, right;
  RunningProxy proxy;
};

inline bool has_line(const std::string& head, const std::string& line) {
  return head.find(line + "\r\n") != std::string::npos;
}

inline const std::string kPushOfMoved = "POST /socket.io/?EIO=4&transport=polling&sid=xyz HTTP/1.1";
inline const std::string kPushOfLeft = "POST /socket.io/?EIO=4&transport=polling&sid=abc HTTP/1.1";

/// The right backend takes the session; then it gets the CONNECT, and the wrong one is let go.
inline void meet_by_polling(RebindStage& stage, Peer& right, const std::string& payload) {
  right.send(answer(open_packet("xyz")));
  Peer pushed = stage.right.accept();
  const std::string head = RebindStage::request(pushed, payload.size());
  CHECK(has_line(head, kPushOfMoved));
  CHECK(head.ends_with("\r\n\r\n" + payload));
  pushed.send(answer("ok"));
  Peer left = stage.wrong.accept();
  CHECK(has_line(RebindStage::request(left, 1), kPushOfLeft));
  left.send(answer("ok"));
}

}  // namespace pinion::proxy::test
