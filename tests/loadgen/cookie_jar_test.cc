#include "loadgen/cookie_jar.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace pinion::loadgen {
namespace {

void take_cookie(CookieJar& jar, std::string_view value) {
  http::Fields fields;
  fields.add("Content-Type", "text/plain");
  fields.add("set-COOKIE", value);
  jar.take(fields);
}

}  // namespace

TEST_CASE("cookies are kept and sent back without what belongs to them") {
  CookieJar jar;
  CHECK(jar.header().empty());
  take_cookie(jar, "server=a1; Path=/; HttpOnly");
  take_cookie(jar, "other=\"x y\"");
  CHECK(jar.header() == "server=a1; other=\"x y\"");
}

TEST_CASE("of several with one name the last counts, and an empty one is none") {
  CookieJar jar;
  take_cookie(jar, "server=a1");
  take_cookie(jar, "server2=b");
  take_cookie(jar, "server=a2");
  CHECK(jar.header() == "server2=b; server=a2");
  take_cookie(jar, "server=; Max-Age=0");
  CHECK(jar.header() == "server2=b");
}

TEST_CASE("what is no cookie is not kept, nor are too many or too long ones") {
  CookieJar jar;
  for (const char* none : {"", "x", "=x", "; a=b"}) take_cookie(jar, none);
  take_cookie(jar, "a=" + std::string(CookieJar::kMostBytes, 'x'));
  CHECK(jar.header().empty());
  for (int i = 0; i < 100; ++i) take_cookie(jar, "c" + std::to_string(i) + "=1");
  const std::string header = jar.header();
  CHECK(std::ranges::count(header, '=') == static_cast<std::ptrdiff_t>(CookieJar::kMost));
}

}  // namespace pinion::loadgen
