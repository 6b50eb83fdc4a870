// What the load generator and the backend have agreed on.
//
// A time in a message: "42", then nanoseconds of the steady clock in 19 digits. Processes on one
// machine share that clock.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pinion::bench {

/// After so many messages of an upload the backend says that it has counted them.
inline constexpr std::uint64_t kUploadsPerAck = 64;
/// Bytes of the body of GET /plain.
inline constexpr std::size_t kPlainBody = 1024;

inline constexpr std::size_t kTimeAt = 2, kTimeDigits = 19, kTimedMessage = kTimeAt + kTimeDigits;

/// Writes the time into a message of at least kTimedMessage bytes.
inline void write_time(std::string& message, std::chrono::steady_clock::time_point time) {
  message.replace(0, kTimeAt, "42");
  std::int64_t left = std::chrono::nanoseconds{time.time_since_epoch()}.count();
  for (std::size_t i = kTimedMessage; i-- > kTimeAt; left /= 10) {
    message[i] = static_cast<char>('0' + left % 10);
  }
}

/// Nanoseconds from the time in a message until `now`; nothing when there is no time in it.
inline std::optional<std::int64_t> age_of(std::string_view message,
                                          std::chrono::steady_clock::time_point now) {
  if (message.size() < kTimedMessage || !message.starts_with("42")) return std::nullopt;
  const auto digits = message.substr(kTimeAt, kTimeDigits);
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return std::chrono::nanoseconds{now.time_since_epoch()}.count() - time;
}

}  // namespace pinion::bench
