#include "proxy/event_gate.h"

#include <doctest/doctest.h>

#include "support/start.h"

namespace pinion::proxy {
namespace {

using namespace std::chrono_literals;
using pinion::test::kStart;

struct Owner final : EventGate::Owner {
  void on_gate_open() noexcept override {}
};

constexpr std::size_t kOneRead = std::size_t{64} << 10U;

}  // namespace

TEST_CASE(
    "by frames, little is read at once, but of a frame that has begun what is still to come") {
  TimerWheel wheel(100ms, 16, kStart);
  Owner owner;
  EventGate gate(wheel, {.frames = 10, .burst = 1s}, owner);
  CHECK_FALSE(gate.take(1, 20, kStart));
  // No more frames than are left fit in that.
  CHECK(gate.read_room(0, kStart) <= 160);
  CHECK(gate.read_room(1000, kStart) >= 1000);
  CHECK(gate.read_room(1000, kStart) <= 1160);
  CHECK(gate.read_room(std::uint64_t{1} << 40U, kStart) == kOneRead);
}

TEST_CASE("by bytes no more is read than may come, of however large a frame") {
  TimerWheel wheel(100ms, 16, kStart);
  Owner owner;
  EventGate gate(wheel, {.frames = 10, .bytes = 1000, .burst = 1s}, owner);
  CHECK(gate.read_room(std::uint64_t{1} << 40U, kStart) <= 1000);
  CHECK(gate.take(1, 1100, kStart));
  CHECK(gate.shut());
}

}  // namespace pinion::proxy
