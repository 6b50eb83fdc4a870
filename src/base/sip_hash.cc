#include "base/sip_hash.h"

#include <bit>
#include <cstddef>
#include <random>

namespace pinion {
namespace {

struct SipState {
  std::uint64_t a, b, c, d;

  void mix(int rounds) noexcept {
    for (int i = 0; i < rounds; ++i) {
      a += b;
      c += d;
      b = std::rotl(b, 13) ^ a;
      d = std::rotl(d, 16) ^ c;
      a = std::rotl(a, 32);
      c += b;
      a += d;
      b = std::rotl(b, 17) ^ c;
      d = std::rotl(d, 21) ^ a;
      c = std::rotl(c, 32);
    }
  }
  void take(std::uint64_t word) noexcept {
    d ^= word;
    mix(2);
    a ^= word;
  }
};

std::uint64_t load_little_endian(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    word = word << 8U | static_cast<unsigned char>(bytes[i - 1]);
  }
  return word;
}

}  // namespace

SipKey SipKey::random() {
  std::random_device source;
  const auto word = [&] { return std::uint64_t{source()} << 32U | source(); };
  return {word(), word()};
}

std::uint64_t sip_hash(SipKey key, std::string_view text) noexcept {
  // "somepseudorandomlygeneratedbytes", as the paper has it.
  SipState state{key.low ^ 0x736f6d6570736575U, key.high ^ 0x646f72616e646f6dU,
                 key.low ^ 0x6c7967656e657261U, key.high ^ 0x7465646279746573U};
  const std::uint64_t length = text.size();
  for (; text.size() >= 8; text.remove_prefix(8)) state.take(load_little_endian(text.substr(0, 8)));
  state.take(length << 56U | load_little_endian(text));
  state.c ^= 0xFFU;
  state.mix(4);
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace pinion
