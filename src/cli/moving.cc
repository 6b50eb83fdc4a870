#include "cli/moving.h"

#include <fmt/format.h>

#include <charconv>
#include <expected>
#include <nlohmann/json.hpp>
#include <ostream>

#include "admin/client.h"
#include "base/percent.h"
#include "log/escape.h"

namespace pinion::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kUndrain = "undrain";
constexpr std::string_view kNobodyMoves =
    "; they stay, since --rate asks for nothing without --close";

/// "10/s" or "10"; the endpoint checks the bounds.
std::expected<double, std::string> parse_rate(std::string_view text) {
  if (text.ends_with("/s")) text.remove_suffix(2);
  double rate = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), rate);
  if (error == std::errc{} && end == text.end()) return rate;
  return std::unexpected("--rate: a number of sessions a second, such as 10/s");
}

std::expected<Json, std::string> body_of(const MovingOptions& moving) {
  Json body = Json::object();
  if (moving.close) body["close"] = true;
  if (moving.rate.empty()) return body;
  const auto rate = parse_rate(moving.rate);
  if (!rate) return std::unexpected(rate.error());
  body["rate"] = *rate;
  return body;
}

/// Sends the order and shows its answer in a line, by `show`.
template <typename Show>
int order(const std::string& target, const MovingOptions& moving, const RemoteOptions& options,
          const Terminal& terminal, Show show) {
  const auto sent = body_of(moving);
  if (!sent) return terminal.fail(kUsage, sent.error());
  const auto body =
      moving.stop ? ask(options, "DELETE", target) : ask(options, "POST", target, sent->dump());
  if (!body) return terminal.fail(body.error().exit_code, body.error().message);
  if (options.json) {
    terminal.out << *body;
    return kDone;
  }
  const auto answer = parse_answer(*body);
  if (!answer) return terminal.fail(answer.error().exit_code, answer.error().message);
  terminal.out << log::printable(show(*answer)) << '\n';
  return kDone;
}

int order_backend(std::string_view verb, const MovingOptions& moving, const RemoteOptions& options,
                  const Terminal& terminal) {
  const auto slash = moving.of.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == moving.of.size()) {
    return terminal.fail(kUsage, moving.of + " is not of the form POOL/BACKEND");
  }
  const std::string target =
      fmt::format("/api/v1/backends/{}/{}/{}", percent_encode(moving.of.substr(0, slash)),
                  percent_encode(moving.of.substr(slash + 1)), verb);
  return order(target, moving, options, terminal, [&](const Json& backend) {
    // Why it gets none all the same.
    const std::string reason = verb == kUndrain ? text_of(backend, "reason") : "";
    const std::string_view note = moving.rate.empty() || moving.close ? "" : kNobodyMoves;
    return fmt::format("{} is {}, {} sessions{}{}{}", moving.of, text_of(backend, "state"),
                       count_of(backend, "sessions"), reason.empty() ? "" : ": ", reason, note);
  });
}

std::string stopped_text(const std::string& pool, const Json& answer) {
  const auto stopped = answer.find("stopped");
  if (stopped == answer.end() || *stopped != true) return pool + ": there is nothing to stop";
  return fmt::format("{}: stopped, {} sessions were moved and {} more would have been", pool,
                     count_of(answer, "moved"), count_of(answer, "left"));
}

}  // namespace

std::string waits_text(const Json& rebalance) {
  std::string names;
  for (const Json& name : list_of(rebalance, "waits_for")) {
    if (name.is_string()) names += (names.empty() ? "" : ", ") + name.get<std::string>();
  }
  return names.empty() ? names : "waits for backends to ramp up or return: " + names;
}

int run_drain(const MovingOptions& moving, const RemoteOptions& options, const Terminal& terminal) {
  return order_backend("drain", moving, options, terminal);
}

int run_undrain(const MovingOptions& moving, const RemoteOptions& options,
                const Terminal& terminal) {
  return order_backend(kUndrain, moving, options, terminal);
}

int run_rebalance(const MovingOptions& moving, const RemoteOptions& options,
                  const Terminal& terminal) {
  const std::string target = "/api/v1/pools/" + percent_encode(moving.of) + "/rebalance";
  return order(target, moving, options, terminal, [&](const Json& answer) {
    if (moving.stop) return stopped_text(moving.of, answer);
    const std::string waits = waits_text(answer);
    return fmt::format("{}: {} sessions to move, {:g} a second{}{}", moving.of,
                       count_of(answer, "to_move"), number_of(answer, "rate"),
                       waits.empty() ? "" : "; it ", waits);
  });
}

}  // namespace pinion::cli
