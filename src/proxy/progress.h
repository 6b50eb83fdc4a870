// How far a peer has got with what was written to it, for those who must not give it up while it
// takes some: a socket asks for more in steps of a third of its buffer, which a slow line may need
// minutes for.
//
// Threads: the worker's.
#pragma once

#include <cstdint>
#include <utility>

#include "uv/stream.h"
#include "uv/tcp_info.h"

namespace pinion::proxy {

/// Bytes that its kernel has acknowledged; by a unix socket, that the kernel took.
inline std::uint64_t progress_of(const uv::Stream& stream) noexcept {
  if (!stream) return 0;
  return uv::bytes_acknowledged(stream.descriptor()).value_or(stream.taken());
}

/// @param known progress_of() when it was last looked at; brought up to date
/// @returns whether there was any since
inline bool progressed(const uv::Stream& stream, std::uint64_t& known) noexcept {
  const std::uint64_t now = progress_of(stream);
  return std::exchange(known, now) != now;
}

}  // namespace pinion::proxy
