#include "session_pager.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pinion {
namespace {

using admin::SessionSort;
using admin::SessionView;

// What a list is sorted by, always so that more comes first in descending order.
double sort_key(const SessionView& view, SessionSort sort) noexcept {
  switch (sort) {
    case SessionSort::idle:
      return static_cast<double>(view.idle_ms);
    case SessionSort::bytes:
      return static_cast<double>(view.bytes_in + view.bytes_out);
    case SessionSort::frames:
      return static_cast<double>(view.frames_in + view.frames_out);
    case SessionSort::queued:
      return static_cast<double>(view.queued_bytes);
    case SessionSort::paused:
      return static_cast<double>(view.paused_ms);
    case SessionSort::rate:
      return view.frames_in_rate + view.frames_out_rate;
    case SessionSort::rtt:
      return view.rtt_ms.value_or(-1);
    case SessionSort::age:
      break;
  }
  return static_cast<double>(view.age_ms);
}

bool is_of_backend(const SessionView& view, const std::string& asked) {
  return asked.empty() || asked == view.backend || asked == view.pool + '/' + view.backend;
}

}  // namespace

void SessionPager::add(SessionView view) {
  if (is_of_backend(view, query_.backend)) asked_for_.push_back(std::move(view));
}

bool SessionPager::comes_before(const SessionView& a, const SessionView& b) const {
  const auto key_a = sort_key(a, query_.sort);
  const auto key_b = sort_key(b, query_.sort);
  if (key_a != key_b) return query_.descending ? key_a > key_b : key_a < key_b;
  return a.sid < b.sid;
}

admin::SessionPage SessionPager::take_page() {
  std::vector<SessionView> all = std::move(asked_for_);
  std::ranges::sort(all, [this](const auto& a, const auto& b) { return comes_before(a, b); });
  admin::SessionPage page;
  const std::size_t first = std::min(query_.offset, all.size());
  const std::size_t last = std::min(all.size() - first, query_.limit) + first;
  for (std::size_t i = first; i < last; ++i) page.sessions.push_back(std::move(all[i]));
  if (last < all.size()) page.next = last;
  return page;
}

}  // namespace pinion
