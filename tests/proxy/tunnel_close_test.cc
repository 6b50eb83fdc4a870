// When pinion itself closes a tunnel it says so at a frame boundary of each direction, and cuts
// nothing.
#include "live_tunnel.h"
#include "websocket/frame_maker.h"

namespace pinion::proxy {

using namespace test;
using metrics::CloseReason;
using websocket::test::write;

TEST_CASE("both sides hear a close frame and a FIN") {
  Live live;
  live.remove();
  CHECK(code_to_client(live.pipe.client.read_to_end()) == 1012);
  CHECK(live.pipe.client.end() == End::fin);
  CHECK(is_masked_close(live.pipe.backend.read_to_end()));
  CHECK(live.pipe.backend.end() == End::fin);
  live.pipe.client.close();
  live.pipe.backend.close();
  CHECK(eventually([&] { return live.proxy.closes(CloseReason::admin) == 1; }));
}

TEST_CASE("a frame on its way to the client is finished first") {
  Live live;
  const std::string frame = write({.payload = std::string(1000, 'f')});
  live.pipe.backend.send(frame.substr(0, 600));
  CHECK(live.pipe.client.read(600) == frame.substr(0, 600));
  live.remove();
  // The other direction is between frames.
  CHECK(is_masked_close(live.pipe.backend.read_to_end()));
  CHECK(live.pipe.client.take().empty());
  live.pipe.backend.send(frame.substr(600) + write({.payload = "never seen"}));
  CHECK(live.pipe.client.read(frame.size() - 600) == frame.substr(600));
  CHECK(code_to_client(live.pipe.client.read_to_end()) == 1012);
}

TEST_CASE("a frame on its way to the backend is finished first") {
  Live live;
  const std::string frame = write({.mask_key = kMask, .payload = std::string(1000, 'f')});
  live.pipe.client.send(frame.substr(0, 600));
  CHECK(live.pipe.backend.read(600) == frame.substr(0, 600));
  live.remove();
  CHECK(code_to_client(live.pipe.client.read_to_end()) == 1012);
  live.pipe.client.send(frame.substr(600, 100));
  CHECK(live.pipe.backend.read(100) == frame.substr(600, 100));
  live.pipe.client.send(frame.substr(700) + write({.mask_key = kMask, .payload = "never seen"}));
  CHECK(live.pipe.backend.read(frame.size() - 700) == frame.substr(700));
  CHECK(is_masked_close(live.pipe.backend.read_to_end()));
}

TEST_CASE("a message of several frames is finished first, either way") {
  for (const bool by_client : {true, false}) {
    Live live;
    Peer& from = by_client ? live.pipe.client : live.pipe.backend;
    Peer& to = by_client ? live.pipe.backend : live.pipe.client;
    const auto frame = [&](unsigned opcode, bool fin, const std::string& payload) {
      websocket::test::Frame made{.opcode = opcode, .fin = fin, .payload = payload};
      if (by_client) made.mask_key = kMask;
      return write(made);
    };
    const std::string first = frame(1, false, "one, ");
    from.send(first);
    CHECK(to.read(first.size()) == first);
    live.remove();
    // The other way there is nothing to be waited for.
    (void)from.read_to_end();
    const std::string rest =
        frame(0, false, "two, ") + frame(9, true, "?") + frame(0, true, "three");
    from.send(rest + frame(1, true, "never seen"));
    CHECK(to.read(rest.size()) == rest);
    const std::string close = to.read_to_end();
    CHECK((by_client ? is_masked_close(close) : code_to_client(close) == 1012));
  }
}

// No close frame can stand in the middle of a frame; the client sees from its length that it was
// cut.
TEST_CASE("a frame that is never finished is waited for, and ends without a close frame") {
  Live live;
  live.pipe.backend.send(write({.payload = std::string(1000, 'f')}).substr(0, 600));
  live.pipe.client.read(600);
  live.remove();
  CHECK(live.pipe.client.read_to_end().empty());
  CHECK(is_masked_close(live.pipe.backend.read_to_end()));
  CHECK(eventually([&] { return live.proxy.closes(CloseReason::admin) == 1; }));
}

TEST_CASE("a close frame waits behind what the client has not read yet, in order") {
  Live live({.limits = "buffered_per_session = \"1MiB\""});
  const std::string frame = write({.payload = std::string(400'000, 'f')});
  live.pipe.backend.send(frame);
  CHECK(eventually(
      [&] { return live.proxy.ledger().table().get({0, "abc"})->traffic.frames_out == 2; }));
  live.remove();
  CHECK(live.pipe.client.read(frame.size()) == frame);
  CHECK(code_to_client(live.pipe.client.read_to_end()) == 1012);
}

// The socket asks for more only once a third of its buffer is free.
TEST_CASE("a slow reader has all that waited for it before it hears the close frame") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.limits = "buffered_per_session = \"1MiB\""});
  Pipe pipe = open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket", 4096);
  std::string sent = write({.payload = open_packet("abc")});
  for (int i = 0; i < 10; ++i) sent += write({.payload = std::string(30'000, 's')});
  pipe.backend.send(sent);
  CHECK(eventually([&] {
    const auto found = proxy.ledger().table().get({0, "abc"});
    return found && found->traffic.frames_out == 11;
  }));
  const auto found = proxy.ledger().find({0, "abc"});
  proxy.on_worker(
      [&](Worker& worker) { worker.close_sessions({&found->serial, 1}, CloseReason::admin); });
  std::size_t slowly = pipe.client.read_slowly(40, std::chrono::seconds{4});
  // Who answers a ping of long ago finds a connection, not a reset that takes the rest away.
  pipe.client.send(write({.mask_key = kMask, .payload = "3"}));
  slowly += pipe.client.read_slowly(40, std::chrono::milliseconds{500});
  CHECK(slowly < sent.size() / 2);
  CHECK(pipe.client.read(sent.size() - slowly) == sent.substr(slowly));
  CHECK(code_to_client(pipe.client.read_to_end()) == 1012);
}

TEST_CASE("who is half closed is closed without a reset") {
  for (const bool client_first : {true, false}) {
    CAPTURE(client_first);
    Live live;
    Peer& first = client_first ? live.pipe.client : live.pipe.backend;
    Peer& second = client_first ? live.pipe.backend : live.pipe.client;
    first.finish();
    CHECK(second.read_to_end().empty());
    websocket::test::Frame last{.payload = "still here"};
    if (!client_first) last.mask_key = kMask;
    second.send(write(last));
    CHECK(first.read(write(last).size()) == write(last));
    live.remove();
    const std::string close = first.read_to_end();
    CHECK((client_first ? code_to_client(close) == 1012 : is_masked_close(close)));
    CHECK(first.end() == End::fin);
  }
}

TEST_CASE("what a backend said before it ended reaches a client that goes on talking") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.limits = "buffered_per_session = \"2MiB\""});
  Pipe pipe = open_tunnel(proxy, backend, "/ws", 4096);
  const std::string last_words = write({.payload = std::string(600'000, 'l')});
  pipe.backend.send(last_words);
  pipe.backend.close();
  // The end, too, has come before anything can be answered with a reset.
  CHECK(eventually([&] {
    proxy.on_worker([](Worker&) {});
    return proxy.counters().direction(metrics::Direction::out).bytes.value() == last_words.size();
  }));
  proxy.on_worker([](Worker&) {});
  // What it says first is answered with a reset, what it says then cannot be written.
  (void)pipe.client.send_slowly(write({.mask_key = kMask, .payload = "hello?"}),
                                std::chrono::milliseconds{500});
  CHECK(pipe.client.read(last_words.size()) == last_words);
  CHECK(pipe.client.read_to_end().empty());
  CHECK(pipe.client.end() == End::fin);
  pipe.client.close();
  CHECK(eventually([&] { return proxy.connections() == 0; }));
}

TEST_CASE("a backend's reset behind its close frame takes nothing from its client") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.limits = "buffered_per_session = \"2MiB\""});
  Pipe pipe = open_tunnel(proxy, backend, "/ws", 4096);
  const std::string last_words =
      write({.payload = std::string(600'000, 'l')}) + write({.opcode = 8, .payload = "\x0f\xa1"});
  pipe.backend.send(last_words);
  CHECK(eventually([&] {
    return proxy.counters().direction(metrics::Direction::out).bytes.value() == last_words.size();
  }));
  SUBCASE("when it is read") { pipe.backend.reset(); }
  SUBCASE("when the client's words cannot be written") {
    proxy.while_stopped([&] {
      pipe.client.send(write({.mask_key = kMask, .payload = "hello?"}));
      pipe.backend.reset();
    });
  }
  CHECK(pipe.client.read(last_words.size()) == last_words);
  CHECK(pipe.client.read_to_end().empty());
  CHECK(pipe.client.end() == End::fin);
  pipe.client.close();
  CHECK(eventually([&] { return proxy.closes(CloseReason::backend_closed) == 1; }));
}

TEST_CASE("a client that floods a backend which takes its leave and resets is not kept waiting") {
  const Backend backend(4096);
  RunningProxy proxy({backend.address()}, {.limits = "buffered_per_session = \"64KiB\""});
  Pipe pipe = open_tunnel(proxy, backend, "/ws");
  const std::string piece = write({.mask_key = kMask, .payload = std::string(10'000, 'x')});
  (void)pipe.client.send_what_fits(piece, 64U << 20U);
  const std::string goodbye = write({.opcode = 8, .payload = "\x03\xf1"});
  // Its reset comes with the frame, since it has not read everything.
  proxy.while_stopped([&] {
    pipe.backend.send(goodbye);
    pipe.backend.close();
  });
  CHECK(pipe.client.read(goodbye.size()) == goodbye);
  pipe.client.close();
  CHECK(eventually([&] { return proxy.connections() == 0; }));
  CHECK(proxy.buffered() == 0);
}

TEST_CASE("a handshake that is still open is closed without its session") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Pipe pipe = open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket");
  pipe.backend.send(write({.payload = open_packet("abc")}).substr(0, 20));
  // Shutting down closes every tunnel; there is no session yet by which it could be named.
  proxy.on_worker([](Worker& worker) { worker.shut_down(std::chrono::seconds{20}); });
  CHECK(code_to_client(pipe.client.read_to_end()) == 1001);
  CHECK(is_masked_close(pipe.backend.read_to_end()));
  CHECK(proxy.ledger().table().size() == 0);
}

TEST_CASE("over the budget the slowest reader is closed, the others do not notice") {
  const Backend backend;
  RunningProxy proxy({backend.address()},
                     {.limits = "buffered_per_session = \"1MiB\"\nbuffered_total = \"1MiB\""});
  constexpr int kSmall = 4096;
  Pipe good = open_tunnel(proxy, backend, "/ws");
  std::vector<Pipe> slow;
  const std::string frame = write({.payload = std::string(60'000, 's')});
  for (int i = 0; i < 4; ++i) {
    slow.push_back(open_tunnel(proxy, backend, "/ws", kSmall));
    (void)slow.back().backend.send_what_fits(frame, 16'000'000);
  }
  CHECK(eventually([&] { return proxy.closes(CloseReason::over_budget) > 0; }));
  CHECK(proxy.closes(CloseReason::over_budget) < 4);
  good.backend.send(frame);
  CHECK(good.client.read(frame.size()) == frame);
  const std::string reply = write({.mask_key = kMask, .payload = "thanks"});
  good.client.send(reply);
  CHECK(good.backend.read(reply.size()) == reply);
}

TEST_CASE("who takes nothing is closed before who has got more a moment ago") {
  const Backend backend;
  RunningProxy proxy({backend.address()},
                     {.limits = "buffered_per_session = \"1MiB\"\nbuffered_total = \"1MiB\""});
  const std::string frame = write({.payload = std::string(10'000, 's')});
  const auto& received =
      proxy.counters().directions[static_cast<std::size_t>(metrics::Direction::out)].bytes;
  // Frame by frame: what the kernel still holds would make somebody else too much later.
  const auto fill = [&](const Pipe& pipe, auto enough) {
    while (!enough()) {
      const std::uint64_t before = received.value();
      pipe.backend.send(frame);
      REQUIRE(eventually([&] { return received.value() >= before + frame.size() || enough(); }));
    }
  };
  const auto waits = [&](std::uint64_t bytes) {
    return [&proxy, bytes] { return proxy.counters().queued_bytes.value() > bytes; };
  };
  // A session may hold half of its limit for either side. The second has more, but by so little
  // that the time in which it takes nothing never makes up for those two seconds.
  Pipe still = open_tunnel(proxy, backend, "/ws", 4096);
  fill(still, waits(400'000));
  const TimePoint since = monotonic_now();
  CHECK(eventually([&] { return monotonic_now() - since > std::chrono::seconds{2}; }));
  Pipe sudden = open_tunnel(proxy, backend, "/ws", 4096);
  fill(sudden, waits(850'000));
  Pipe last = open_tunnel(proxy, backend, "/ws", 4096);
  std::string heard;
  fill(last, [&] {
    heard += still.backend.take();
    return !heard.empty();
  });
  CHECK(is_masked_close(heard));
  (void)still.client.take();
  for (Pipe* const pipe : {&sudden, &last}) {
    const std::string thanks = write({.mask_key = kMask, .payload = "thanks"});
    pipe->client.send(thanks);
    CHECK(pipe->backend.read(thanks.size()) == thanks);
  }
}

TEST_CASE("a mark that is lowered below what waits pauses the backend, and the loop sleeps") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.limits = "buffered_per_session = \"4MiB\""});
  Pipe pipe = open_tunnel(proxy, backend, "/ws", 4096);
  const std::string frame = write({.payload = std::string(30'000, 'f')});
  std::string sent;
  CHECK(eventually([&] {
    if (proxy.counters().queued_bytes.value() > 100'000) return true;
    pipe.backend.send(frame);
    sent += frame;
    return false;
  }));
  proxy.use_limits("buffered_per_session = \"32KiB\"");
  pipe.backend.send(frame);
  sent += frame;
  const auto turn = [&] {
    std::uint32_t now = 0;
    proxy.on_worker([&](Worker& worker) { now = worker.loop().turn(); });
    return now;
  };
  const std::uint32_t before = turn();
  const TimePoint until = monotonic_now() + std::chrono::milliseconds{300};
  CHECK(eventually([&] { return monotonic_now() > until; }));
  CHECK(turn() - before < 100);
  CHECK(proxy.counters().direction(metrics::Direction::out).paused.value() == 1);
  CHECK(pipe.client.read(sent.size()) == sent);
}

TEST_CASE("who says goodbye first ends the session, however the connections end after that") {
  const std::string goodbye = write({.opcode = 8, .payload = "\x03\xe8"});
  const std::string masked = write({.opcode = 8, .mask_key = kMask, .payload = "\x03\xe8"});
  SUBCASE("the backend") {
    Live live;
    live.pipe.backend.send(goodbye);
    live.pipe.client.read(goodbye.size());
    live.pipe.client.send(masked);
    live.pipe.backend.read(masked.size());
    live.pipe.client.reset();
    CHECK(eventually([&] { return live.proxy.closes(CloseReason::backend_closed) == 1; }));
  }
  SUBCASE("the client") {
    Live live;
    live.pipe.client.send(masked);
    live.pipe.backend.read(masked.size());
    live.pipe.backend.send(goodbye);
    live.pipe.client.read(goodbye.size());
    live.pipe.backend.close();
    live.pipe.client.close();
    CHECK(eventually([&] { return live.proxy.closes(CloseReason::client_closed) == 1; }));
  }
}

}  // namespace pinion::proxy
