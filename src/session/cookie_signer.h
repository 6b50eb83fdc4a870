// The value of pinion's own cookie: it names a backend to pinion and to nobody else, and cannot be
// made up (HMAC-SHA256, RFC 2104).
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace pinion::session {

/// The shortest key that is taken from a file, in bytes.
inline constexpr std::size_t kShortestCookieKey = 16;

class CookieSigner {
 public:
  /// @param key any bytes
  explicit CookieSigner(std::string key) : key_(std::move(key)) {}
  /// A key that nobody knows, good until pinion ends.
  static std::string make_key();

  /// Whether two values are the same, in a time that does not tell how much of them is.
  static bool same(std::string_view one, std::string_view other) noexcept;

  /// The value for one backend: 27 characters of base64url, a token by RFC 6265.
  [[nodiscard]] std::string value_for(std::string_view pool, std::string_view backend) const;

 private:
  std::string key_;
};

}  // namespace pinion::session
