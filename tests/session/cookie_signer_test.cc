#include "session/cookie_signer.h"

#include <doctest/doctest.h>

#include <set>

namespace pinion::session {
namespace {

using namespace std::string_literals;

const std::string kKey = "0123456789abcdef";

}  // namespace

TEST_CASE("a value is the HMAC of pool and backend, and stays that") {
  // Made with another implementation.
  CHECK(CookieSigner{kKey}.value_for("chat", "10.0.0.1:8000") == "U5nL-lmErGibjgzAd6_c4J6m72I");
  CHECK(CookieSigner{kKey}.value_for("", "") == "jaLO6DWSISZKmIjZmx7PadY352M");
  CHECK(CookieSigner{"\xFF\0k"s}.value_for("a", "b") == "0rUHpj3kwHTPJnFS7dUkSdM0OYc");
  CHECK(CookieSigner{std::string(100, 'k')}.value_for("a", "b") == "bxXRnunlAsOcTxBMiuPu-G6qGgU");
  CHECK(CookieSigner{""}.value_for("a", "b") == "VwOY9ELsezBidMl7IcFDm3sPnsw");
}

TEST_CASE("a value is a token of 27 characters") {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::set<std::string> values;
  for (int i = 0; i < 1000; ++i) {
    const std::string value = CookieSigner{kKey}.value_for("chat", std::to_string(i));
    CHECK(value.size() == 27);
    CHECK(value.find_first_not_of(kAlphabet) == std::string::npos);
    values.insert(value);
  }
  CHECK(values.size() == 1000);
}

TEST_CASE("key, pool and backend each make a value of their own") {
  const CookieSigner signer{kKey};
  CHECK(signer.value_for("a", "b") == CookieSigner{kKey}.value_for("a", "b"));
  CHECK(signer.value_for("a", "b") != signer.value_for("b", "a"));
  CHECK(signer.value_for("ab", "c") != signer.value_for("a", "bc"));
  CHECK(signer.value_for("a", "b") != CookieSigner{kKey + "0"}.value_for("a", "b"));
}

TEST_CASE("values are the same or not") {
  CHECK(CookieSigner::same("", ""));
  CHECK(CookieSigner::same("abc", "abc"));
  CHECK_FALSE(CookieSigner::same("abc", "abd"));
  CHECK_FALSE(CookieSigner::same("abc", "ab"));
  CHECK_FALSE(CookieSigner::same("", "a"));
}

TEST_CASE("keys are any bytes, and made ones differ") {
  CHECK(CookieSigner{"\0\0x"s}.value_for("a", "b") != CookieSigner{"\0\0y"s}.value_for("a", "b"));
  const std::string key = CookieSigner::make_key();
  CHECK(key.size() >= kShortestCookieKey);
  CHECK(key != CookieSigner::make_key());
  CHECK(CookieSigner{key}.value_for("a", "b").size() == 27);
}

}  // namespace pinion::session
