// How "I do not know this session" sounds: said by pinion, and understood from backends.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace pinion::engineio {

/// A packet that says nothing (engine.io-protocol v3 and v4).
inline constexpr std::string_view kNoop = "6";

/// JSON body of the 400 for an unknown or lost session, as engine.io sends it.
inline constexpr std::string_view kUnknownSessionBody =
    R"({"code":1,"message":"Session ID unknown"})";

/// As many bytes of an error's body as tells_unknown_session needs at most.
inline constexpr std::size_t kErrorPrefix = 512;

/// Whether a backend's answer to a request with a sid says that it does not have that session:
/// Node's JSON `Session ID unknown`, Node's raw 400 to an upgrade, Python's `"Invalid session …"`.
/// Python's empty 403 to an upgrade does not say it: it is its answer to a foreign origin too, and
/// that of every ASGI server to a WebSocket that the application does not want. A session that is
/// lost indeed has a poll that says so.
/// @param body_prefix the first bytes of the body, up to kErrorPrefix
bool tells_unknown_session(int status, std::string_view body_prefix, bool upgrade) noexcept;

}  // namespace pinion::engineio
