#include "websocket/close_frame.h"

#include "websocket/client_frame.h"
#include "websocket/frame_scanner.h"

namespace pinion::websocket {
namespace {

constexpr std::uint8_t kFinalClose = 0x88;

/// Status code and reason. A reason that does not fit is cut between two characters: it must be
/// UTF-8 (RFC 6455, 5.5.1).
std::string close_payload(CloseCode code, std::string_view reason) {
  const auto number = static_cast<std::uint16_t>(code);
  std::string payload;
  payload.push_back(static_cast<char>(number >> 8U));
  payload.push_back(static_cast<char>(number & 0xFFU));
  std::size_t room = kMaxControlPayload - payload.size();
  if (reason.size() > room) {
    while (room > 0 && (static_cast<unsigned char>(reason[room]) & 0xC0U) == 0x80U) --room;
    reason = reason.substr(0, room);
  }
  return payload.append(reason);
}

}  // namespace

std::string close_frame_to_client(CloseCode code, std::string_view reason) {
  const std::string payload = close_payload(code, reason);
  std::string frame;
  frame.push_back(static_cast<char>(kFinalClose));
  frame.push_back(static_cast<char>(payload.size()));
  return frame.append(payload);
}

std::string close_frame_to_server(CloseCode code, std::string_view reason, std::uint32_t mask_key) {
  std::string frame;
  append_client_frame(frame, Opcode::close, close_payload(code, reason), mask_key);
  return frame;
}

}  // namespace pinion::websocket
