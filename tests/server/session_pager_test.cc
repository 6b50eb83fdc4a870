#include "session_pager.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "support/start.h"

namespace pinion {
namespace {

using admin::SessionQuery;
using admin::SessionSort;
using pinion::test::kStart;
using session::Session;
using namespace std::chrono_literals;

using Texts = std::vector<std::string>;

Texts sids(const SessionPager::Picked& page) {
  Texts all;
  for (const Session& session : page.sessions) all.push_back(session.sid);
  return all;
}

SessionPager::Picked page_of(const std::vector<Session>& all, const SessionQuery& query,
                             TimePoint now = kStart) {
  SessionPager pager(query, now);
  for (const Session& session : all) pager.add(session);
  return pager.take_page();
}

Session opened_at(const std::string& sid, TimePoint opened) {
  Session session;
  session.sid = sid;
  session.opened = opened;
  return session;
}

}  // namespace

TEST_CASE("a page begins behind the last session of the one before") {
  std::vector<Session> all;
  for (int i = 0; i < 5; ++i) all.push_back(opened_at(std::to_string(i), kStart + i * 1s));
  const auto first = page_of(all, {.limit = 2});
  CHECK(sids(first) == Texts{"0", "1"});
  REQUIRE(first.next);
  const auto second = page_of(all, {.limit = 2, .after = first.next});
  CHECK(sids(second) == Texts{"2", "3"});
  const auto last = page_of(all, {.limit = 2, .after = second.next});
  CHECK(sids(last) == Texts{"4"});
  CHECK_FALSE(last.next);
  CHECK(sids(page_of(all, {.descending = false, .limit = 2})) == Texts{"4", "3"});
  const auto whole = page_of(all, {.limit = 5});
  CHECK(whole.sessions.size() == 5);
  CHECK_FALSE(whole.next);
}

// By whole milliseconds of age two would change places from one page to the next.
TEST_CASE("each session that stays is shown once, whoever comes and goes meanwhile") {
  std::vector<Session> all;
  std::mt19937 random{7};
  for (int i = 0; i < 200; ++i) {
    // Several in a millisecond, and some at the same moment.
    all.push_back(opened_at("s" + std::to_string(random() % 1'000'000), kStart + i / 3 * 300us));
  }
  for (const bool descending : {true, false}) {
    std::vector<Session> living = all;
    Texts seen;
    SessionQuery query{.descending = descending, .limit = 7};
    TimePoint now = kStart + 1s;
    for (;;) {
      const auto page = page_of(living, query, now += 1234567ns);
      for (const std::string& sid : sids(page)) seen.push_back(sid);
      if (!page.next) break;
      query.after = page.next;
      // Those that were on the page end, and others begin.
      for (int i = 0; i < 5; ++i) {
        std::erase_if(living, [&](const Session& one) {
          return one.sid == seen[seen.size() - 1 - static_cast<std::size_t>(i)];
        });
      }
      living.push_back(opened_at("new" + std::to_string(seen.size()), now));
    }
    std::erase_if(seen, [](const std::string& sid) { return sid.starts_with("new"); });
    Texts expected;
    for (const Session& session : all) expected.push_back(session.sid);
    std::ranges::sort(seen);
    std::ranges::sort(expected);
    CHECK(seen == expected);
  }
}

TEST_CASE("the order is by what was asked for, and by sid where that is the same") {
  std::vector<Session> all(3);
  all[0].sid = "b";
  all[1].sid = "a";
  all[2].sid = "c";
  all[0].last_seen = all[1].last_seen = kStart;
  all[2].last_seen = kStart - 5s;
  all[0].traffic.frames_in = 1;
  all[1].traffic.frames_out = 9;
  all[2].traffic.frames_in = 5;
  CHECK(sids(page_of(all, {.sort = SessionSort::idle})) == Texts{"c", "a", "b"});
  CHECK(sids(page_of(all, {.sort = SessionSort::idle, .descending = false})) ==
        Texts{"a", "b", "c"});
  CHECK(sids(page_of(all, {.sort = SessionSort::frames})) == Texts{"a", "c", "b"});
}

TEST_CASE("what was not measured comes behind all that was") {
  std::vector<Session> all(2);
  all[0].sid = "unknown";
  all[1].sid = "some";
  all[1].pings.note(session::PingNote::ping_of_backend, kStart);
  all[1].pings.note(session::PingNote::pong_of_client, kStart + 3ms);
  CHECK(sids(page_of(all, {.sort = SessionSort::rtt})) == Texts{"some", "unknown"});
}

TEST_CASE("two pools may have the same sid") {
  std::vector<Session> all(2, opened_at("one", kStart));
  all[1].pool = 1;
  const auto first = page_of(all, {.limit = 1});
  const auto second = page_of(all, {.limit = 1, .after = first.next});
  REQUIRE(second.sessions.size() == 1);
  CHECK(second.sessions[0].pool != first.sessions[0].pool);
  CHECK_FALSE(second.next);
}

}  // namespace pinion
