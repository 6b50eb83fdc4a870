// Finds the address of a target at which somebody takes connections: its name resolved, its
// addresses tried in turn.
//
// Threads: the loop's.
// Lifetime: its owner outlives it; tells the outcome once, by the loop.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/chunk_queue.h"
#include "base/socket_address.h"
#include "uv/loop.h"
#include "uv/resolver.h"
#include "uv/stream.h"
#include "uv/timer.h"

namespace pinion::loadgen {

class Contact final : private uv::StreamEvents, private uv::Timer::Handler {
 public:
  class Owner {
   public:
    virtual void on_contact(const SocketAddress& address) noexcept = 0;
    /// At none of them. @param why in words
    virtual void on_no_contact(std::string_view why) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// For each address.
  static constexpr Duration kTimeout = std::chrono::seconds{5};

  Contact(uv::Loop& loop, ChunkPool& chunks, Owner& owner);

  void find(const std::string& host, std::uint16_t port);

 private:
  void on_connected(int status) noexcept override;
  void on_read(std::string_view /*bytes*/) noexcept override {}
  void on_end(int /*status*/) noexcept override {}
  void on_drain() noexcept override {}
  void on_write_error(int /*status*/) noexcept override {}
  void on_tick() noexcept override;

  void try_next(std::string_view why);

  uv::Loop& loop_;
  ChunkPool& chunks_;
  Owner& owner_;
  uv::Timer timer_;
  uv::Resolver resolver_;
  std::vector<SocketAddress> addresses_;  // the next one first
  SocketAddress trying_;
  uv::Stream stream_;
};

}  // namespace pinion::loadgen
