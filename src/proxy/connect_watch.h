// What a client sends on a WebSocket up to its CONNECT, held back until it is known what it is.
//
// Threads: one worker's.
// Lifetime: until the CONNECT has been dealt with.
// Invariants: bytes leave in the order in which they came, each once. Holds at most kMostHeld and
//   what came with the last read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "engineio/connect_packet.h"
#include "websocket/message_reader.h"

namespace pinion::proxy {

class ConnectWatch {
 public:
  static constexpr std::size_t kMostHeld = 2 * engineio::kMaxConnectPacket;

  enum class Verdict : unsigned char {
    need_more,
    connect,   // packet() is it
    unjoined,  // the client speaks without having joined, or is not of socket.io
    closed,    // it says nothing but that it leaves
    unread,    // not to be understood, or too long
  };

  ConnectWatch() : reader_(engineio::kMaxConnectPacket) {}

  /// Once it has said other than need_more it only holds.
  Verdict feed(std::string_view bytes);
  /// Goes on from a CONNECT to the next message. @returns whether that is here and is one too; else
  /// packet() is of no more use
  bool next_connect();
  /// What has come before the CONNECT and may go on; take_all() takes the rest with it.
  std::string take_passable();
  std::string take_all();
  /// What follows the last message that was read, and who can read it.
  [[nodiscard]] std::string_view unread() const noexcept {
    return std::string_view(held_).substr(read_);
  }
  websocket::MessageReader take_reader() noexcept { return std::move(reader_); }
  /// Bytes that are kept: held back, and once more in a message of which they are a part.
  [[nodiscard]] std::size_t held() const noexcept { return held_.size() + reader_.held(); }
  [[nodiscard]] engineio::ConnectPacket packet() const { return *engineio::read_connect(text()); }
  /// Something compressed has come before: what follows may refer back to it.
  [[nodiscard]] bool has_history() const noexcept { return history_; }

 private:
  [[nodiscard]] const std::string& text() const noexcept { return reader_.text(); }
  Verdict read(std::string_view bytes);

  websocket::MessageReader reader_;
  std::string held_;
  std::size_t read_ = 0;      // of held_
  std::size_t passable_ = 0;  // of held_
  Verdict verdict_ = Verdict::need_more;
  bool history_ = false;
};

}  // namespace pinion::proxy
