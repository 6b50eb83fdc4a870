// The cookies of one session, as far as proxies need them that know a session by one: sent back
// whatever their path, until they are taken back.
//
// Threads: the loop's.
// Invariants: holds at most kMost cookies and kMostBytes of each.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/head.h"

namespace pinion::loadgen {

class CookieJar {
 public:
  static constexpr std::size_t kMost = 16;
  static constexpr std::size_t kMostBytes = 4096;

  /// Takes what the fields of an answer set (RFC 6265, 5.2); of several with one name the last.
  void take(const http::Fields& fields);
  /// The value of a Cookie field; empty when there are none.
  [[nodiscard]] std::string header() const;

 private:
  void set(std::string_view pair);

  std::vector<std::string> pairs_;  // name=value
};

}  // namespace pinion::loadgen
