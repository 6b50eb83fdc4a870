#include "health/open_frame.h"

namespace pinion::health {
namespace {

constexpr std::string_view kOpen = "0{";
constexpr char kWholeText = '\x81';
// A payload of up to 125 bytes has its length in the second byte; else two or eight bytes follow.
constexpr unsigned char kTwoMore = 126;
constexpr unsigned char kEightMore = 127;

}  // namespace

OpenFrame read_open_frame(std::string_view bytes) noexcept {
  if (bytes.empty()) return OpenFrame::need_more;
  if (bytes[0] != kWholeText) return OpenFrame::other;
  if (bytes.size() < 2) return OpenFrame::need_more;
  const auto length = static_cast<unsigned char>(bytes[1]);
  // A server does not mask.
  if (length > kEightMore) return OpenFrame::other;
  const std::size_t head = length == kEightMore ? 10 : length == kTwoMore ? 4 : 2;
  if (bytes.size() < head + kOpen.size()) {
    return length < kOpen.size() ? OpenFrame::other : OpenFrame::need_more;
  }
  return bytes.substr(head).starts_with(kOpen) ? OpenFrame::open : OpenFrame::other;
}

std::string good_bye() {
  // FIN and opcode 8, masked with zeros, 1000.
  return std::string("\x88\x82\0\0\0\0\x03\xe8", 8);
}

}  // namespace pinion::health
