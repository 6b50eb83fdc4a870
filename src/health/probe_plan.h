// What a probe of a pool's backends asks for, and which answers are fine.
//
// Threads: values and pure functions.
#pragma once

#include <string>

#include "balance/orca.h"
#include "base/socket_address.h"
#include "config/config.h"
#include "http/head.h"

namespace pinion::health {

struct ProbePlan {
  bool asks = false;   // false: a connect is all, unless the backend is silent
  bool opens = false;  // asks for a WebSocket, and waits for the Engine.IO open packet on it
  std::string target;  // path and query
  int lowest = 0;      // statuses that are fine
  int highest = 0;
  Duration interval{};  // mean, while the backend is calm
  Duration timeout{};
  std::uint32_t rise = 1;
  std::uint32_t fall = 1;
  balance::ReportRules reports;  // of load, in answers

  bool operator==(const ProbePlan&) const = default;
  /// Probes go out and are answered as by the other plan; only what follows from them may differ.
  [[nodiscard]] bool measures_as(const ProbePlan& other) const {
    ProbePlan alike = *this;
    alike.rise = other.rise;
    alike.fall = other.fall;
    alike.reports = other.reports;
    return alike == other;
  }
  [[nodiscard]] bool is_fine(int status) const noexcept {
    return status >= lowest && status <= highest;
  }
  /// For messages: "400", or "200 to 399".
  [[nodiscard]] std::string fine() const;
};

ProbePlan plan_of(const config::Pool& pool);

/// Whether a 101 is one that a client must take as the answer to the request of a plan that opens
/// (RFC 6455, 4.1).
bool opens_websocket(const http::ResponseHead& head) noexcept;

/// The request in full.
std::string request_text(const ProbePlan& plan, const SocketAddress& to);

}  // namespace pinion::health
