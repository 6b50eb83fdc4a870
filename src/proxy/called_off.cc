#include "proxy/called_off.h"

#include "engineio/dialect.h"
#include "websocket/client_frame.h"

namespace pinion::proxy {

std::string calls_upgrade_off(std::uint32_t mask_key) {
  std::string frame;
  websocket::append_client_frame(frame, websocket::Opcode::text, engineio::kNoop, mask_key);
  return frame;
}

}  // namespace pinion::proxy
