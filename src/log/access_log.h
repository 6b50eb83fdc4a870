// The access log: one line for every request and every tunnel that ended.
//
// Threads: write() from any thread; it queues a line and never waits for the disk. redirect() and
//   reopen() from one.
// Lifetime: as Logger.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "log/async_lines.h"
#include "log/log.h"

namespace pinion::log {

/// What one line says. Empty texts are written as "-", in JSON as "".
struct AccessEntry {
  std::chrono::system_clock::time_point time;  // when the request began
  std::string_view client;                     // address, as the trusted proxies tell it
  std::string_view method, target;
  int status = 0;  // 0: no answer was sent
  Duration duration{};
  std::uint64_t bytes_in = 0, bytes_out = 0;  // from and to the client
  std::string_view pool, backend, sid;
  std::string_view transport;  // polling, websocket
  std::string_view kind;       // what the request was within its session
  std::string_view error;      // code of X-Pinion-Error, or a close reason
  std::string_view side;       // that a close reason came from: client, backend, proxy
};

class AccessLog {
 public:
  /// Off.
  AccessLog() : target_(std::make_unique<Target>()) {}
  /// @param destination "" (off), "stderr" or a file's path
  /// The error is one line: which file, and why it cannot be written.
  static std::expected<AccessLog, std::string> open(const std::string& destination, Format format);

  /// Whether lines go anywhere, so that callers can spare themselves the making of an entry.
  [[nodiscard]] bool enabled() const noexcept {
    return target_->in_use.load(std::memory_order_acquire) != nullptr;
  }
  void write(const AccessEntry& entry);
  /// Lines go elsewhere from now on, as open() says; on an error nothing changes.
  std::expected<void, std::string> redirect(const std::string& destination);
  /// Opens the file anew after it was rotated away; on an error the old one stays in use.
  std::expected<void, std::string> reopen();
  /// Lines that were lost because writing could not keep up or failed.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  // Lines that were in use once stay until the end, since a writer may be about to push to them.
  struct Target {
    std::optional<AsyncLines> lines;
    std::atomic<AsyncLines*> made{nullptr}, in_use{nullptr};
  };
  std::unique_ptr<Target> target_;
  Format format_ = Format::text;
};

}  // namespace pinion::log
