// A session on a WebSocket that pinion closes, and what both sides hear of that.
//
// Threads: the test's.
#pragma once

#include "speech.h"
#include "websocket/frame_maker.h"

namespace pinion::proxy::test {

// A session on a WebSocket, that can be deleted.
struct Live {
  Backend backend;
  RunningProxy proxy;
  Pipe pipe;

  explicit Live(const Options& options = {})
      : proxy({backend.address()}, options),
        pipe(open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket")) {
    const std::string opened = websocket::test::write({.payload = open_packet("abc")});
    pipe.backend.send(opened);
    REQUIRE(pipe.client.read(opened.size()) == opened);
  }
  void remove(metrics::CloseReason why = metrics::CloseReason::admin) {
    const auto found = proxy.ledger().find({0, "abc"});
    REQUIRE(found);
    proxy.on_worker([&](Worker& worker) { worker.close_sessions({&found->serial, 1}, why); });
  }
};

// The code of a close frame to the client, which must be all that there is.
inline int code_to_client(const std::string& bytes) {
  REQUIRE(bytes.size() >= 4);
  CHECK(static_cast<unsigned char>(bytes[0]) == 0x88);
  CHECK(bytes.size() == 2U + static_cast<unsigned char>(bytes[1]));
  return static_cast<unsigned char>(bytes[2]) * 256 + static_cast<unsigned char>(bytes[3]);
}

inline bool is_masked_close(const std::string& bytes) {
  return bytes.size() >= 6 && static_cast<unsigned char>(bytes[0]) == 0x88 &&
         (static_cast<unsigned char>(bytes[1]) & 0x80U) != 0;
}

}  // namespace pinion::proxy::test
