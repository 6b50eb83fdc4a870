// Finds the frames in a WebSocket byte stream (RFC 6455, 5.2) without unmasking or keeping payload.
//
// Threads: one worker's. Lifetime: one direction of one Tunnel. Memory: under 32 bytes.
// Invariants: the bytes are never changed. After a violation of the framing (reserved opcode, 64-bit length with
//   the top bit set, fragmented or over-long control frame) it stops counting and says so; what is
//   relayed goes on untouched, since the peers judge their own protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pinion::websocket {

enum class Opcode : unsigned char {
  continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10
};

struct FrameHeader {
  bool fin = true;
  bool rsv1 = false;  // first frame of a compressed message (RFC 7692, 7.2.3.1)
  Opcode opcode = Opcode::text;
  bool masked = false;
  std::uint8_t mask[4] = {};
  std::uint64_t length = 0;  // payload bytes
};

class FrameScanner {
 public:
  /// What the next bytes of the stream are. Either a frame has begun (`header` is complete with the last byte
  /// consumed), or payload of the present frame was passed over, or more bytes are needed.
  struct Step {
    std::size_t consumed = 0;
    bool frame_begins = false;   // header() is that of a new frame
    std::string_view payload;    // part of the present frame's payload, still masked
    std::uint64_t payload_offset = 0;  // of that part within the frame (for unmasking)
    bool frame_ends = false;     // the present frame's last byte has been consumed
  };
  Step next(std::string_view in) noexcept;

  [[nodiscard]] const FrameHeader& header() const noexcept { return header_; }
  /// Between two frames: the only place where a close frame may be put in.
  [[nodiscard]] bool at_boundary() const noexcept;
  [[nodiscard]] bool broken() const noexcept;

  /// Hot path: passes over all of `in` at once. `on_frame(const FrameHeader&)` is called once for every
  /// frame, when its header is complete. @returns how many bytes at the end of `in` follow the last frame boundary
  /// (0: `in` ends at a boundary; in.size() or more: no boundary in it).
  template <typename OnFrame>
  void scan(std::string_view in, OnFrame&& on_frame) noexcept {
    while (!in.empty() && !broken()) {
      const Step step = next(in);
      if (step.frame_begins) on_frame(header_);
      in.remove_prefix(step.consumed);
    }
  }

 private:
  FrameHeader header_;
  std::uint64_t remaining_ = 0;      // payload bytes of the present frame still to come
  // (the implementer adds header bytes seen so far and a state here)
};

}  // namespace pinion::websocket
