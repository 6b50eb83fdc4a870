#include "admin/session_list.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pinion::admin {

TEST_CASE("defaults, and every parameter") {
  const auto plain = read_session_query({});
  REQUIRE(plain.has_value());
  CHECK(plain->limit == 100);
  CHECK(plain->descending);
  CHECK(plain->sort == SessionSort::age);

  const SessionCursor last{.key = -300, .pool = 17, .sid = std::string("s\xff-i\0d", 6)};
  const auto all = read_session_query({"backend=chat/a=b", "sort=queued", "order=asc", "limit=1000",
                                       "cursor=" + make_cursor(last)});
  REQUIRE(all.has_value());
  CHECK(all->backend == "chat/a=b");
  CHECK(all->sort == SessionSort::queued);
  CHECK_FALSE(all->descending);
  CHECK(all->limit == 1000);
  CHECK(all->after == last);

  const auto empty = read_session_query({"backend=", "sort=", "order=", "limit=", "cursor=", ""});
  REQUIRE(empty.has_value());
  CHECK(empty->limit == 100);
}

TEST_CASE("wrong parameters say what is allowed") {
  const auto error = [](const std::vector<std::string>& query) {
    const auto read = read_session_query(query);
    return read ? std::string("none") : read.error();
  };
  CHECK(error({"sort=name"}) ==
        "sort: allowed are age, idle, bytes, frames, queued, paused, rate, rtt");
  CHECK(error({"order=up"}) == "order: allowed are asc, desc");
  CHECK(error({"limit=0"}) == "limit: allowed are 1 to 1000");
  CHECK(error({"limit=1001"}) == "limit: allowed are 1 to 1000");
  CHECK(error({"limit=-1"}) == "limit: allowed are 1 to 1000");
  CHECK(error({"limit=99999999999999999999"}) == "limit: allowed are 1 to 1000");
  CHECK(error({"colour=red"}).starts_with("unknown parameter; known are"));
  CHECK(error({"limit=1", "limit=2"}) == "a parameter is given twice");
  for (const auto* cursor :
       {"cursor=100", "cursor=p1-5", "cursor=p2-", "cursor=p2-1", "cursor=p2-1-", "cursor=p2-1-1",
        "cursor=p2-x-1-61", "cursor=p2-1-1-6", "cursor=p2-1-1-6g", "cursor=p2-1-1-+6",
        "cursor=p2-ffffffffffffffffff-1-61"}) {
    CHECK(error({cursor}) == "cursor: take it from \"next\" of the page before");
  }
}

}  // namespace pinion::admin
