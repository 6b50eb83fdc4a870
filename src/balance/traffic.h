// What has passed between clients and one backend, and how much work that is.
//
// Threads: Traffic is a value; TrafficCounter is added to by any worker and read by any thread.
//
// The unit of work is one thing that the backend's event loop has to turn to: a WebSocket frame in
// either direction, an Engine.IO packet that is polled or posted, and each HTTP request that
// carries them (parsing a head costs the loop too). Bytes are no part of it: what a piece costs on
// the average, large or small, is learnt (cost_learner.h). So a packet by polling is two pieces
// and one by WebSocket is one, and a session that streams is heavier than one that sleeps,
// whichever way it speaks.
#pragma once

#include <atomic>
#include <cstdint>

namespace pinion::balance {

/// In is from the clients, out is to them. Totals, or what came since the last time.
struct Traffic {
  std::uint64_t frames_in = 0, frames_out = 0;  // WebSocket frames, or polled packets
  std::uint64_t bytes_in = 0, bytes_out = 0;    // payload, heads left out
  std::uint64_t requests = 0;                   // HTTP requests that the backend was sent

  /// In units of work.
  [[nodiscard]] std::uint64_t work() const noexcept { return frames_in + frames_out + requests; }
};

class TrafficCounter {
 public:
  /// Once for what a tunnel moved in a tick or a request in its life, never for each frame.
  void add(const Traffic& news) noexcept {
    add_to(frames_in_, news.frames_in);
    add_to(frames_out_, news.frames_out);
    add_to(bytes_in_, news.bytes_in);
    add_to(bytes_out_, news.bytes_out);
    add_to(requests_, news.requests);
  }
  /// Since the process began. Its parts may be a moment apart.
  [[nodiscard]] Traffic total() const noexcept {
    return {.frames_in = read(frames_in_),
            .frames_out = read(frames_out_),
            .bytes_in = read(bytes_in_),
            .bytes_out = read(bytes_out_),
            .requests = read(requests_)};
  }

 private:
  using Count = std::atomic<std::uint64_t>;
  static void add_to(Count& count, std::uint64_t news) noexcept {
    if (news != 0) count.fetch_add(news, std::memory_order_relaxed);
  }
  static std::uint64_t read(const Count& count) noexcept {
    return count.load(std::memory_order_relaxed);
  }

  Count frames_in_{0}, frames_out_{0}, bytes_in_{0}, bytes_out_{0}, requests_{0};
};

}  // namespace pinion::balance
