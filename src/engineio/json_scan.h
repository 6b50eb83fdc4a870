// Reads one JSON object (RFC 8259) member by member, without building a tree: all that open packets
// and error bodies need. The caller takes the members it wants and skips the others.
//
// Threads: one worker's.
// Lifetime: the text outlives the reader.
// Invariants: after a failure every call fails; nesting deeper than kMaxJsonDepth is a failure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pinion::engineio {

/// As deep as Python's own reader goes. What 64 KiB of "[" take of the stack is some 200 KiB then.
inline constexpr std::size_t kMaxJsonDepth = 1000;

class JsonObjectReader {
 public:
  /// @param text the whole object and nothing but white space around it
  explicit JsonObjectReader(std::string_view text) noexcept : rest_(text) {}

  /// Goes to the next member. @returns its decoded name, good until the next call, or nothing at
  /// the end or on failure
  std::optional<std::string_view> next_member();
  /// The member's value if it is a string, decoded; else skips it.
  std::optional<std::string> string_value();
  /// The member's value if it is a number that a double can hold; else skips it.
  std::optional<double> number_value();
  void skip_value();
  /// Whether the object was well-formed to its end. Valid once next_member() has returned nothing.
  [[nodiscard]] bool complete() const noexcept { return state_ == State::done; }

 private:
  enum class State : unsigned char { before, inside, done, failed };

  void skip_space() noexcept;
  bool take(char c) noexcept;
  bool take_word(std::string_view word) noexcept;
  bool take_digits() noexcept;
  bool take_number() noexcept;
  bool take_string(std::string* decoded);
  bool take_value(std::size_t depth);
  bool take_members(char close, std::size_t depth);
  std::nullopt_t fail() noexcept;

  std::string_view rest_;
  State state_ = State::before;
  std::string name_;
};

}  // namespace pinion::engineio
