// What clients and backends say in these tests, and the steps that many of them begin with.
//
// Threads: the test's.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "running_proxy.h"

namespace pinion::proxy::test {

inline std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: chat.example\r\n\r\n";
}
inline std::string post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: chat.example\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
inline std::string answer(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}
inline std::string poll(const std::string& sid) {
  return get("/socket.io/?EIO=4&transport=polling&sid=" + sid);
}
inline std::string upgrade(const std::string& target) {
  return "GET " + target +
         " HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}
inline const std::string kHandshake = get("/socket.io/?EIO=4&transport=polling");
inline const std::string kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

inline std::string open_packet(const std::string& sid, int ping_interval_ms = 25000,
                               int ping_timeout_ms = 20000) {
  return R"(0{"sid":")" + sid + R"(","upgrades":["websocket"],"pingInterval":)" +
         std::to_string(ping_interval_ms) + R"(,"pingTimeout":)" + std::to_string(ping_timeout_ms) +
         "}";
}

/// What clients mask their frames with.
inline constexpr std::uint32_t kMask = 0x12345678;

/// Head and body of one answer that has a Content-Length.
inline std::string read_answer(Peer& client) {
  std::string head = client.read_until("\r\n\r\n");
  const std::size_t at = head.find("ontent-Length: ");
  REQUIRE_MESSAGE(at != std::string::npos, head);
  return head + client.read(std::stoul(head.substr(at + 15)));
}

/// A session by polling; its connections are closed again.
inline void open_session(const RunningProxy& proxy, const Backend& backend,
                         const std::string& packet) {
  Peer client = proxy.client();
  client.send(kHandshake);
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer(packet));
  REQUIRE(read_answer(client).ends_with(packet));
}

/// Both ends of a WebSocket through the proxy.
struct Pipe {
  Peer client, backend;
};
inline Pipe open_tunnel(const RunningProxy& proxy, const Backend& backend,
                        const std::string& target, int receive_buffer = 0) {
  Peer client = proxy.client(receive_buffer);
  client.send(upgrade(target));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(kSwitching);
  REQUIRE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
  return {std::move(client), std::move(upstream)};
}

}  // namespace pinion::proxy::test
