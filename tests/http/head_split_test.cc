// A head means the same however it arrives: whole, byte by byte, or cut anywhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <utility>

#include "describe.h"
#include "http/head_parser.h"

namespace pinion::http {
namespace {

using namespace std::string_view_literals;

/// What became of a stream of bytes that begins with one head.
struct Outcome {
  HeadResult::Status status = HeadResult::Status::need_more;
  HeadError error = HeadError::none;
  std::size_t consumed = 0;  // of the whole stream, when complete
  std::string head;

  bool operator==(const Outcome&) const = default;
};

/// Feeds pieces of the sizes that `next_size` gives (0 is "all the rest").
template <typename Read, typename NextSize>
Outcome feed(std::string_view bytes, Read read, NextSize next_size) {
  Outcome outcome;
  std::string partial;
  std::size_t at = 0;
  while (at < bytes.size() && outcome.status == HeadResult::Status::need_more) {
    const std::size_t size = next_size();
    const auto piece = bytes.substr(at, size == 0 ? std::string_view::npos : size);
    const HeadResult result = read(partial, piece, outcome.head);
    CHECK(result.consumed <= piece.size());
    outcome.status = result.status;
    outcome.error = result.error;
    if (result.status == HeadResult::Status::need_more) CHECK(result.consumed == piece.size());
    if (result.status != HeadResult::Status::need_more) {
      CHECK(partial.capacity() == std::string().capacity());
    }
    at += result.consumed;
  }
  if (outcome.status == HeadResult::Status::complete) outcome.consumed = at;
  if (outcome.status != HeadResult::Status::complete) outcome.head.clear();
  return outcome;
}

template <typename Read>
void check_splits(std::string_view bytes, Read read) {
  CAPTURE(bytes);
  const Outcome whole = feed(bytes, read, [] { return 0; });
  const Outcome bytewise = feed(bytes, read, [] { return 1; });
  CHECK(whole == bytewise);
  std::mt19937 random{static_cast<unsigned>(bytes.size())};
  for (int round = 0; round < 20; ++round) {
    CHECK(feed(bytes, read, [&] { return random() % 9 + 1; }) == whole);
  }
  for (std::size_t cut = 1; cut < std::min<std::size_t>(bytes.size(), 300); ++cut) {
    bool first = true;
    const auto outcome =
        feed(bytes, read, [&] { return std::exchange(first, false) ? cut : std::size_t{0}; });
    CHECK(outcome == whole);
  }
}

auto request_reader(const HeadLimits& limits) {
  return [limits](std::string& partial, std::string_view piece, std::string& text) {
    RequestHead head;
    const auto result = read_request_head(partial, piece, limits, head);
    text = describe(head);
    return result;
  };
}

auto response_reader(const HeadLimits& limits) {
  return [limits](std::string& partial, std::string_view piece, std::string& text) {
    ResponseHead head;
    const auto result = read_response_head(partial, piece, limits, "GET", head);
    text = describe(head);
    return result;
  };
}

constexpr std::string_view kRequests[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\n",
    "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET http://a.example/x HTTP/1.1\r\nHost: a.example:80\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/1.1\n\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\n\r\n",
    "GET / HTTP/1.1\r\rHost: a\r\n\r\n",
    "G\r\nET / HTTP/1.1\r\n\r\n",
    "\rGET / HTTP/1.1\r\n\r\n",
    "\n",
    "GET /\0 HTTP/1.1\r\nHost: a\n\r\n"sv,
    "GET / HTTP/1.1\r\nX: \0\r\nY: z\n\r\n"sv,
    "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\nZ\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\nX: y\r\n\r\n",
    "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
    "foo / HTTP/1.9\r\nHost: a\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv,
    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "GET /0123456789012345678901234567890123456789 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /01234567890123456789012345678 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /01234567890123456789012345678\r\n\r\n",
    "GET /0123456789012345678901234567\r\r\n\r\n",
    "GET /0123456789012345678901234 x HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /x HTTP/1.1 and much more\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: 012345678901234567890123456789012345\r\n\r\n",
    "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
};

constexpr std::string_view kResponses[] = {
    "HTTP/1.1 101 \r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi",
    "HTTP/1.1 200\r\n\r\nbody",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.0 404 Not Found\r\nX: y\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: y\n\r\n",
    "HTTP/1.1 2x0 OK\r\nX: y\n\r\n",
    "HTPT/1.1 200 OK\r\n\r\n",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: 01234567890123456789012345678901234567890123\r\n\r\n",
};

}  // namespace

TEST_CASE("requests mean the same however they are cut") {
  for (const auto bytes : kRequests) {
    check_splits(bytes, request_reader({}));
    check_splits(bytes, request_reader({.head = 64, .fields = 4, .url = 30}));
    check_splits(bytes, request_reader({.head = 40, .fields = 1, .url = 60}));
  }
}

TEST_CASE("responses mean the same however they are cut") {
  for (const auto bytes : kResponses) {
    check_splits(bytes, response_reader({}));
    check_splits(bytes, response_reader({.head = 50, .fields = 1, .url = 30}));
  }
}

TEST_CASE("randomly damaged requests mean the same however they are cut") {
  std::mt19937 random{11};
  const std::string_view noise = "\r\n\0 :,#GH/1\t\x80"sv;
  for (int round = 0; round < 400; ++round) {
    std::string bytes(kRequests[random() % std::size(kRequests)]);
    for (auto edits = random() % 3 + 1; edits > 0 && !bytes.empty(); --edits) {
      const std::size_t at = random() % bytes.size();
      const char c = noise[random() % noise.size()];
      switch (random() % 3) {
        case 0:
          bytes[at] = c;
          break;
        case 1:
          bytes.insert(at, 1, c);
          break;
        default:
          bytes.erase(at, 1);
      }
    }
    check_splits(bytes, request_reader({.head = 90, .fields = 8, .url = 35}));
  }
}

TEST_CASE("a head that comes a byte at a time costs no more than its bytes") {
  const HeadLimits limits{
      .head = std::size_t{1} << 22, .fields = 128, .url = std::size_t{16} * 1024};
  const auto time_bytewise = [&](std::size_t size) {
    const std::string bytes = "GET /" + std::string(8000, 'u') +
                              " HTTP/1.1\r\nHost: a\r\nX: " + std::string(size, 'x') + "\r\n\r\n";
    std::string partial;
    RequestHead head;
    HeadResult result;
    const auto start = std::chrono::steady_clock::now();
    for (const char& c : bytes) result = read_request_head(partial, {&c, 1}, limits, head);
    const auto spent = std::chrono::steady_clock::now() - start;
    REQUIRE(result.status == HeadResult::Status::complete);
    return std::chrono::duration<double>(spent).count();
  };
  time_bytewise(1 << 16);
  // Eight times the bytes: about 8 if linear, 64 if quadratic. The best of three, as others compute
  // too.
  double least_ratio = 1e9;
  for (int round = 0; round < 3; ++round) {
    least_ratio = std::min(least_ratio, time_bytewise(1 << 21) / time_bytewise(1 << 18));
  }
  CHECK(least_ratio < 32);
}

}  // namespace pinion::http
