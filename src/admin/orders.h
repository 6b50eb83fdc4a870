// Calls that tell the proxy to do something: which it is, by its path, and how, by its body.
//
// Threads: pure functions.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "admin/control.h"

namespace pinion::admin {

struct Order {
  enum class Verb : unsigned char { drain, undrain, rebalance, reload };
  Verb verb = Verb::drain;
  std::string pool, backend;
};

/// Nothing for a path that is none.
/// @param path percent-decoded; a backend's name may hold slashes
std::optional<Order> order_of(std::string_view path);

/// `{"close":true,"rate":10}`; both may be missing, and so may the body. The error is one sentence.
std::expected<DrainOrder, std::string> read_drain_order(const std::string& body);
/// `{"rate":10}`, likewise: sessions a second.
std::expected<double, std::string> read_rate(const std::string& body);

}  // namespace pinion::admin
