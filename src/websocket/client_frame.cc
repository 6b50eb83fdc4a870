#include "websocket/client_frame.h"

namespace pinion::websocket {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr std::uint8_t kTwoBytesMore = 126;
constexpr std::uint8_t kEightBytesMore = 127;

void append_number(std::string& out, std::uint64_t number, unsigned bytes) {
  while (bytes-- > 0) out.push_back(static_cast<char>(number >> 8U * bytes & 0xFFU));
}

void append_masked_length(std::string& out, std::uint64_t length) {
  if (length <= kMaxControlPayload) return append_number(out, kMaskBit | length, 1);
  const bool fits = length <= 0xFFFF;
  append_number(out, kMaskBit | (fits ? kTwoBytesMore : kEightBytesMore), 1);
  append_number(out, length, fits ? 2 : 8);
}

}  // namespace

void append_client_frame(std::string& out, Opcode opcode, std::string_view payload,
                         std::uint32_t mask_key) {
  append_number(out, kFinal | static_cast<unsigned>(opcode), 1);
  append_masked_length(out, payload.size());
  append_number(out, mask_key, sizeof(mask_key));
  const std::size_t begin = out.size();
  out.append(payload);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const auto mask = static_cast<unsigned char>(mask_key >> 8U * (3U - i % 4U));
    out[begin + i] = static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask);
  }
}

}  // namespace pinion::websocket
