#include "config/text_rules.h"

#include <doctest/doctest.h>

namespace pinion::config {
namespace {

struct RuledText {
  Type type;
  const char* text;
  const char* result;  // the canonical form, or a part of the error
};

}  // namespace

TEST_CASE("texts are made canonical") {
  const RuledText cases[] = {
      {Type::name, "chat-1.a_B", "chat-1.a_B"},
      {Type::host, "Chat.Example.COM", "chat.example.com"},
      {Type::host, "127.0.0.1", "127.0.0.1"},
      {Type::host, "[2001:DB8::1]", "[2001:db8::1]"},
      {Type::url_path, "/app", "/app"},
      {Type::url_path, "/a%20b", "/a%20b"},
      {Type::socketio_path, "socket.io", "/socket.io/"},
      {Type::socketio_path, "/ws/socket.io", "/ws/socket.io/"},
      {Type::socketio_path, "/", "/"},
      {Type::file_path, "/var/log/a b.log", "/var/log/a b.log"},
      {Type::cookie_name, "X-Chat|~!#$%&'*+.^_`1", "X-Chat|~!#$%&'*+.^_`1"},
      {Type::path_ends, "/a", "/a"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    CHECK(canonical_text(each.type, each.text) == std::string(each.result));
  }
}

TEST_CASE("texts that cannot work are told why") {
  const RuledText cases[] = {
      {Type::name, "chat room", "has a ' ' in it"},
      {Type::name, "a/b", "has a '/' in it"},
      {Type::name, "\xc3\xa4", "a character in it that a name cannot have"},
      {Type::host, "*.example.com", "wildcard"},
      {Type::host, "http://example.com", "more than a host"},
      {Type::host, "example.com:80", "write \"example.com\""},
      {Type::host, "[::1]:80", "write \"[::1]\""},
      {Type::host, "a b", "is no host name"},
      {Type::host, "::1", "is no host name"},
      {Type::url_path, "app", "write \"/app\""},
      {Type::url_path, "/a b", "percent-encoded"},
      {Type::url_path, "/a?b", "'?' or '#'"},
      {Type::socketio_path, "/a#", "'?' or '#'"},
      {Type::file_path, "/a\nb", "control character"},
      {Type::cookie_name, "a b", "has a ' ' in it"},
      {Type::cookie_name, "a=b", "has a '=' in it"},
      {Type::cookie_name, "a\x7f", "a character in it that a name cannot have"},
      {Type::path_ends, "a", "write \"/a\""},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const auto text = canonical_text(each.type, each.text);
    REQUIRE_FALSE(text.has_value());
    CHECK_MESSAGE(text.error().find(each.result) != std::string::npos, text.error());
  }
}

}  // namespace pinion::config
