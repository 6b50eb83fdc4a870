// The Engine.IO v4 sessions of one backend: handshakes, polling, and who waits for a packet.
//
// Threads: the backend's. Lifetime: an Engine outlives the Peers that it answers.
// Protocol: engine.io-protocol v4. Sessions of the other backends are unknown here, as they are
// between real servers, so a proxy that loses its way gets a 400.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http_text.h"

namespace pinion::bench {

class Peer;

class Engine {
 public:
  /// @param name goes into the sids, so that no two backends make the same
  explicit Engine(std::uint16_t name) : name_(name) {}

  /// Answers a polling request on `peer`: now by writing, or later when a packet comes.
  /// @returns false when the peer's socket is broken
  bool answer(Peer& peer, const Message& request);
  /// The open packet's text for a new WebSocket session, which lives as long as its connection.
  std::string open_websocket();
  /// `peer` goes: if it waits for a packet, its session ends, as Node's does.
  void forget(Peer& peer);

 private:
  struct Session {
    Peer* poller = nullptr;  // whose GET waits
    std::string packets;     // for the next one, joined by 0x1e
  };
  using Sessions = std::unordered_map<std::string, Session>;

  std::string new_sid();
  bool handshake(Peer& peer);
  bool poll(Peer& peer, Session& session);
  bool post(Peer& peer, Sessions::iterator at, std::string_view body);
  bool deliver(Session& session);

  std::uint16_t name_;
  std::uint64_t count_ = 0;
  Sessions sessions_;
};

/// What a session is answered for a message of its client: a CONNECT gets its acceptance, all else
/// comes back.
std::string reply_to(std::string_view packet);

}  // namespace pinion::bench
