#include "base/sip_hash.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace pinion {
namespace {

/// The key and the messages of the paper's appendix A: bytes that count up from zero.
constexpr SipKey kCountingKey{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

std::string counting(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

}  // namespace

TEST_CASE("sip_hash makes of the paper's example what the paper has") {
  CHECK(sip_hash(kCountingKey, counting(15)) == 0xa129ca6149be45e5U);
}

TEST_CASE("sip_hash looks at each byte, at the length and at the key") {
  std::set<std::uint64_t> hashes;
  for (std::size_t size = 0; size <= 40; ++size) {
    hashes.insert(sip_hash(kCountingKey, std::string(size, '\0')));
    for (std::size_t i = 0; i < size; ++i) {
      std::string text(size, '\0');
      text[i] = '\x80';
      hashes.insert(sip_hash(kCountingKey, text));
    }
  }
  hashes.insert(sip_hash({0, 1}, ""));
  hashes.insert(sip_hash({1, 0}, ""));
  CHECK(hashes.size() == 41 + 40 * 41 / 2 + 2);
}

TEST_CASE("no two keys are the same") {
  const SipKey one = SipKey::random();
  const SipKey two = SipKey::random();
  CHECK((one.low != two.low || one.high != two.high));
}

}  // namespace pinion
