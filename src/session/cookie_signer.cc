#include "session/cookie_signer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace pinion::session {
namespace {

constexpr std::size_t kMadeKey = 32;
constexpr std::size_t kKeptOfDigest = 20;  // 160 bits: more than anybody can guess

/// RFC 4648, 5, without padding.
std::string base64url(std::span<const unsigned char> bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t waiting = 0;
  unsigned bits = 0;
  for (const unsigned char byte : bytes) {
    waiting = waiting << 8U | byte;
    for (bits += 8; bits >= 6; bits -= 6) text.push_back(kAlphabet[waiting >> (bits - 6) & 63U]);
  }
  if (bits > 0) text.push_back(kAlphabet[waiting << (6 - bits) & 63U]);
  return text;
}

}  // namespace

std::string CookieSigner::make_key() {
  std::array<unsigned char, kMadeKey> key{};
  PINION_CHECK(RAND_bytes(key.data(), static_cast<int>(key.size())) == 1,
               "without chance there are no secrets");
  return {key.begin(), key.end()};
}

bool CookieSigner::same(std::string_view one, std::string_view other) noexcept {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string CookieSigner::value_for(std::string_view pool, std::string_view backend) const {
  using namespace std::string_view_literals;
  std::string said("pinion-cookie\0"sv);
  said.append(pool).append("\0"sv).append(backend);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const auto* const made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                                reinterpret_cast<const unsigned char*>(said.data()), said.size(),
                                digest.data(), nullptr);
  PINION_CHECK(made != nullptr, "HMAC-SHA256 is there");
  return base64url(std::span(digest).first(kKeptOfDigest));
}

}  // namespace pinion::session
