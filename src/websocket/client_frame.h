// Frames as a client writes them (RFC 6455, 5.2 and 5.3).
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "websocket/frame_scanner.h"

namespace pinion::websocket {

/// Appends one whole frame, masked as a client's has to be.
/// @param mask_key its bytes go out with the highest first
void append_client_frame(std::string& out, Opcode opcode, std::string_view payload,
                         std::uint32_t mask_key);

}  // namespace pinion::websocket
