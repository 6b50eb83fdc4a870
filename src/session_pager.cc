#include "session_pager.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace pinion {
namespace {

using admin::SessionSort;
using session::Session;

std::int64_t whole(std::uint64_t count) noexcept { return static_cast<std::int64_t>(count); }

std::int64_t rate_of(const Session& session, TimePoint now) noexcept {
  constexpr double kParts = 1e6;
  session::Rates rates = session.rates;
  rates.decay(now - session.last_seen);
  return std::llround((rates.frames_in + rates.frames_out) * kParts);
}

// What a list is sorted by, always so that more comes first in descending order.
std::int64_t sort_key(const Session& session, SessionSort sort, TimePoint now) noexcept {
  const session::Totals& traffic = session.traffic;
  switch (sort) {
    case SessionSort::idle:
      return -session.last_seen.time_since_epoch().count();
    case SessionSort::bytes:
      return whole(traffic.bytes_in + traffic.bytes_out);
    case SessionSort::frames:
      return whole(traffic.frames_in + traffic.frames_out);
    case SessionSort::queued:
      return whole(session.queued_bytes);
    case SessionSort::paused:
      return whole(traffic.paused_ns);
    case SessionSort::rate:
      return rate_of(session, now);
    case SessionSort::rtt: {
      const auto round_trip = session.pings.round_trip();
      return round_trip ? round_trip->count() : -1;
    }
    case SessionSort::age:
      break;
  }
  return -session.opened.time_since_epoch().count();
}

}  // namespace

bool SessionPager::comes_before(const Place& a, const Place& b) const noexcept {
  if (a.key != b.key) return query_.descending ? a.key > b.key : a.key < b.key;
  return std::tie(a.sid, a.pool) < std::tie(b.sid, b.pool);
}

bool SessionPager::is_behind_cursor(const Row& row) const noexcept {
  if (!query_.after) return true;
  const admin::SessionCursor& last = *query_.after;
  return comes_before({.key = last.key, .sid = last.sid, .pool = last.pool}, row.place());
}

void SessionPager::add(Session session) {
  const std::int64_t key = sort_key(session, query_.sort, now_);
  Row row{.key = key, .session = std::move(session)};
  if (!is_behind_cursor(row)) return;
  rows_.push_back(std::move(row));
  // One more than the page shows that there is another.
  if (rows_.size() > 2 * query_.limit + 1) drop_what_is_behind();
}

void SessionPager::drop_what_is_behind() {
  const std::size_t kept = query_.limit + 1;
  if (rows_.size() <= kept) return;
  const auto middle = rows_.begin() + static_cast<std::ptrdiff_t>(kept);
  std::nth_element(rows_.begin(), middle, rows_.end(), [this](const Row& a, const Row& b) {
    return comes_before(a.place(), b.place());
  });
  rows_.erase(middle, rows_.end());
}

SessionPager::Picked SessionPager::take_page() {
  drop_what_is_behind();
  std::ranges::sort(
      rows_, [this](const Row& a, const Row& b) { return comes_before(a.place(), b.place()); });
  Picked page;
  if (rows_.size() > query_.limit) {
    rows_.pop_back();
    const Row& last = rows_.back();
    page.next = {.key = last.key, .pool = last.session.pool, .sid = last.session.sid};
  }
  page.sessions.reserve(rows_.size());
  for (Row& row : std::exchange(rows_, {})) page.sessions.push_back(std::move(row.session));
  return page;
}

}  // namespace pinion
