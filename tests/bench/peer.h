// One connection at the backend: HTTP requests, or a WebSocket that echoes, streams, floods or
// counts.
//
// Threads: the backend's. Lifetime: owned by the Backend; its Engine outlives it.
// What a WebSocket does is asked for by its client, in messages that are no Socket.IO packets:
//   4stream RATE SIZE   RATE frames a second of SIZE bytes each, each with the time it was due
//   4flood SIZE         frames of SIZE bytes as fast as the socket takes them
//   4count              one "4counted" for each kUploadsPerAck messages
// Everything else comes back as it is.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "channel.h"
#include "engine.h"
#include "frames.h"

namespace pinion::bench {

class Peer;

/// What all connections of a backend share.
struct Surroundings {
  Poller poller;
  std::set<std::pair<Clock::time_point, Peer*>> due;  // who streams, by when its next frame is due
  std::uint64_t streams = 0;
  std::map<std::size_t, std::string>
      floods;  // by size of a message: whole frames, some tens of KiB
  std::vector<char> buffer = std::vector<char>(std::size_t{256} * 1024);
};

class Peer {
 public:
  Peer(Surroundings& around, Engine& engine, Socket socket);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// @returns false: it has ended
  bool on_event(std::uint32_t events);
  /// Sends the frame that is due at `due`. @returns when the next one is
  Clock::time_point stream(Clock::time_point due);
  /// Answers an HTTP request. @returns false: broken
  bool reply(int status, std::string_view type, std::string_view body);

  std::list<Peer>::iterator self;  // where its owner keeps it

 private:
  bool read();
  bool read_requests();
  bool upgrade(const Message& request);
  bool on_frame(const Frame& frame);
  bool obey(std::string_view command);
  bool send(Opcode opcode, std::string_view payload);
  bool pour();

  Surroundings& around_;
  Engine& engine_;
  Channel channel_;
  std::string input_;  // of requests that are not complete
  std::string output_;
  FrameReader frames_;
  bool websocket_ = false, counting_ = false, closing_ = false;
  const std::string* flood_ = nullptr;  // while it floods
  std::size_t flooded_ = 0;             // how far into that
  std::uint64_t counted_ = 0;
  Clock::time_point next_due_{};
  Clock::duration period_{};
  std::string streamed_;  // a message to be sent with the time in it
};

}  // namespace pinion::bench
