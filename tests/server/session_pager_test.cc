#include "session_pager.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion {
namespace {

using admin::SessionQuery;
using admin::SessionView;

std::vector<std::string> sids(const admin::SessionPage& page) {
  std::vector<std::string> all;
  for (const SessionView& session : page.sessions) all.push_back(session.sid);
  return all;
}

admin::SessionPage page_of(const std::vector<SessionView>& all, const SessionQuery& query) {
  SessionPager pager(query);
  for (const SessionView& session : all) pager.add(session);
  return pager.take_page();
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a page begins at its offset and says where the next one does") {
  std::vector<SessionView> all;
  for (unsigned i = 0; i < 5; ++i) all.push_back({.sid = std::to_string(i), .age_ms = i});
  const auto first = page_of(all, {.limit = 2});
  CHECK(sids(first) == Texts{"4", "3"});
  CHECK(first.next == 2);
  const auto last = page_of(all, {.limit = 2, .offset = 3});
  CHECK(sids(last) == Texts{"1", "0"});
  CHECK_FALSE(last.next);
  CHECK(page_of(all, {.offset = 5}).sessions.empty());
  const auto behind = page_of(all, {.offset = 100});
  CHECK(behind.sessions.empty());
  CHECK_FALSE(behind.next);
}

TEST_CASE("the order is by what was asked for, and by sid where that is the same") {
  const std::vector<SessionView> all = {{.sid = "b", .idle_ms = 2, .frames_in = 1},
                                        {.sid = "a", .idle_ms = 2, .frames_out = 9},
                                        {.sid = "c", .idle_ms = 7, .frames_in = 5}};
  CHECK(sids(page_of(all, {.sort = admin::SessionSort::idle})) == Texts{"c", "a", "b"});
  CHECK(sids(page_of(all, {.sort = admin::SessionSort::idle, .descending = false})) ==
        Texts{"a", "b", "c"});
  CHECK(sids(page_of(all, {.sort = admin::SessionSort::frames})) == Texts{"a", "c", "b"});
}

TEST_CASE("what was not measured comes behind all that was") {
  const std::vector<SessionView> all = {
      {.sid = "unknown"}, {.sid = "none", .rtt_ms = 0.0}, {.sid = "some", .rtt_ms = 3.0}};
  CHECK(sids(page_of(all, {.sort = admin::SessionSort::rtt})) == Texts{"some", "none", "unknown"});
}

TEST_CASE("only those of a backend, by its name or its pool's too") {
  const std::vector<SessionView> all = {{.sid = "1", .pool = "chat", .backend = "a"},
                                        {.sid = "2", .pool = "chat", .backend = "b"},
                                        {.sid = "3", .pool = "game", .backend = "a"}};
  CHECK(sids(page_of(all, {.backend = "a"})) == Texts{"1", "3"});
  CHECK(sids(page_of(all, {.backend = "chat/a"})) == Texts{"1"});
  CHECK(sids(page_of(all, {.backend = "chat"})).empty());
}

}  // namespace pinion
