// One connection to a backend, in use by an Exchange or idle in the UpstreamPool.
//
// Threads: the worker's.
// Lifetime: owned by an Exchange or by the pool; its stream moves on to a Tunnel after a 101.
// Events go to whoever uses it.
// Invariants: an idle connection on which anything happens is discarded: bytes nobody asked for, a
//   FIN, an error.
#pragma once

#include <cstdint>
#include <string_view>

#include "balance/backend.h"
#include "base/timer_wheel.h"
#include "proxy/retired.h"
#include "uv/stream.h"

namespace pinion::proxy {

class UpstreamPool;
class Worker;

class UpstreamEvents {
 public:
  virtual void on_upstream_ready() noexcept = 0;
  /// The connect did not come through: a libuv error.
  virtual void on_upstream_refused(int status) noexcept = 0;
  [[nodiscard]] virtual std::size_t upstream_read_room() noexcept = 0;
  virtual void on_upstream_read(std::string_view bytes) noexcept = 0;
  /// No more bytes will come: 0 for a FIN, else a libuv error.
  virtual void on_upstream_end(int status) noexcept = 0;
  virtual void on_upstream_drain() noexcept = 0;
  virtual void on_upstream_write_error(int status) noexcept = 0;

 protected:
  ~UpstreamEvents() = default;
};

class Upstream final : public Retirable, public uv::StreamEvents, private WheelTimer {
 public:
  Upstream(Worker& worker, UpstreamPool& pool, balance::Backend& backend) noexcept
      : worker_(worker), pool_(pool), backend_(backend) {}

  /// Starts to connect; events.on_upstream_ready or _refused follow, never from inside. @returns 0
  /// or an error
  int connect(UpstreamEvents& events);
  /// Takes a connection that was idle into use.
  void use(UpstreamEvents& events) noexcept;
  /// Nobody uses it any more; the pool closes it after `keep`.
  void rest(Duration keep) noexcept;
  /// Closes the connection; nobody is told.
  void abandon() noexcept;
  /// The stream, for a Tunnel. This object is of no more use.
  uv::Stream take_stream() noexcept { return std::move(stream_); }

  [[nodiscard]] balance::Backend& backend() noexcept { return backend_; }
  [[nodiscard]] uv::Stream& stream() noexcept { return stream_; }
  /// It has carried an exchange before, so the backend may close it at any moment.
  [[nodiscard]] bool reused() const noexcept { return reused_; }
  /// Nothing of what was sent since use() can have been read by the backend: its kernel has
  /// acknowledged none of it.
  /// @param status how the connection ended: 0 for a FIN, else a libuv error
  [[nodiscard]] bool nothing_arrived(int status) const noexcept;

 private:
  void on_connected(int status) noexcept override;
  std::size_t read_room() noexcept override;
  void on_read(std::string_view bytes) noexcept override;
  void on_end(int status) noexcept override;
  void on_drain() noexcept override;
  void on_write_error(int status) noexcept override;
  void on_timer(TimePoint now) noexcept override;

  Worker& worker_;
  UpstreamPool& pool_;
  balance::Backend& backend_;
  UpstreamEvents* user_ = nullptr;  // null while idle
  uv::Stream stream_;
  std::uint64_t taken_before_ = 0;  // bytes that earlier exchanges have sent
  bool reused_ = false;
};

}  // namespace pinion::proxy
