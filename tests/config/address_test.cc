#include "config/address.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::config {
namespace {

using Kind = Address::Kind;

Address listener(const char* text) { return parse_listen_address(text).value(); }
Address backend(const char* text) { return parse_backend_address(text).value(); }

struct Good {
  const char* text;
  const char* host;
  std::uint16_t port;
  Kind kind;
};

struct Bad {
  const char* text;
  const char* message;
};

}  // namespace

TEST_CASE("a backend's address is HOST:PORT, [IPv6]:PORT or a unix socket") {
  const Good cases[] = {
      {"127.0.0.1:3001", "127.0.0.1", 3001, Kind::ipv4},
      {"[::1]:3001", "::1", 3001, Kind::ipv6},
      {"[2001:DB8:0:0::0001]:80", "2001:db8::1", 80, Kind::ipv6},
      {"localhost:65535", "localhost", 65535, Kind::name},
      {"Chat_1.Example-2.com:1", "chat_1.example-2.com", 1, Kind::name},
      {"1password.com:443", "1password.com", 443, Kind::name},
      {"unix:/run/chat.sock", "/run/chat.sock", 0, Kind::unix_path},
      {"unix:/run/a:3001", "/run/a:3001", 0, Kind::unix_path},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const auto address = parse_backend_address(each.text);
    REQUIRE(address.has_value());
    CHECK(address->kind == each.kind);
    CHECK(address->host == each.host);
    CHECK(address->port == each.port);
    CHECK(address->text == each.text);
  }
}

TEST_CASE("what is no backend's address is told what is wrong with it") {
  const Bad cases[] = {
      {"", "has no port"},
      {"localhost", "write \"localhost:PORT\""},
      {"9180", "has no host, write \"127.0.0.1:9180\""},
      {"[::1]", "write \"[::1]:PORT\""},
      {"http://127.0.0.1:3001", "is a URL, write host and port only: \"127.0.0.1:3001\""},
      {"https://chat.example/x?y", "write host and port only: \"chat.example:80\""},
      {"ws://[::1]", "write host and port only: \"[::1]:80\""},
      {"::1:3001", "needs brackets"},
      {"[::1:3001", "no IPv6 address between"},
      {"[127.0.0.1]:3001", "no IPv6 address between"},
      {"127.0.0.300:80", "neither an IP address nor a host name"},
      {"a b:80", "neither an IP address nor a host name"},
      {"-a:80", "neither an IP address nor a host name"},
      {"a..b:80", "neither an IP address nor a host name"},
      {":80", "no host before its port"},
      {"a:0", "no port from 1 to 65535"},
      {"a:65536", "no port from 1 to 65535"},
      {"a:", "no port from 1 to 65535"},
      {"a:http", "no port from 1 to 65535"},
      {"a:+1", "no port from 1 to 65535"},
      {"0.0.0.0:80", "no address to connect to"},
      {"[::]:80", "no address to connect to"},
      {"unix:run/x", "needs an absolute path"},
      {"unix:", "needs an absolute path"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const auto address = parse_backend_address(each.text);
    REQUIRE_FALSE(address.has_value());
    CHECK_MESSAGE(address.error().find(each.message) != std::string::npos, address.error());
  }
  CHECK(parse_backend_address("unix:/" + std::string(106, 'x')).has_value());
  CHECK_FALSE(parse_backend_address("unix:/" + std::string(107, 'x')).has_value());
  CHECK_FALSE(parse_backend_address(std::string(64, 'a') + ":80").has_value());
}

TEST_CASE("a listener needs an IP address, and may leave the port to the system") {
  CHECK(listener("127.0.0.1:0").port == 0);
  CHECK(listener("[::]:80").host == "::");
  CHECK(listener("0.0.0.0:80").kind == Kind::ipv4);
  for (const auto* text : {":8080", "*:8080"}) {
    CAPTURE(text);
    CHECK(parse_listen_address(text).error().find("\"0.0.0.0:8080\" for every IPv4") !=
          std::string::npos);
  }
  CHECK(
      parse_listen_address("localhost:80").error().find("\"127.0.0.1:80\" for this machine only") !=
      std::string::npos);
  CHECK_FALSE(parse_listen_address("80").has_value());
}

TEST_CASE("local means that no other machine can come in") {
  CHECK(is_local(listener("127.0.0.1:1")));
  CHECK(is_local(listener("127.9.9.9:1")));
  CHECK(is_local(listener("[::1]:1")));
  CHECK(is_local(listener("[::ffff:127.0.0.1]:1")));
  CHECK(is_local(listener("unix:/x")));
  CHECK_FALSE(is_local(listener("0.0.0.0:1")));
  CHECK_FALSE(is_local(listener("[::]:1")));
  CHECK_FALSE(is_local(listener("10.0.0.1:1")));
  CHECK_FALSE(is_local(backend("localhost:1")));
}

TEST_CASE("listeners collide on one address, or with the wildcard of their family") {
  const auto collide = [](const char* a, const char* b) {
    const bool forth = listeners_collide(listener(a), listener(b));
    CHECK(forth == listeners_collide(listener(b), listener(a)));
    return forth;
  };
  CHECK(collide("127.0.0.1:80", "127.0.0.1:80"));
  CHECK(collide("127.0.0.1:80", "0.0.0.0:80"));
  CHECK(collide("[::1]:80", "[::]:80"));
  CHECK(collide("[0:0::1]:80", "[::1]:80"));
  CHECK(collide("unix:/a", "unix:/a"));
  CHECK_FALSE(collide("127.0.0.1:80", "127.0.0.1:81"));
  CHECK_FALSE(collide("127.0.0.1:80", "127.0.0.2:80"));
  CHECK_FALSE(collide("0.0.0.0:80", "[::]:80"));
  CHECK_FALSE(collide("127.0.0.1:0", "127.0.0.1:0"));
  CHECK_FALSE(collide("unix:/a", "unix:/b"));
}

TEST_CASE("a backend that is a listener of our own is found, one of another machine is not") {
  CHECK(leads_to(backend("127.0.0.1:80"), listener("127.0.0.1:80")));
  CHECK(leads_to(backend("127.0.0.1:80"), listener("0.0.0.0:80")));
  CHECK(leads_to(backend("[::1]:80"), listener("[::]:80")));
  CHECK(leads_to(backend("unix:/a"), listener("unix:/a")));
  CHECK_FALSE(leads_to(backend("10.0.0.7:80"), listener("0.0.0.0:80")));
  CHECK_FALSE(leads_to(backend("127.0.0.1:81"), listener("0.0.0.0:80")));
}

}  // namespace pinion::config
