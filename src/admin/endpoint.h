// What the admin endpoint answers, apart from sockets: paths, methods, checks.
//
// Threads: the admin thread's.
// Lifetime: `control` and `log` outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "admin/control.h"
#include "admin/guard.h"
#include "admin/orders.h"
#include "admin/request.h"
#include "log/log.h"
#include "log/once_per.h"

namespace pinion::admin {

class Endpoint {
 public:
  Endpoint(Guard guard, Control& control, log::Logger& log) noexcept;

  /// The whole answer, also for HEAD, whose body is then not sent.
  [[nodiscard]] Answer answer(const Request& request);

 private:
  [[nodiscard]] Answer ready() const;
  [[nodiscard]] Answer sessions(const Request& request) const;
  [[nodiscard]] Answer session(const std::string& sid) const;
  std::optional<Answer> refuse_change(const Request& request);
  Answer close_session(const Request& request, const std::string& sid);
  Answer obey(const Request& request, const Order& order);
  Answer rebalance(const Request& request, const std::string& pool);
  Answer reload();

  Guard guard_;
  Control& control_;
  log::Logger& log_;
  log::OncePer warnings_{std::chrono::seconds{10}};
};

}  // namespace pinion::admin
