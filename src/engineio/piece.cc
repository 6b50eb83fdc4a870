#include "engineio/piece.h"

namespace pinion::engineio {

void Piece::add_code_point(std::uint32_t code) noexcept {
  const auto tail = [this, code](unsigned shift) {
    add(static_cast<char>(0x80U | ((code >> shift) & 0x3FU)));
  };
  if (code < 0x80) {
    add(static_cast<char>(code));
  } else if (code < 0x800) {
    add(static_cast<char>(0xC0U | (code >> 6U)));
    tail(0);
  } else if (code < 0x10000) {
    add(static_cast<char>(0xE0U | (code >> 12U)));
    tail(6);
    tail(0);
  } else {
    add(static_cast<char>(0xF0U | (code >> 18U)));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace pinion::engineio
