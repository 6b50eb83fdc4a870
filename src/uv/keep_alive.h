// How TCP notices that a host has vanished without a word: it asks after a silence, and again a few
// times.
//
// Threads: any.
#pragma once

#include "base/clock.h"

namespace pinion::uv {

/// After this much silence TCP asks whether the peer is still there,
inline constexpr std::chrono::seconds kKeepAliveIdle{60};
/// then again so often,
inline constexpr std::chrono::seconds kKeepAliveEvery{15};
/// and gives it up after so many questions.
inline constexpr int kKeepAliveQuestions = 4;

/// Has the kernel do so for a TCP socket. Those that a listening socket accepts inherit it.
void keep_alive(int socket) noexcept;

}  // namespace pinion::uv
