// Picks of all sessions those that were asked for, and gives out a page of them in the order that
// was asked for.
//
// Threads: any; a value.
// Lifetime: the query outlives it.
#pragma once

#include <vector>

#include "admin/control.h"

namespace pinion {

class SessionPager {
 public:
  explicit SessionPager(const admin::SessionQuery& query) noexcept : query_(query) {}

  void add(admin::SessionView view);
  /// Of all that were added, once.
  [[nodiscard]] admin::SessionPage take_page();

 private:
  [[nodiscard]] bool comes_before(const admin::SessionView& a, const admin::SessionView& b) const;

  const admin::SessionQuery& query_;
  std::vector<admin::SessionView> asked_for_;
};

}  // namespace pinion
