// Keeps the CONNECT packets of a polled payload of protocol 4, and lets all else pass.
//
// Threads: one worker's.
// Lifetime: one body.
// Invariants: however the payload is split, keeps at most kMaxConnectPacket bytes, those of the
//   first packets; while none has come it owns no memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pinion::engineio {

class ConnectFinder {
 public:
  void feed(std::string_view payload);
  /// The packets so far, as a payload of their own; the last one may not be whole yet.
  [[nodiscard]] const std::string& connects() const noexcept { return kept_; }

 private:
  void take(std::string_view part);
  void keep(std::string_view part);

  std::string kept_;
  std::size_t begins_at_ = 0;  // in kept_: the present packet, if it is kept
  std::size_t matched_ = 0;    // bytes of its beginning
  bool passes_ = false;        // it is no CONNECT, or too long
};

}  // namespace pinion::engineio
