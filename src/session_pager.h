// Picks of all sessions those that were asked for, and gives out a page of them in the order that
// was asked for.
//
// By age a session keeps its place while others come and go, so that pages that follow each other
// show each one that stays once. What else is asked for changes from page to page.
//
// Threads: any; a value.
// Lifetime: the query outlives it.
// Invariants: holds at most twice as many sessions as are on a page.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "admin/control.h"
#include "session/session.h"

namespace pinion {

class SessionPager {
 public:
  /// @param now when rates are compared
  SessionPager(const admin::SessionQuery& query, TimePoint now) noexcept
      : query_(query), now_(now) {}

  void add(session::Session session);

  struct Picked {
    std::vector<session::Session> sessions;
    std::optional<admin::SessionCursor> next;
  };
  /// Of all that were added, once.
  [[nodiscard]] Picked take_page();

 private:
  struct Place {
    std::int64_t key = 0;
    std::string_view sid;
    PoolId pool = 0;
  };
  struct Row {
    std::int64_t key = 0;
    session::Session session;

    [[nodiscard]] Place place() const noexcept {
      return {.key = key, .sid = session.sid, .pool = session.pool};
    }
  };
  [[nodiscard]] bool comes_before(const Place& a, const Place& b) const noexcept;
  [[nodiscard]] bool is_behind_cursor(const Row& row) const noexcept;
  void drop_what_is_behind();

  const admin::SessionQuery& query_;
  TimePoint now_;
  std::vector<Row> rows_;
};

}  // namespace pinion
