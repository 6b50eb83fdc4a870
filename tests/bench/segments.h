// How many TCP segments with data a socket has had from its peer.
//
// Threads: the caller's. Whoever writes to a loopback socket without delay sends one segment with
// each write, so long as the other side takes it: frames by segments are frames by write, of any
// proxy.
#pragma once

#include <cstdint>

namespace pinion::bench {

/// @returns tcpi_data_segs_in of TCP_INFO, which begins again at 2^32
[[nodiscard]] std::uint64_t data_segments_of(int descriptor);

}  // namespace pinion::bench
