// WebSocket frames (RFC 6455 section 5.2): made, and read from a byte stream.
//
// Threads: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace pinion::bench {

enum class Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8 };
enum class Masked : bool { kNo, kYes };

/// Appends one whole frame. Masked ones carry a fixed key: the proxies do not care.
void append_frame(std::string& out, Opcode opcode, std::string_view payload, Masked masked);

struct Frame {
  Opcode opcode;
  std::uint64_t length;      // of the payload
  std::string_view payload;  // unmasked; empty when longer than FrameReader::kKept
};

/// Cuts a byte stream into frames.
class FrameReader {
 public:
  static constexpr std::uint64_t kKept = 2048;

  /// Calls handler(const Frame&) for each frame that is complete. @returns false for bytes that are
  /// no frames: a reserved bit or an unknown opcode.
  template <typename Handler>
  bool feed(std::string_view bytes, Handler&& handler) {
    while (step(bytes)) {
      if (broken_) return false;
      handler(std::as_const(frame_));
    }
    return !broken_;
  }

 private:
  bool step(std::string_view& bytes);
  bool skip(std::string_view& bytes);
  bool cut(std::string_view source, std::size_t& used);
  void take_payload(std::string_view raw, const char* mask);

  Frame frame_{};
  std::string carried_;  // a frame's beginning, until the rest comes
  std::string unmasked_;
  std::uint64_t to_skip_ = 0;  // of a payload that is not kept
  bool skipping_ = false;
  bool broken_ = false;
};

}  // namespace pinion::bench
