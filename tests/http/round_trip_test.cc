// What pinion writes it must itself accept, and read with the same meaning.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "describe.h"
#include "http/forward.h"
#include "read_head.h"

namespace pinion::http {
namespace {

constexpr std::string_view kEndToEnd[] = {
    "Cookie: a=1; b=2\r\n", "Accept: */*\r\n",      "accept: x\r\n",
    "X-Empty:\r\n",         "Set-Cookie: s\r\n",    "set-cookie: t\r\n",
    "X_Under: score\r\n",   "Origin: http://o\r\n", "X-Bytes: \xc3\xa4\xff\r\n",
};
constexpr std::string_view kHopByHop[] = {
    "Connection: keep-alive, X-Gone\r\n",
    "X-Gone: 1\r\n",
    "Keep-Alive: 5\r\n",
    "TE: trailers\r\n",
    "Trailer: X\r\n",
    "Proxy-Connection: x\r\n",
};
constexpr std::string_view kFramings[] = {"", "Content-Length: 3\r\n",
                                          "Transfer-Encoding: chunked\r\n"};

template <std::size_t N>
std::string_view pick(const std::string_view (&from)[N], std::mt19937& random) {
  return from[random() % N];
}

/// A random mixture of fields that begins with a Connection; the end-to-end ones among them are
/// added to `kept` as describe() has them.
std::string random_fields(std::mt19937& random, Fields& kept) {
  std::string fields = "Connection: keep-alive, X-Gone\r\n";
  for (auto count = random() % 12; count > 0; --count) {
    if (random() % 3 == 0) {
      fields += pick(kHopByHop, random);
      continue;
    }
    const std::string_view line = pick(kEndToEnd, random);
    fields += line;
    const auto colon = line.find(':');
    const auto value = line.substr(colon + 1, line.size() - colon - 3);
    kept.add(line.substr(0, colon), value.starts_with(' ') ? value.substr(1) : value);
  }
  return fields;
}

/// Those fields that pinion neither writes nor frames by itself.
std::string describe_rest(const Fields& fields) {
  Fields rest;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    const bool own = field.name.starts_with("X-Forwarded-") || field.name == "Host" ||
                     field.name == "Content-Length" || field.name == "Transfer-Encoding" ||
                     field.name == "Connection";
    if (!own) rest.add(field.name, field.value);
  }
  return describe(rest);
}

}  // namespace

TEST_CASE("a request that is written and read again has the same end-to-end fields") {
  std::mt19937 random{21};
  for (int round = 0; round < 1000; ++round) {
    Fields kept;
    const std::string bytes = "POST /p?q HTTP/1.1\r\nHost: a\r\n" + random_fields(random, kept) +
                              std::string(pick(kFramings, random)) + "\r\n";
    CAPTURE(bytes);
    const auto first = read_request(bytes);
    REQUIRE(is_complete(first.result));
    std::string out;
    write_request_head(out, first.head,
                       {.client_address = "10.0.0.1", .framing = first.head.framing});
    CAPTURE(out);
    const auto second = read_request(out);
    REQUIRE(is_complete(second.result));
    CHECK(second.result.consumed == out.size());
    CHECK(second.head.method == first.head.method);
    CHECK(second.head.target == first.head.target);
    CHECK(second.head.host == first.head.host);
    CHECK(second.head.framing == first.head.framing);
    CHECK(describe_rest(second.head.fields) == describe(kept));
    CHECK(second.head.fields.find("X-Forwarded-For") == "10.0.0.1");
  }
}

TEST_CASE("a response that is written and read again has the same end-to-end fields") {
  std::mt19937 random{22};
  for (int round = 0; round < 1000; ++round) {
    Fields kept;
    const std::string bytes = "HTTP/1.1 200 OK\r\n" + random_fields(random, kept) +
                              std::string(pick(kFramings, random)) + "\r\n";
    CAPTURE(bytes);
    const auto first = read_response(bytes);
    REQUIRE(is_complete(first.result));
    const int client = static_cast<int>(random() % 2);
    const Framing framing = response_framing(first.head, client);
    std::string out;
    write_response_head(out, first.head, {.client_minor_version = client, .framing = framing});
    CAPTURE(out);
    const auto second = read_response(out);
    REQUIRE(is_complete(second.result));
    CHECK(second.result.consumed == out.size());
    CHECK(second.head.framing == framing);
    CHECK(second.head.keep_alive == (framing.kind != Framing::Kind::until_close));
    CHECK(describe_rest(second.head.fields) == describe(kept));
  }
}

}  // namespace pinion::http
