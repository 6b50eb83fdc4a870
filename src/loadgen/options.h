// What load is made, and of whom.
//
// Threads: a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace pinion::loadgen {

enum class Transport : unsigned char { websocket, polling, upgrade };

struct Options {
  std::string host = "127.0.0.1";  // a name or an IP literal without brackets
  std::uint16_t port = 80;
  std::string authority;             // for the Host field
  std::string path = "/socket.io/";  // begins with a slash
  Transport transport = Transport::websocket;

  std::size_t sessions = 100;
  double arrivals = 100;  // new sessions a second
  double rate = 1;        // messages a second of each session; 0: they only listen
  Duration duration = std::chrono::seconds{30};  // from when all are there
  Duration grace = std::chrono::seconds{5};      // for replies that are still to come then
  bool reconnect = false;
  bool cookies = false;  // kept by each session and sent back, as a browser does

  std::string nsp = "/";
  std::string auth;  // JSON object of the CONNECT, a TextTemplate; empty: none
  std::string message = R"(["message","{pad}"])";  // JSON array, a TextTemplate
  std::size_t pad = 32;                            // bytes
  std::string reply;                               // the event that is the reply; empty: the ack is
  std::vector<std::pair<std::string, std::string>> headers;  // name and value, for every request
  std::uint64_t seed = 1;
};

/// Connections that one session has at most at the same time.
constexpr std::size_t connections_of(Transport transport) noexcept {
  switch (transport) {
    case Transport::websocket:
      return 1;
    case Transport::polling:
      return 2;
    case Transport::upgrade:
      return 3;
  }
  return 3;
}

}  // namespace pinion::loadgen
