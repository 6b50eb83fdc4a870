#include "engineio/form_decoder.h"

namespace pinion::engineio {

bool FormDecoder::push(char c, Piece& out) noexcept {
  if (escape_size_ > 0 && hex_digit(c) >= 0) {
    escape_[escape_size_++] = c;
    if (escape_size_ == escape_.size()) {
      escape_size_ = 0;
      take_decoded(static_cast<char>(hex_digit(escape_[1]) * 16 + hex_digit(escape_[2])), out);
    }
    return true;
  }
  release_escape(out);
  if (c == '&') {
    finish(out);
    return false;
  }
  if (c == '%') {
    escape_[escape_size_++] = c;
  } else {
    take_decoded(c == '+' ? ' ' : c, out);
  }
  return true;
}

void FormDecoder::finish(Piece& out) noexcept {
  release_escape(out);
  if (backslash_) out.add('\\');
  backslash_ = false;
}

/// A malformed escape stays as it is, as in Node's querystring.
void FormDecoder::release_escape(Piece& out) noexcept {
  const std::uint8_t size = escape_size_;
  escape_size_ = 0;
  for (std::uint8_t i = 0; i < size; ++i) take_decoded(escape_[i], out);
}

/// The client writes a newline as `\n` and a backslash before an `n` twice (engine.io,
/// transports/polling-jsonp.js): of the backslashes before an `n` one goes, and if it was the only
/// one, the `n` means a newline.
void FormDecoder::take_decoded(char c, Piece& out) noexcept {
  if (c == '\\') {
    if (backslash_) out.add('\\');
    earlier_backslash_ = backslash_;
    backslash_ = true;
    return;
  }
  if (backslash_) {
    backslash_ = false;
    if (c == 'n') {
      out.add(earlier_backslash_ ? 'n' : '\n');
      return;
    }
    out.add('\\');
  }
  out.add(c);
}

}  // namespace pinion::engineio
