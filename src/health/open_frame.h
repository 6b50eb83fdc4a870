// The first frame of a WebSocket that an Engine.IO server has accepted: its open packet.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace pinion::health {

enum class OpenFrame : unsigned char { need_more, open, other };

/// Whether `bytes`, all that came after the 101, begin with an Engine.IO open packet: a text frame
/// whose payload begins with 0{ (RFC 6455, 5.2; Engine.IO protocol, "open").
OpenFrame read_open_frame(std::string_view bytes) noexcept;

/// A close frame with 1000, as a client sends it.
std::string good_bye();

}  // namespace pinion::health
