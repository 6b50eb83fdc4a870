#include "balance/admission_queue.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/start.h"

namespace pinion::balance {
namespace {

using pinion::test::kStart;

/// The places that there are, and who has got one.
struct Places {
  std::size_t free = 0;
  std::string got, displaced;
};

struct Waiter final : AdmissionWaiter {
  Waiter(AdmissionQueue& its_queue, Places& its_places, char its_name)
      : queue(its_queue), places(its_places), name(its_name) {}

  bool on_turn(TimePoint /*now*/) noexcept override {
    ++turns;
    if (places.free == 0) return false;
    --places.free;
    queue.leave(*this);
    places.got += name;
    if (comes_back) CHECK(queue.join(*this, Rank::fresh, 1, true));
    return true;
  }
  void on_displaced() noexcept override { places.displaced += name; }

  AdmissionQueue& queue;
  Places& places;
  char name;
  int turns = 0;
  bool comes_back = false;
};

}  // namespace

TEST_CASE(
    "one that waits for its own backend no more goes before those who are new, on any worker") {
  SharedAdmission shared;
  AdmissionQueue here(shared);
  AdmissionQueue there(shared);
  Places places;
  Waiter lost(here, places, 'l');
  Waiter fresh(there, places, 'f');
  CHECK(here.join(lost, Rank::bound, 9, false));
  CHECK(there.join(fresh, Rank::fresh, 9, false));
  CHECK_FALSE(here.goes_behind(Rank::returning));
  here.unbind(lost);
  here.unbind(lost);
  CHECK(shared.waiting == 2);
  CHECK(shared.of(Rank::bound) == 0);
  CHECK(there.goes_behind(Rank::fresh));
  places.free = 1;
  there.serve(kStart);
  CHECK(places.got.empty());
  here.serve(kStart);
  CHECK(places.got == "l");
  places.free = 1;
  there.serve(kStart);
  CHECK(places.got == "lf");
  CHECK(shared.waiting == 0);
}

TEST_CASE(
    "one that is told on its turn that its backend takes nobody keeps its place in no list of "
    "two") {
  struct Leaver final : AdmissionWaiter {
    explicit Leaver(AdmissionQueue& its_queue) : queue(its_queue) {}
    bool on_turn(TimePoint /*now*/) noexcept override {
      ++turns;
      queue.unbind(*this);
      return false;
    }
    void on_displaced() noexcept override {}
    AdmissionQueue& queue;
    int turns = 0;
  };
  SharedAdmission shared;
  AdmissionQueue queue(shared);
  Leaver one(queue);
  Leaver other(queue);
  CHECK(queue.join(one, Rank::bound, 9, false));
  CHECK(queue.join(other, Rank::bound, 9, false));
  queue.serve(kStart);
  CHECK(shared.of(Rank::bound) == 0);
  CHECK(shared.of(Rank::returning) == 2);
  // Those who return have their turns in order, until one finds no place.
  CHECK(one.turns == 2);
  CHECK(other.turns == 1);
  queue.leave(one);
  queue.leave(other);
  CHECK(shared.waiting == 0);
}

TEST_CASE("first come, first served, until there is no place") {
  SharedAdmission shared;
  AdmissionQueue queue(shared);
  Places places;
  Waiter a(queue, places, 'a');
  Waiter b(queue, places, 'b');
  Waiter c(queue, places, 'c');
  for (Waiter* const each : {&a, &b, &c}) CHECK(queue.join(*each, Rank::fresh, 3, false));
  CHECK(shared.waiting == 3);
  queue.serve(kStart);
  CHECK(places.got.empty());
  CHECK(c.turns == 0);
  places.free = 2;
  queue.serve(kStart);
  CHECK(places.got == "ab");
  CHECK(shared.waiting == 1);
  places.free = 2;
  queue.serve(kStart);
  CHECK(places.got == "abc");
  CHECK(queue.empty());
  CHECK(shared.waiting == 0);
}

TEST_CASE("who returns goes before who is new, on whichever worker") {
  SharedAdmission shared;
  AdmissionQueue one(shared);
  AdmissionQueue other(shared);
  Places places;
  Waiter fresh(one, places, 'f');
  Waiter returning(one, places, 'r');
  Waiter elsewhere(other, places, 'e');
  CHECK(one.join(fresh, Rank::fresh, 10, false));
  CHECK(one.goes_behind(Rank::fresh));
  CHECK_FALSE(other.goes_behind(Rank::returning));
  CHECK(other.goes_behind(Rank::fresh));
  CHECK(one.join(returning, Rank::returning, 10, false));
  CHECK(other.join(elsewhere, Rank::returning, 10, false));
  CHECK(other.goes_behind(Rank::returning));
  places.free = 10;
  one.serve(kStart);
  CHECK(places.got == "r");
  other.serve(kStart);
  one.serve(kStart);
  CHECK(places.got == "ref");
  CHECK_FALSE(one.anybody_waits());
}

TEST_CASE(
    "who returns takes the place of somebody new at another worker, who goes at its next turn") {
  SharedAdmission shared;
  AdmissionQueue one(shared);
  AdmissionQueue other(shared);
  Places places;
  Waiter a(one, places, 'a');
  Waiter b(one, places, 'b');
  Waiter r(other, places, 'r');
  Waiter s(other, places, 's');
  Waiter t(other, places, 't');
  CHECK(one.join(a, Rank::fresh, 2, false));
  CHECK(one.join(b, Rank::fresh, 2, false));
  CHECK(other.join(r, Rank::returning, 2, false));
  CHECK_FALSE(other.join(s, Rank::fresh, 2, false));
  SUBCASE("the newest first, and no more than are new") {
    CHECK(other.join(s, Rank::bound, 2, false));
    CHECK_FALSE(other.join(t, Rank::returning, 2, false));
    one.serve(kStart);
    CHECK(places.displaced == "ba");
    CHECK(shared.waiting == 2);
    CHECK_FALSE(other.join(t, Rank::returning, 2, false));
    other.leave(s);
  }
  SUBCASE("unless one leaves by itself") {
    one.leave(a);
    one.serve(kStart);
    CHECK(places.displaced.empty());
    CHECK(shared.waiting == 2);
    one.leave(b);
  }
  other.leave(r);
  CHECK(shared.waiting == 0);
  CHECK(shared.over == 0);
}

TEST_CASE("the limit is that of all workers together") {
  SharedAdmission shared;
  AdmissionQueue one(shared);
  AdmissionQueue other(shared);
  Places places;
  Waiter a(one, places, 'a');
  Waiter b(other, places, 'b');
  Waiter c(one, places, 'c');
  CHECK(one.join(a, Rank::fresh, 2, false));
  CHECK(other.join(b, Rank::returning, 2, false));
  CHECK_FALSE(one.join(c, Rank::fresh, 2, false));
  other.leave(b);
  other.leave(b);
  CHECK(shared.of(Rank::returning) == 0);
  CHECK(one.join(c, Rank::returning, 2, false));
  one.leave(a);
  one.leave(c);
  CHECK(shared.waiting == 0);
}

TEST_CASE("who returns to a full queue takes the place of the newest who is new") {
  SharedAdmission shared;
  AdmissionQueue queue(shared);
  Places places;
  Waiter a(queue, places, 'a');
  Waiter b(queue, places, 'b');
  Waiter c(queue, places, 'c');
  Waiter d(queue, places, 'd');
  CHECK(queue.join(a, Rank::fresh, 2, false));
  CHECK(queue.join(b, Rank::fresh, 2, false));
  CHECK(queue.join(c, Rank::returning, 2, false));
  CHECK(places.displaced == "b");
  CHECK(shared.waiting == 2);
  CHECK_FALSE(queue.join(b, Rank::fresh, 2, false));
  CHECK(queue.join(d, Rank::bound, 2, false));
  CHECK(places.displaced == "ba");
  CHECK_FALSE(queue.join(a, Rank::returning, 2, false));
  places.free = 10;
  queue.serve(kStart);
  CHECK(places.got == "dc");
  CHECK(shared.waiting == 0);
}

TEST_CASE("who waits for one backend keeps nobody from another, and keeps its place") {
  SharedAdmission shared;
  AdmissionQueue queue(shared);
  Places home;
  Places elsewhere{.free = 1, .got = {}, .displaced = {}};
  Waiter a(queue, home, 'a');
  Waiter b(queue, home, 'b');
  Waiter fresh(queue, elsewhere, 'f');
  CHECK(queue.join(a, Rank::bound, 10, false));
  CHECK(queue.join(b, Rank::bound, 10, false));
  CHECK_FALSE(queue.goes_behind(Rank::fresh));
  CHECK(queue.join(fresh, Rank::fresh, 10, false));
  queue.serve(kStart);
  CHECK(elsewhere.got == "f");
  home.free = 1;
  queue.serve(kStart);
  CHECK(home.got == "a");
  home.free = 1;
  queue.serve(kStart);
  CHECK(home.got == "ab");
  CHECK(queue.empty());
}

TEST_CASE("who comes back goes to the front, but has had its turn") {
  SharedAdmission shared;
  AdmissionQueue queue(shared);
  Places places{.free = 100, .got = {}, .displaced = {}};
  Waiter unlucky(queue, places, 'u');
  Waiter next(queue, places, 'n');
  unlucky.comes_back = true;
  CHECK(queue.join(unlucky, Rank::fresh, 10, false));
  CHECK(queue.join(next, Rank::fresh, 10, false));
  queue.serve(kStart);
  CHECK(unlucky.turns == 2);
  CHECK(next.turns == 0);
  unlucky.comes_back = false;
  queue.serve(kStart);
  CHECK(places.got == "uuun");
  CHECK(queue.empty());
}

}  // namespace pinion::balance
