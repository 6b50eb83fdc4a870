// Which fields belong to one connection only (RFC 9110, 7.6.1).
//
// Threads: one worker's.
// Lifetime: a HopByHop refers to the fields it was made from.
#pragma once

#include <string_view>

#include "http/head.h"

namespace pinion::http {

class HopByHop {
 public:
  explicit HopByHop(const Fields& fields) noexcept;

  /// Whether that field ends here: by its nature, or because Connection names it. What a
  /// message needs to be understood, and what proxies say of the client, cannot be named away.
  /// Proxy-Authenticate and Proxy-Authorization pass: a gateway is not the proxy they speak to
  /// (RFC 9110, 11.7), unless Connection names them.
  [[nodiscard]] bool drops(const Field& field) const noexcept;

 private:
  const Fields& fields_;
  bool names_fields_ = false;  // Connection holds more than close, keep-alive and upgrade
};

}  // namespace pinion::http
