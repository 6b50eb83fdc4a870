// Which sessions count as idle: those that carry nothing but pings, and are not in the middle of a
// message. And what is told of those that are held up.
#include "speech.h"
#include "websocket/frame_maker.h"

namespace pinion::proxy {
namespace {

using namespace test;
using websocket::test::write;

std::string from_backend(const std::string& text) { return write({.payload = text}); }
std::string from_client(const std::string& text) {
  return write({.mask_key = kMask, .payload = text});
}

// A session on a WebSocket, of which the table is asked after each step.
struct Watched {
  Backend backend;
  RunningProxy proxy;
  Pipe pipe;

  explicit Watched(int receive_buffer = 0)
      : backend(receive_buffer),
        proxy({backend.address()}),
        pipe(open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket")) {
    to_client(from_backend(open_packet("abc")));
    (void)moved();
  }
  void to_client(const std::string& bytes) {
    clock_goes_on();
    pipe.backend.send(bytes);
    REQUIRE(pipe.client.read(bytes.size()) == bytes);
  }
  void to_backend(const std::string& bytes) {
    clock_goes_on();
    pipe.client.send(bytes);
    REQUIRE(pipe.backend.read(bytes.size()) == bytes);
  }
  [[nodiscard]] session::Session session() {
    proxy.on_worker([](Worker& worker) { worker.publish_dirty(); });
    auto found = proxy.ledger().table().get({0, "abc"});
    REQUIRE(found);
    return std::move(*found);
  }
  // Whether something of a message has passed since this was last asked.
  [[nodiscard]] bool moved() {
    const TimePoint now = session().last_moved;
    return std::exchange(last_moved_, now) != now;
  }

 private:
  // The loop's time has steps of a millisecond.
  void clock_goes_on() {
    const auto now = [&] {
      TimePoint time;
      proxy.on_worker([&](Worker& worker) { time = worker.now(); });
      return time;
    };
    const TimePoint before = now();
    REQUIRE(eventually([&] { return now() > before; }));
  }

  TimePoint last_moved_{};
};

}  // namespace

TEST_CASE("pings, pongs and control frames make no session busy, however they are cut") {
  Watched here;
  here.to_client(from_backend("2"));
  here.to_backend(from_client("3"));
  here.to_client(write({.opcode = 9, .payload = "ws"}));
  here.to_backend(write({.opcode = 10, .mask_key = kMask, .payload = "ws"}));
  CHECK(!here.moved());
  for (const char byte : from_backend("2")) here.to_client(std::string(1, byte));
  for (const char byte : from_client("3")) here.to_backend(std::string(1, byte));
  for (const char byte : write({.opcode = 9, .payload = "ws"})) {
    here.to_client(std::string(1, byte));
  }
  CHECK(!here.moved());
  CHECK(!here.session().mid_message);
  CHECK(here.session().traffic.frames_out == 5);
}

TEST_CASE("an event makes a session busy, in either direction and of any size") {
  Watched here;
  here.to_client(from_backend(R"(42["token","a"])"));
  CHECK(here.moved());
  here.to_backend(from_client("40"));
  CHECK(here.moved());
  here.to_client(write({.opcode = 2, .payload = "b"}));
  CHECK(here.moved());
}

TEST_CASE("a compressed ping is told from a row of compressed events that are as small") {
  Watched here;
  const auto compressed = [&] { here.to_client(write({.rsv1 = true, .payload = "\x32\x02"})); };
  compressed();
  CHECK(!here.moved());
  compressed();
  CHECK(here.moved());
}

TEST_CASE("a session is busy in the middle of a message, and for as long as it goes on") {
  Watched here;
  SUBCASE("of one frame") {
    const std::string frame = from_client(std::string(1000, 'f'));
    here.to_backend(frame.substr(0, 300));
    CHECK(here.moved());
    CHECK(here.session().mid_message);
    here.to_backend(frame.substr(300, 300));
    CHECK(here.moved());
    here.to_backend(frame.substr(600));
  }
  SUBCASE("of several") {
    here.to_client(write({.fin = false, .payload = "one, "}));
    CHECK(here.moved());
    here.to_client(write({.opcode = 9, .payload = "ws"}));
    CHECK(!here.moved());
    CHECK(here.session().mid_message);
    here.to_client(write({.opcode = 0, .payload = "two"}));
  }
  CHECK(here.moved());
  CHECK(!here.session().mid_message);
}

TEST_CASE("a session is closing once a peer has said goodbye") {
  Watched here;
  here.to_client(write({.opcode = 8, .payload = "\x03\xE9"}));
  CHECK(here.session().condition == session::Condition::closing);
}

TEST_CASE("what is not followed any more counts as busy") {
  Watched here;
  here.to_client(std::string("\x8F\x7F", 2) + std::string(8, '\xFF'));
  (void)here.moved();
  here.to_client("anything");
  CHECK(here.moved());
}

TEST_CASE("for how long a backend is waited for is told while it is") {
  Watched here(4096);
  const std::string frame = from_client(std::string(60'000, 'f'));
  REQUIRE(here.pipe.client.send_what_fits(frame, 64U << 20U) > 0);
  const auto paused = [&] {
    // Of its own accord: nothing passes, and nobody asks.
    return here.proxy.ledger().table().get({0, "abc"})->traffic.paused_ns;
  };
  CHECK(eventually([&] { return paused() > 0; }));
  const std::uint64_t before = paused();
  CHECK(eventually([&] { return paused() > before; }));
  CHECK(here.session().queued_bytes > 0);
}

}  // namespace pinion::proxy
