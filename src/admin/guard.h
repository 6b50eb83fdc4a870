// Who may ask what. The endpoint has no accounts: reading is open, changing needs the token when
// there is one. What has to be kept out besides is a web page in somebody's browser: one whose
// name was re-bound to this address (it would send that name as Host), or one that sends
// requests across origins (its browser says so in Origin).
//
// Threads: constant after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "admin/request.h"
#include "metrics/control_counters.h"

namespace pinion::admin {

struct Refusal {
  metrics::AdminRefusal reason = metrics::AdminRefusal::unauthorized;
  Answer answer;
};

class Guard {
 public:
  /// @param token empty: changing is open to whoever can connect
  /// @param listen_host the host of the configured address, without port or brackets; empty for a
  ///   unix socket, which no browser reaches
  Guard(std::string token, std::string listen_host) noexcept;

  /// Why the request must not be answered at all, if so. Host must be an IP address, `localhost` or
  /// the configured host, unless the request shows the token, or other machines are to reach the
  /// endpoint, which has one then.
  [[nodiscard]] std::optional<Refusal> refuse(const Request& request) const;
  /// Why the request may not change anything, if so: a page of another origin, or no valid token
  /// (RFC 6750, 2.1).
  [[nodiscard]] std::optional<Refusal> refuse_change(const Request& request) const;

 private:
  [[nodiscard]] bool knows_host(std::string_view host) const;
  [[nodiscard]] bool shows_token(const Request& request) const;
  std::string token_;
  std::string listen_host_;
  bool any_host_;
};

/// Compares without telling by its time where the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace pinion::admin
