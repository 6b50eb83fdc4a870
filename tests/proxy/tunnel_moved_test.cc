// A session that is moved has time for a message that is under way.
#include "live_tunnel.h"

namespace pinion::proxy {

using namespace test;
using metrics::CloseReason;
using websocket::test::write;

TEST_CASE("a session that is moved has more time for its message than one that is deleted") {
  Live deleted;
  Live moved;
  const std::string frame = write({.payload = std::string(1000, 'f')});
  for (Live* const live : {&moved, &deleted}) {
    live->pipe.backend.send(frame.substr(0, 600));
    live->pipe.client.read(600);
  }
  moved.remove(CloseReason::moved);
  deleted.remove();
  CHECK(eventually([&] { return deleted.proxy.closes(CloseReason::admin) == 1; }));
  // It has been silent for longer by now.
  moved.pipe.backend.send(frame.substr(600));
  CHECK(moved.pipe.client.read(frame.size() - 600) == frame.substr(600));
  CHECK(code_to_client(moved.pipe.client.read_to_end()) == 1012);
}

TEST_CASE("while a message is finished for a session that moves, its client is still heard") {
  Live live;
  const std::string frame = write({.payload = std::string(1000, 'f')});
  const std::string event = write({.mask_key = kMask, .payload = R"(42["event"])"});
  live.pipe.backend.send(frame.substr(0, 600));
  live.pipe.client.read(600);
  live.remove(CloseReason::moved);
  live.pipe.client.send(event);
  CHECK(live.pipe.backend.read(event.size()) == event);
  live.pipe.backend.send(frame.substr(600));
  CHECK(live.pipe.client.read(frame.size() - 600) == frame.substr(600));
  CHECK(code_to_client(live.pipe.client.read_to_end()) == 1012);
  live.pipe.client.send(event);
  CHECK(is_masked_close(live.pipe.backend.read_to_end()));
}

TEST_CASE("who is deleted, or in the way, is not given the time of who moves") {
  Live live;
  live.pipe.backend.send(write({.payload = std::string(1000, 'f')}).substr(0, 600));
  live.pipe.client.read(600);
  live.remove(CloseReason::moved);
  live.remove(CloseReason::admin);
  CHECK(live.pipe.client.read_to_end().empty());
  CHECK(eventually([&] { return live.proxy.closes(CloseReason::admin) == 1; }));
}

TEST_CASE("what can come to no end is not waited for") {
  Live live;
  SUBCASE("a message whose sender has gone") {
    live.pipe.backend.send(write({.payload = std::string(1000, 'f')}).substr(0, 600));
    live.pipe.client.read(600);
    live.pipe.backend.finish();
  }
  SUBCASE("frames that are not followed") {
    live.pipe.backend.send(std::string("\x8F\x7F", 2) + std::string(8, '\xFF'));
    live.pipe.client.read(10);
  }
  live.remove(CloseReason::moved);
  // Before the 10 s that this waits, and far before shutdown_grace.
  CHECK(eventually([&] { return live.proxy.closes(CloseReason::moved) == 1; }));
}

}  // namespace pinion::proxy
