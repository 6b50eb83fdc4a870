// Writes WebSocket frames and compressed messages as RFC 6455 and RFC 7692 say, for tests that
// compare what pinion reads with what was written.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pinion::websocket::test {

struct Frame {
  unsigned opcode = 1;
  bool fin = true;
  bool rsv1 = false;
  std::optional<std::uint32_t> mask_key{};
  std::string payload;
  unsigned length_bytes = 0;  // 2 or 8: written longer than need be
};

std::string header_of(const Frame& frame);
/// The whole frame, its payload masked if it has a key.
std::string write(const Frame& frame);
/// The payload of a compressed message: zlib's stream without the tail (RFC 7692, 7.2.1).
std::string deflate_message(std::string_view text, int window_bits = 15);
/// Payloads of messages that were compressed one after the other, with context takeover.
std::vector<std::string> deflate_messages(const std::vector<std::string>& texts,
                                          int window_bits = 15);

}  // namespace pinion::websocket::test
