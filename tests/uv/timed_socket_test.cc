#include "uv/timed_socket.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "any_port.h"
#include "run_until.h"

namespace pinion::uv {
namespace {

using namespace std::chrono_literals;
using test::kAnyPort;

struct TimedRecorder final : TimedSocket::Events {
  void on_connected(int status) noexcept override { connected = status; }
  void on_bytes(std::string_view bytes, TimedSocket::Arrival when) noexcept override {
    read += bytes;
    arrival = when;
  }
  void on_end(int status) noexcept override { ended = status; }
  std::optional<int> connected, ended;
  std::string read;
  TimedSocket::Arrival arrival;
};

// A TimedSocket that is connected, and the plain socket at its other end.
struct Talk {
  explicit Talk(const SocketAddress& at) {
    auto bound = bind_sockets(at, 1);
    REQUIRE(bound);
    REQUIRE(::listen(bound->sockets[0].get(), 1) == 0);
    REQUIRE(socket.connect(bound->address) == 0);
    REQUIRE(test::run_until(loop, [&] { return seen.connected.has_value(); }));
    REQUIRE(seen.connected == 0);
    peer = OwnedFd(::accept(bound->sockets[0].get(), nullptr, nullptr));
  }
  void answer(std::string_view text) const {
    REQUIRE(::send(peer.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }

  Loop loop;
  TimedRecorder seen;
  TimedSocket socket{loop, seen};
  OwnedFd peer;
};

void be_busy(Duration time) {
  for (const TimePoint end = monotonic_now() + time; monotonic_now() < end;) {
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("the kernel says when an answer came in, no matter when it is read") {
  Talk talk(kAnyPort);
  REQUIRE(talk.socket.send("ping") == 0);
  const TimePoint sent = monotonic_now();
  be_busy(2ms);
  talk.answer("pong");
  const Duration answered = monotonic_now() - sent;
  // This process is busy with something else.
  be_busy(300ms);
  CHECK(test::run_until(talk.loop, [&] { return talk.seen.read == "pong"; }));
  CHECK(talk.seen.arrival.by_kernel);
  CHECK(talk.seen.arrival.after >= 2ms);
  CHECK(talk.seen.arrival.after <= answered + 50ms);
}

TEST_CASE("a unix socket has no such times, and says so") {
  std::string directory = (std::filesystem::temp_directory_path() / "pinion-timed-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  {
    Talk talk(SocketAddress::from_unix_path(directory + "/s"));
    REQUIRE(talk.socket.send("ping") == 0);
    talk.answer("pong");
    CHECK(test::run_until(talk.loop, [&] { return talk.seen.read == "pong"; }));
    CHECK_FALSE(talk.seen.arrival.by_kernel);
    CHECK(talk.seen.arrival.after > Duration::zero());
  }
  std::filesystem::remove_all(directory);
}

TEST_CASE("the end of the other side is told") {
  Talk talk(kAnyPort);
  talk.peer = OwnedFd{};
  CHECK(test::run_until(talk.loop, [&] { return talk.seen.ended.has_value(); }));
  CHECK(talk.seen.ended == 0);
}

TEST_CASE("a connect that is refused is told") {
  SocketAddress nobody = kAnyPort;
  {
    auto bound = bind_sockets(kAnyPort, 1);
    REQUIRE(bound);
    nobody = bound->address;
  }
  Loop loop;
  TimedRecorder seen;
  TimedSocket socket(loop, seen);
  REQUIRE(socket.connect(nobody) == 0);
  CHECK(test::run_until(loop, [&] { return seen.connected.has_value(); }));
  CHECK(seen.connected == UV_ECONNREFUSED);
}

TEST_CASE("a path that is no socket fails at once") {
  Loop loop;
  TimedRecorder seen;
  TimedSocket socket(loop, seen);
  CHECK(socket.connect(SocketAddress::from_unix_path("/nonexistent/socket")) == UV_ENOENT);
  CHECK_FALSE(socket.open());
}

}  // namespace pinion::uv
