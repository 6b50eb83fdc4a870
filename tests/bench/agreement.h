// What the load generator and the backend have agreed on.
//
// A time in a message: "42", then nanoseconds of the steady clock in 19 digits. Processes on one
// machine share that clock. The times in the messages of a stream are those at which they were due,
// so the next one is later by exactly a period, or something was lost.
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

/// The time in a message, in nanoseconds; nothing when there is none in it.
inline std::optional<std::int64_t> time_in(std::string_view message) {
  if (message.size() < kTimedMessage || !message.starts_with("42")) return std::nullopt;
  const auto digits = message.substr(kTimeAt, kTimeDigits);
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return time;
}

/// From one message of a stream to the next.
inline std::chrono::nanoseconds period_of(std::size_t rate) {
  return std::chrono::nanoseconds{std::chrono::seconds{1}} / rate;
}

}  // namespace pinion::bench
