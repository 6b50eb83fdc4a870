// Finds the frames in a WebSocket byte stream (RFC 6455, 5.2) without unmasking or keeping payload.
//
// Threads: one worker's.
// Lifetime: one direction of one Tunnel. Memory: 32 bytes.
// Invariants: the bytes are never changed. After a violation of the framing (reserved opcode,
//   64-bit length with the top bit set, fragmented or over-long control frame) it stops counting
//   and says so; what is relayed goes on untouched, since the peers judge their own protocol.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pinion::websocket {

enum class Opcode : unsigned char {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

constexpr bool is_control(Opcode opcode) noexcept {
  return (static_cast<unsigned char>(opcode) & 8U) != 0;
}

/// The longest payload of a control frame (RFC 6455, 5.5), in bytes.
inline constexpr std::size_t kMaxControlPayload = 125;
/// Of the second byte: the payload is masked (RFC 6455, 5.2).
inline constexpr std::uint8_t kMaskBit = 0x80;

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
  /// What the next bytes of the stream are. Either a frame has begun (`header` is complete with the
  /// last byte consumed), or payload of the present frame was passed over, or more bytes are
  /// needed.
  struct Step {
    std::size_t consumed = 0;
    bool frame_begins = false;         // header() is that of a new frame
    std::string_view payload;          // part of the present frame's payload, still masked
    std::uint64_t payload_offset = 0;  // of that part within the frame (for unmasking)
    bool frame_ends = false;           // the present frame's last byte has been consumed
  };
  /// Consumes at least one byte of a non-empty `in`, and all of it once broken().
  Step next(std::string_view in) noexcept;

  /// Of the frame that began last. Undefined while the next frame's header is still coming in.
  [[nodiscard]] const FrameHeader& header() const noexcept { return header_; }
  /// Between two frames: the only place where a close frame may be put in.
  [[nodiscard]] bool at_boundary() const noexcept {
    return remaining_ == 0 && state_ == State::boundary;
  }
  /// No message of several frames is under way either (RFC 6455, 5.4), so that none is cut there.
  [[nodiscard]] bool between_messages() const noexcept { return at_boundary() && !in_message_; }
  /// The rest of the present frame's payload is still to come.
  [[nodiscard]] bool in_payload() const noexcept { return remaining_ > 0; }
  [[nodiscard]] std::uint64_t payload_left() const noexcept { return broken() ? 0 : remaining_; }
  [[nodiscard]] bool broken() const noexcept { return state_ == State::broken; }

  /// Hot path: passes over all of `in` at once. `on_frame(const FrameHeader&, std::string_view
  /// rest)` is called once for every frame, when its header is complete; `rest` is what follows it
  /// in `in`. @returns how many bytes at the end of `in` follow
  /// the last frame boundary in it (0: `in` ends at a boundary; in.size(): no frame ends in it).
  template <typename OnFrame>
  std::size_t scan(std::string_view in, OnFrame&& on_frame) noexcept {
    const char* at = in.data();
    const char* const end = at + in.size();
    const char* boundary = at;
    while (at != end && state_ != State::broken) {
      if (state_ == State::boundary && remaining_ == 0 && end - at >= kMaxHeader) {
        at += take_whole_header(reinterpret_cast<const std::uint8_t*>(at));
        if (state_ == State::broken) break;
        on_frame(static_cast<const FrameHeader&>(header_), rest(at, end));
      } else if (remaining_ == 0) {
        const Step step = next({at, static_cast<std::size_t>(end - at)});
        at += step.consumed;
        if (step.frame_begins) on_frame(static_cast<const FrameHeader&>(header_), rest(at, end));
        if (!step.frame_ends) continue;
      }
      const auto passed = std::min(remaining_, static_cast<std::uint64_t>(end - at));
      remaining_ -= passed;
      at += passed;
      if (remaining_ == 0) boundary = at;
    }
    return static_cast<std::size_t>(end - boundary);
  }

 private:
  /// Two bytes, a length of eight, a masking key of four.
  static constexpr std::ptrdiff_t kMaxHeader = 14;

  static std::string_view rest(const char* at, const char* end) noexcept {
    return {at, static_cast<std::size_t>(end - at)};
  }

  enum class State : std::uint8_t { boundary, second_byte, length, mask, broken };

  std::size_t take_whole_header(const std::uint8_t* at) noexcept;
  void take_header_byte(std::uint8_t byte) noexcept;
  void take_first_byte(std::uint8_t byte) noexcept;
  void take_second_byte(std::uint8_t byte) noexcept;
  void take_length_byte(std::uint8_t byte) noexcept;
  void length_complete() noexcept;
  void header_complete() noexcept;

  FrameHeader header_;
  std::uint64_t remaining_ = 0;  // payload bytes of the present frame still to come
  State state_ =
      State::boundary;        // part of a header that comes next; boundary also within a payload
  std::uint8_t missing_ = 0;  // bytes of that part still to come
  bool in_message_ = false;   // its last frame has not begun
};
static_assert(sizeof(FrameScanner) <= 32, "two of them belong to every idle tunnel");

}  // namespace pinion::websocket
