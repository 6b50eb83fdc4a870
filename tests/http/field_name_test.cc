#include "http/field_name.h"

#include <doctest/doctest.h>

#include "base/ascii.h"
#include "http/head.h"

namespace pinion::http {
namespace {

struct Named {
  std::string_view text;
  FieldName name;
};

constexpr Named kNamed[] = {
    {"Accept", FieldName::accept},
    {"Accept-Encoding", FieldName::accept_encoding},
    {"Authorization", FieldName::authorization},
    {"Cache-Control", FieldName::cache_control},
    {"Connection", FieldName::connection},
    {"Content-Encoding", FieldName::content_encoding},
    {"Content-Length", FieldName::content_length},
    {"Content-Type", FieldName::content_type},
    {"Cookie", FieldName::cookie},
    {"Expect", FieldName::expect},
    {"Forwarded", FieldName::forwarded},
    {"Host", FieldName::host},
    {"HTTP2-Settings", FieldName::http2_settings},
    {"Keep-Alive", FieldName::keep_alive},
    {"Origin", FieldName::origin},
    {"Proxy-Connection", FieldName::proxy_connection},
    {"Sec-WebSocket-Key", FieldName::sec_websocket},
    {"Sec-WebSocket-", FieldName::sec_websocket},
    {"Set-Cookie", FieldName::set_cookie},
    {"TE", FieldName::te},
    {"Trailer", FieldName::trailer},
    {"Transfer-Encoding", FieldName::transfer_encoding},
    {"Upgrade", FieldName::upgrade},
    {"X-Forwarded-", FieldName::x_forwarded},
    {"X-Forwarded-Prefix", FieldName::x_forwarded},
    {"X-Forwarded-For", FieldName::x_forwarded_for},
    {"X-Forwarded-Host", FieldName::x_forwarded_host},
    {"X-Forwarded-Proto", FieldName::x_forwarded_proto},
    {"X-Real-IP", FieldName::x_real_ip},
};

}  // namespace

TEST_CASE("names are known whatever their case") {
  for (const auto& [text, name] : kNamed) {
    CAPTURE(text);
    CHECK(field_name(text) == name);
    CHECK(field_name(to_lower(text)) == name);
  }
}

TEST_CASE("what becomes the same variable as what proxies say of a client is known as that") {
  for (const char* const name :
       {"X_Forwarded_For", "x-forwarded_host", "X_FORWARDED-x", "x_real-ip", "X-Forwarded-A_B"}) {
    CHECK(field_name(name) == FieldName::x_forwarded_variable);
  }
}

TEST_CASE("what is nearly such a name is another one") {
  for (const Named& each : kNamed) {
    const std::string_view text = each.text;
    CAPTURE(text);
    std::string near(text);
    near[1] = '!';
    CHECK(field_name(near) == FieldName::other);
    CHECK(field_name("_" + std::string(text)) == FieldName::other);
    CHECK(field_name(text.substr(1)) == FieldName::other);
  }
  CHECK(field_name("") == FieldName::other);
  CHECK(field_name("Hosts") == FieldName::other);
  CHECK(field_name("Content_Length") == FieldName::other);
  CHECK(field_name("X-Forwarded") == FieldName::other);
  CHECK(field_name("X_Real_I") == FieldName::other);
  CHECK(field_name("Sec-WebSocket") == FieldName::other);
  CHECK(field_name(std::string(300, 'x')) == FieldName::other);
}

TEST_CASE("fields are found by the names that they were seen to have") {
  Fields fields;
  CHECK_FALSE(fields.has(FieldName::accept));
  fields.add("X", "1");
  fields.add("ACCEPT", "2");
  fields.add("accept", "3");
  CHECK(fields.has(FieldName::accept));
  CHECK(fields.find(FieldName::accept) == "2");
  CHECK_FALSE(fields.find(FieldName::host).has_value());
  CHECK(fields[1].known == FieldName::accept);
  CHECK(fields[0].known == FieldName::other);
  fields.clear();
  CHECK_FALSE(fields.has(FieldName::accept));
}

TEST_CASE("a set has what was put into it") {
  constexpr FieldNames kSome{FieldName::host, FieldName::x_real_ip};
  CHECK(kSome.has(FieldName::host));
  CHECK(kSome.has(FieldName::x_real_ip));
  CHECK_FALSE(kSome.has(FieldName::te));
  CHECK_FALSE(FieldNames{}.has(FieldName::other));
}

}  // namespace pinion::http
