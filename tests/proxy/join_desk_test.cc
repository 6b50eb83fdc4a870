#include "proxy/join_desk.h"

#include <doctest/doctest.h>

#include <functional>

namespace pinion::proxy {
namespace {

struct Waiter final : JoinWaiter {
  void on_joined() noexcept override {
    ++told;
    if (then) then();
  }
  int told = 0;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("who waits for a session that has joined is told once, nobody else is") {
  JoinDesk desk;
  Waiter a;
  Waiter b;
  Waiter other;
  desk.wait(1, a);
  desk.wait(1, b);
  desk.wait(2, other);
  CHECK(desk.waiting(1) == 2);
  desk.joined(1);
  desk.joined(1);
  CHECK(a.told == 1);
  CHECK(b.told == 1);
  CHECK(other.told == 0);
  CHECK(desk.waiting(1) == 0);
}

TEST_CASE("who has left is not told") {
  JoinDesk desk;
  Waiter a;
  Waiter b;
  desk.wait(1, a);
  desk.wait(1, b);
  desk.leave(1, a);
  desk.leave(1, a);
  desk.leave(7, b);
  desk.joined(1);
  CHECK(a.told == 0);
  CHECK(b.told == 1);
}

TEST_CASE("one that is told may make another one leave, or wait again") {
  JoinDesk desk;
  Waiter a;
  Waiter b;
  const auto one_of_two = [&] {
    desk.leave(1, a);
    desk.leave(1, b);
  };
  a.then = b.then = one_of_two;
  desk.wait(1, a);
  desk.wait(1, b);
  desk.joined(1);
  CHECK(a.told + b.told == 1);
  CHECK(desk.waiting(1) == 0);
}

}  // namespace pinion::proxy
