#include "admin/orders.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace pinion::admin {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kBackends = "/api/v1/backends/";
constexpr std::string_view kPools = "/api/v1/pools/";

std::optional<Order> backend_order(std::string_view rest) {
  const auto first = rest.find('/');
  const auto last = rest.rfind('/');
  if (first == 0 || first == std::string_view::npos || last <= first + 1) return std::nullopt;
  const std::string_view verb = rest.substr(last + 1);
  if (verb != "drain" && verb != "undrain") return std::nullopt;
  return Order{.verb = verb == "drain" ? Order::Verb::drain : Order::Verb::undrain,
               .pool = std::string(rest.substr(0, first)),
               .backend = std::string(rest.substr(first + 1, last - first - 1))};
}

std::optional<Order> pool_order(std::string_view rest) {
  const auto slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  if (rest.substr(slash + 1) != "rebalance") return std::nullopt;
  return Order{
      .verb = Order::Verb::rebalance, .pool = std::string(rest.substr(0, slash)), .backend = {}};
}

/// Reads one member; what is wrong with it, or nothing.
std::string read_member(const std::string& name, const Json& value, bool with_close,
                        DrainOrder& to) {
  if (name == "close" && with_close) {
    if (!value.is_boolean()) return "close: true or false";
    to.close = value.get<bool>();
    return {};
  }
  if (name == "rate") {
    if (value.is_number()) to.per_second = value.get<double>();
    if (value.is_number() && to.per_second >= kLowestRate && to.per_second <= kHighestRate) {
      return {};
    }
    return fmt::format("rate: sessions a second, allowed are {} to {}", kLowestRate, kHighestRate);
  }
  return fmt::format("there is no member \"{}\"; allowed are {}", name,
                     with_close ? "close, rate" : "rate");
}

std::expected<DrainOrder, std::string> read(const std::string& body, bool with_close) {
  DrainOrder order;
  if (body.empty()) return order;
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return std::unexpected("the body is not a JSON object");
  for (const auto& [name, value] : json.items()) {
    if (auto wrong = read_member(name, value, with_close, order); !wrong.empty()) {
      return std::unexpected(std::move(wrong));
    }
  }
  return order;
}

}  // namespace

std::optional<Order> order_of(std::string_view path) {
  if (path.starts_with(kBackends)) return backend_order(path.substr(kBackends.size()));
  if (path == "/api/v1/reload") {
    return Order{.verb = Order::Verb::reload, .pool = {}, .backend = {}};
  }
  if (path.starts_with(kPools)) return pool_order(path.substr(kPools.size()));
  return std::nullopt;
}

std::expected<DrainOrder, std::string> read_drain_order(const std::string& body) {
  return read(body, true);
}

std::expected<double, std::string> read_rate(const std::string& body) {
  const auto order = read(body, false);
  if (!order) return std::unexpected(order.error());
  return order->per_second;
}

}  // namespace pinion::admin
