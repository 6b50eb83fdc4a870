// The inflating end of permessage-deflate (RFC 7692, 7.2.2), with the window that runs through all
// messages of one direction. Private to this room.
//
// Threads: one worker's.
// Lifetime: one direction of one WebSocket.
// Invariants: has the largest window, which reads what was made with smaller ones, and keeps it
//   from message to message, which reads what was made without context takeover too; a final block
//   alone empties it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace pinion::websocket {

class InflateStream {
 public:
  /// What zlib takes for one at most: its window and its state, in bytes.
  static constexpr std::size_t kMemory = std::size_t{40} * 1024;

  InflateStream();

  /// Inflates the next message; what was in `out` is lost.
  /// @returns false if it is not valid or longer than `limit`; the stream is then of no more use
  bool add_message(std::string_view compressed, std::size_t limit, std::string& out);

 private:
  struct End {
    void operator()(z_stream_s* stream) const noexcept;
  };

  bool add(std::string_view in, std::size_t limit, std::string& out);
  [[nodiscard]] bool at_block_end() const noexcept;

  std::unique_ptr<z_stream_s, End> stream_;  // null if zlib has not made it
};

}  // namespace pinion::websocket
