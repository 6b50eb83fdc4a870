// Clients that break the protocol, stall, or ask for more than is good.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "raw_socket.h"
#include "server_fixture.h"

namespace pinion::admin {

namespace {

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

constexpr std::string_view kHost = "Host: localhost\r\n";

AdminServer::Limits short_limits() {
  AdminServer::Limits limits;
  limits.connections = 4;
  limits.request = std::chrono::milliseconds(200);
  limits.response = std::chrono::milliseconds(400);
  return limits;
}

/// The server still serves. Where its deadlines are short a busy machine may miss one, so ask
/// again.
void check_alive(const ServerFixture& fixture) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool served = false;
  while (!served && std::chrono::steady_clock::now() < deadline) {
    const auto answer = fixture.client().request("GET", "/healthz");
    served = answer && answer->status == 200;
  }
  CHECK(served);
}

}  // namespace

TEST_CASE("bytes that are no request end the connection, and only that") {
  const ServerFixture fixture;
  const std::vector<std::string> garbage = {
      "\r\n\r\n",
      "GARBAGE\r\n\r\n",
      "FOO /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "TRACE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
      "GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n",
      "GET /api/v1/sessions?" + std::string(3000, '&') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
      std::string(5000, '\xff'),
      "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03",
  };
  for (const auto& bytes : garbage) {
    CAPTURE(bytes.substr(0, 40));
    RawSocket socket{fixture.server.port()};
    socket.send(bytes);
    ::shutdown(socket.fd(), SHUT_WR);
    const std::string answer = socket.receive_all();
    CHECK_FALSE(socket.timed_out());
    // Some the library refuses by itself, as HTTP/1.0.
    if (!answer.empty()) CHECK(answer.substr(8, 2) == " 4");
    check_alive(fixture);
  }
  CHECK(RawSocket::exchange(fixture.server.port(), "GARBAGE / HTTP/1.1\r\n\r\n")
            .starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_CASE("upgrades are refused") {
  const ServerFixture fixture;
  for (const std::string protocol : {"websocket", "h2c", "unheard-of"}) {
    CAPTURE(protocol);
    const std::string answer = RawSocket::exchange(
        fixture.server.port(),
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        "Upgrade: " +
            protocol +
            "\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK_FALSE(answer.starts_with("HTTP/1.1 101"));
    CHECK_FALSE(answer.starts_with("HTTP/1.1 200"));
    check_alive(fixture);
  }
}

TEST_CASE("bodies are read up to the limit and refused beyond") {
  AdminServer::Limits limits;
  limits.body = 1000;
  const ServerFixture fixture{limits};
  const auto status = [&fixture](const std::string& fields, const std::string& body) {
    return RawSocket::exchange(fixture.server.port(), "DELETE /api/v1/sessions/abc HTTP/1.1\r\n" +
                                                          std::string(kHost) + fields + "\r\n" +
                                                          body)
        .substr(0, 12);
  };
  CHECK(status("Content-Length: 0\r\n", "") == "HTTP/1.1 200");
  CHECK(status("Content-Length: 1000\r\n", std::string(1000, 'x')) == "HTTP/1.1 200");
  CHECK(fixture.control.closed().size() == 2);
  CHECK(status("Content-Length: 1001\r\n", std::string(1001, 'x')) == "HTTP/1.1 413");
  CHECK(status("Content-Length: 99999999999999999999\r\n", "") == "HTTP/1.1 400");
  CHECK(status("Content-Length: -1\r\n", "") == "HTTP/1.1 400");
  CHECK(status("Content-Length: 1\r\nContent-Length: 2\r\n", "x") == "HTTP/1.1 400");
  CHECK(status("Transfer-Encoding: chunked\r\n", "0\r\n\r\n") == "HTTP/1.1 411");
  CHECK(fixture.control.closed().size() == 2);
}

TEST_CASE("POST without a length is answered, with and without more bytes") {
  const ServerFixture fixture;
  const std::string head = "POST /api/v1/status HTTP/1.1\r\n" + std::string(kHost) + "\r\n";
  CHECK(RawSocket::exchange(fixture.server.port(), head).starts_with("HTTP/1.1 405"));
  CHECK(RawSocket::exchange(fixture.server.port(), head + "{\"unannounced\":1}")
            .starts_with("HTTP/1.1 405"));
}

TEST_CASE("one connection, one request: what is pipelined after it is not answered") {
  const ServerFixture fixture;
  const std::string request = "GET /healthz HTTP/1.1\r\n" + std::string(kHost) + "\r\n";
  const std::string answer =
      RawSocket::exchange(fixture.server.port(), request + request + request);
  CHECK(answer.starts_with("HTTP/1.1 200"));
  CHECK(answer.find("HTTP/1.1", 5) == std::string::npos);
}

TEST_CASE("a request byte by byte") {
  const ServerFixture fixture;
  RawSocket socket{fixture.server.port()};
  const std::string request =
      "DELETE /api/v1/sessions/%61bc HTTP/1.1\r\nContent-Length: 3\r\nHost: localhost\r\n\r\nabc";
  for (const char c : request) REQUIRE(socket.send({&c, 1}));
  CHECK(socket.receive_all().starts_with("HTTP/1.1 200"));
  CHECK(fixture.control.closed().size() == 1);
}

TEST_CASE("a stalled request is cut, however it stalls") {
  const ServerFixture fixture{short_limits()};
  for (const std::string start : {"", "GET /hea", "GET /healthz HTTP/1.1\r\nHost: loc",
                                  "DELETE /api/v1/sessions/abc HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 10\r\n\r\nabc"}) {
    CAPTURE(start);
    RawSocket socket{fixture.server.port()};
    socket.send(start);
    CHECK(socket.receive().empty());
    CHECK_FALSE(socket.timed_out());
  }
  CHECK(fixture.control.closed().empty());
  check_alive(fixture);
}

TEST_CASE("a large answer reaches a client with small buffers whole") {
  ServerFixture fixture;
  fixture.control.metrics.assign(8u << 20U, 'm');
  RawSocket socket{fixture.server.port(), 4096};
  socket.send("GET /metrics HTTP/1.1\r\n" + std::string(kHost) + "\r\n");
  const std::string answer = socket.receive_all();
  CHECK(answer.ends_with("mmm"));
  CHECK(answer.size() > fixture.control.metrics.size());
  CHECK(answer.size() - answer.find("\r\n\r\n") - 4 == fixture.control.metrics.size());
}

TEST_CASE("a client that does not read its answer is cut, and others are served meanwhile") {
  ServerFixture fixture{short_limits()};
  fixture.control.metrics.assign(16u << 20U, 'm');
  RawSocket socket{fixture.server.port(), 4096};
  // More input than anybody reads: it must not turn the loop either.
  socket.send("GET /metrics HTTP/1.1\r\n" + std::string(kHost) + "\r\n" + std::string(1000, 'x'));
  check_alive(fixture);
  CHECK(socket.wait_for_close());
  CHECK(socket.receive_all().size() < fixture.control.metrics.size());
}

TEST_CASE("clients beyond the limit are closed, and room comes back") {
  AdminServer::Limits limits = short_limits();
  limits.request = std::chrono::seconds(30);
  const ServerFixture fixture{limits};
  const std::size_t before = open_descriptors();
  {
    std::vector<std::unique_ptr<RawSocket>> idle;
    idle.reserve(4);
    for (int i = 0; i < 4; ++i) idle.push_back(std::make_unique<RawSocket>(fixture.server.port()));
    RawSocket one_more{fixture.server.port()};
    CHECK(one_more.receive().empty());
    CHECK_FALSE(one_more.timed_out());
    CHECK(fixture.control.refused(metrics::AdminRefusal::connections) == 1);
    idle.pop_back();
    check_alive(fixture);  // once the server has learnt of the closed one
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (open_descriptors() > before && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a server gives all its descriptors back") {
  {
    const ServerFixture warm_up;
  }
  const std::size_t before = open_descriptors();
  {
    const ServerFixture fixture;
    check_alive(fixture);
    CHECK(open_descriptors() > before);
  }
  CHECK(open_descriptors() == before);
}

}  // namespace pinion::admin
