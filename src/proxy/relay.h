// One direction of a Tunnel: reads from its source, follows the frames, and writes the bytes
// untouched to its sink, which is the source of the other direction.
//
// Threads: the worker's.
// Lifetime: part of its Tunnel.
// Invariants: an idle relay owns no buffer. The source is not read while the sink has high_mark
//   bytes waiting, until it is down to low_mark. After cut_at_boundary() nothing is passed on
//   beyond the end of the present message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "metrics/worker_counters.h"
#include "proxy/paused_clock.h"
#include "proxy/queue_share.h"
#include "session/session.h"
#include "uv/stream.h"
#include "websocket/frame_scanner.h"

namespace pinion::proxy {

class Tunnel;

class Relay final : public uv::StreamEvents {
 public:
  Relay(Tunnel& tunnel, uv::Stream source, metrics::Direction direction) noexcept;

  void connect_to(Relay& opposite) noexcept { opposite_ = &opposite; }
  [[nodiscard]] uv::Stream& source() noexcept { return source_; }
  [[nodiscard]] uv::Stream& sink() noexcept { return opposite_->source_; }

  /// Bytes of this direction, as they come from the source or were read before the tunnel was
  /// there.
  /// @param lead what goes out before them and is not of the WebSocket
  void pass(std::string_view bytes, std::string_view lead = {});
  /// Writes bytes to the sink that have been counted already, or are not of the WebSocket.
  void write(std::string_view bytes, std::string_view lead = {},
             uv::Follows follows = uv::Follows::more);
  /// Stops at the next boundary between messages. @returns whether it is there already
  bool cut_at_boundary() noexcept;

  /// The sink has taken some of what waited for it.
  void sink_drained();
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// The source told its end before it was this relay's.
  void source_has_ended() noexcept { on_end(0); }
  /// Messages of data (not control frames) that have begun, up to 255.
  [[nodiscard]] unsigned messages() const noexcept { return messages_; }
  [[nodiscard]] bool saw_close_frame() const noexcept { return saw_close_frame_; }
  /// Its close frame came before one of the other direction, which only answers it.
  [[nodiscard]] bool began_close() const noexcept { return began_close_; }
  [[nodiscard]] std::size_t sink_queue() noexcept { return sink() ? sink().queued() : 0; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
  [[nodiscard]] bool paused() const noexcept { return paused_.paused(); }
  /// Time paused since this was last asked.
  std::uint64_t take_paused_ns(TimePoint now) noexcept;
  /// Whether something of a message has passed since this was last asked: not only Engine.IO's
  /// pings and pongs, and control frames.
  bool take_beyond_pings() noexcept {
    const bool any = beyond_pings_;
    beyond_pings_ = false;
    return any;
  }
  /// Another source takes the place of the present one, which is closed. Only between two messages.
  void replace_source(uv::Stream source) noexcept;
  [[nodiscard]] bool at_boundary() const noexcept { return scanner_.at_boundary(); }
  [[nodiscard]] bool between_messages() const noexcept { return scanner_.between_messages(); }
  [[nodiscard]] std::uint64_t payload_left() const noexcept { return scanner_.payload_left(); }
  /// The rest of a message is still to come, and can.
  [[nodiscard]] bool mid_message() const noexcept {
    return !scanner_.between_messages() && !scanner_.broken() && !ended_;
  }
  /// The source is not read until each that holds it has released it, whatever room there is.
  enum class Hold : std::uint8_t {
    rate = 1,  // the client sends more than it may
    join = 2,  // the session's CONNECT is being dealt with
  };
  void hold(Hold why);
  void release(Hold why);
  /// The tunnel is closing: what still counts as waiting is given back.
  void settle();

 private:
  std::size_t read_room() noexcept override;
  void on_read(std::string_view bytes) noexcept override;
  void on_end(int status) noexcept override;
  void on_drain() noexcept override;
  void on_write_error(int status) noexcept override;

  void count(std::string_view bytes) noexcept;
  void note_message(const websocket::FrameHeader& header, std::string_view payload) noexcept;
  void note_packet(const websocket::FrameHeader& header, char payload) noexcept;
  void note_small_compressed() noexcept;
  std::string_view until_boundary(std::string_view bytes) noexcept;
  [[nodiscard]] bool is_goodbye() const noexcept;
  void account_queue();
  void pause();
  void pause_for_sink();
  void resume_if_free();

  Tunnel& tunnel_;
  Relay* opposite_ = nullptr;
  uv::Stream source_;
  websocket::FrameScanner scanner_;
  std::uint64_t bytes_ = 0, frames_ = 0;
  QueueShare sink_share_;
  std::uint64_t paused_ns_ = 0;
  PausedClock paused_;
  metrics::Direction direction_;
  std::uint8_t messages_ = 0;
  std::uint8_t held_ = 0;                 // bits of Hold
  std::uint8_t small_compressed_at_ = 0;  // seconds, their low bits
  bool saw_close_frame_ = false;
  bool ping_unanswered_ = false;  // an Engine.IO ping from this side
  bool told_compressed_ = false;
  bool sink_full_ : 1 = false;  // since high_mark, until low_mark
  bool began_close_ : 1 = false;
  bool awaits_packet_ : 1 = false;  // the next byte is that of a frame of one
  bool cut_ : 1 = false;            // pass nothing on beyond the boundary
  bool ended_ : 1 = false;          // the source will send no more
  bool beyond_pings_ : 1 = false;
};

}  // namespace pinion::proxy
