// Decodes the value of the form field `d`, in which a JSONP client posts a payload: form-urlencoded
// (WHATWG URL), and below that engine.io's own escape for newlines, which forms would change.
//
// Threads: one worker's.
// Lifetime: one value, from after `d=`. Memory: a few bytes.
#pragma once

#include <array>
#include <cstdint>

#include "engineio/piece.h"

namespace pinion::engineio {

class FormDecoder {
 public:
  /// Takes one byte and adds what it completes to `out`. @returns false when the value has ended
  /// (`&`)
  bool push(char c, Piece& out) noexcept;
  /// The body has ended: adds what was held back.
  void finish(Piece& out) noexcept;

 private:
  void take_decoded(char c, Piece& out) noexcept;
  void release_escape(Piece& out) noexcept;

  std::array<char, 3> escape_{};  // `%` and its digits, as they came
  std::uint8_t escape_size_ = 0;
  bool backslash_ = false;          // the last of a run of backslashes is held back
  bool earlier_backslash_ = false;  // and it was not the only one
};

}  // namespace pinion::engineio
