#include "loadgen/reply_book.h"

#include <doctest/doctest.h>

namespace pinion::loadgen {
namespace {

using std::chrono::milliseconds;

TimePoint at_ms(int ms) { return TimePoint{milliseconds{ms}}; }

}  // namespace

TEST_CASE("an ack settles its message, once") {
  ReplyBook book;
  book.sent(1, at_ms(0));
  book.sent(2, at_ms(10));
  CHECK(book.waiting() == 2);
  CHECK(book.acknowledged(2, at_ms(15)).delay == milliseconds{5});
  CHECK(book.acknowledged(1, at_ms(20)).delay == milliseconds{20});
  CHECK(book.waiting() == 0);
  CHECK_FALSE(book.acknowledged(1, at_ms(30)).delay);
  CHECK_FALSE(book.acknowledged(3, at_ms(30)).silence);
  CHECK(book.give_up() == 0);
}

TEST_CASE("what has no ack is lost") {
  ReplyBook book;
  for (std::uint64_t id = 1; id <= 5; ++id) book.sent(id, at_ms(0));
  (void)book.acknowledged(3, at_ms(1));
  CHECK(book.give_up() == 4);
  CHECK(book.give_up() == 0);
  CHECK_FALSE(book.acknowledged(1, at_ms(2)).delay);
}

TEST_CASE("silence lasts from the last word, but only while something is waited for") {
  ReplyBook book;
  CHECK_FALSE(book.silence(at_ms(50)));
  book.sent(1, at_ms(100));
  CHECK(book.silence(at_ms(150)) == milliseconds{50});
  book.sent(2, at_ms(300));
  CHECK(book.acknowledged(1, at_ms(400)).silence == milliseconds{300});
  CHECK(book.acknowledged(2, at_ms(500)).silence == milliseconds{100});
  CHECK_FALSE(book.silence(at_ms(5000)));
  // Nobody waited in between.
  book.sent(3, at_ms(6000));
  CHECK(book.acknowledged(3, at_ms(6010)).silence == milliseconds{10});
}

TEST_CASE("an event answers the oldest message, and those after it are a stream") {
  ReplyBook book;
  book.sent(1, at_ms(0));
  const auto first = book.answered(at_ms(80));
  CHECK(first.delay == milliseconds{80});
  CHECK(first.silence == milliseconds{80});
  const auto next = book.answered(at_ms(100));
  CHECK_FALSE(next.delay);
  CHECK(next.silence == milliseconds{20});
  // The pause between two streams is none of the server's.
  book.sent(2, at_ms(9000));
  const auto second = book.answered(at_ms(9050));
  CHECK(second.delay == milliseconds{50});
  CHECK(second.silence == milliseconds{50});
  CHECK(book.give_up() == 0);
}

TEST_CASE("a stream that nobody asked for has gaps from its second event on") {
  ReplyBook book;
  const auto first = book.answered(at_ms(100));
  CHECK_FALSE(first.delay);
  CHECK_FALSE(first.silence);
  CHECK(book.answered(at_ms(1300)).silence == milliseconds{1200});
}

TEST_CASE("after an end the next session begins anew") {
  ReplyBook book;
  (void)book.answered(at_ms(100));
  (void)book.give_up();
  CHECK_FALSE(book.answered(at_ms(9000)).silence);
}

TEST_CASE("it holds so many and no more") {
  ReplyBook book;
  for (std::uint64_t id = 1; !book.full(); ++id) book.sent(id, at_ms(0));
  CHECK(book.waiting() == ReplyBook::kMost);
  (void)book.answered(at_ms(1));
  CHECK_FALSE(book.full());
}

}  // namespace pinion::loadgen
