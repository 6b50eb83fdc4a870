// Decodes the inside of a quoted string literal byte by byte: JSON (RFC 8259, 7) in an open packet,
// JavaScript (ECMA-262, 12.9.4) around the payload of a JSONP answer.
//
// Threads: one worker's.
// Lifetime: one literal, from after the opening quote. Memory: a few bytes.
// Invariants: what it gives out is UTF-8 if the input is; a surrogate without its partner becomes
// U+FFFD.
#pragma once

#include <cstdint>

#include "engineio/piece.h"

namespace pinion::engineio {

class StringDecoder {
 public:
  enum class Language : unsigned char { json, javascript };
  enum class Status : unsigned char {
    more,    // the literal goes on
    closed,  // this byte was the closing quote
    bad,     // this byte cannot stand here; feed no more
  };

  explicit StringDecoder(Language language) noexcept : language_(language) {}

  /// Takes one byte and adds what it completes to `out`.
  Status push(char c, Piece& out) noexcept;

 private:
  enum class State : unsigned char { text, escape, digits };

  Status push_text(char c, Piece& out) noexcept;
  Status push_escape(char c, Piece& out) noexcept;
  Status push_digit(char c, Piece& out) noexcept;
  void add_unit(Piece& out) noexcept;
  void release_high_surrogate(Piece& out) noexcept;

  Language language_;
  State state_ = State::text;
  std::uint8_t digits_left_ = 0;
  std::uint16_t unit_ = 0;            // of the \u or \x escape that is being read
  std::uint16_t high_surrogate_ = 0;  // waits for its partner; 0 is none
};

}  // namespace pinion::engineio
