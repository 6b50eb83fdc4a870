// Counts the Engine.IO packets in the body of a poll's answer or a POST, and notices a close packet (`1`),
// without keeping any of it.
//
// Threads: one worker's. Lifetime: one body. Memory: a fixed few bytes, however the body is split.
#pragma once

#include <cstdint>
#include <string_view>

namespace pinion::engineio {

class PacketScanner {
 public:
  struct Body {
    int revision = 4;            // of the protocol
    bool jsonp_post = false;     // `d=` and a form-encoded payload
    bool jsonp_answer = false;   // `___eio[N]("…");`
    bool binary = false;         // Content-Type: application/octet-stream (v3 binary framing)
    bool opaque = false;         // has a Content-Encoding: nothing can be told
  };
  explicit PacketScanner(Body body) noexcept : body_(body) {}

  void feed(std::string_view bytes) noexcept;
  /// The body has ended.
  void finish() noexcept;
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  [[nodiscard]] bool saw_close() const noexcept { return saw_close_; }

 private:
  Body body_;
  std::uint64_t packets_ = 0;
  bool saw_close_ = false;
  // (the implementer adds state here)
};

}  // namespace pinion::engineio
