// Where bodies are written in tests: a real stream, whose other end shows what came out.
//
// Threads: the test's. A unix socket, since what is written to it can be read at once.
#pragma once

#include <string>

#include "http/head.h"
#include "proxy/gather_writer.h"
#include "uv/stream_pair.h"

namespace pinion::proxy::test {

inline constexpr http::Framing kChunked = {.kind = http::Framing::Kind::chunked, .length = 0};

class Sink {
 public:
  /// Lets `write` fill a writer. @returns what the peer sees then
  template <typename Write>
  std::string written(Write write) {
    {
      GatherWriter out(pair_.near, scratch_);
      write(out);
      REQUIRE(out.flush() == 0);
    }
    return take();
  }
  std::string take() {
    std::string all;
    for (std::string piece = pair_.far.take(); !piece.empty(); piece = pair_.far.take()) {
      all += piece;
    }
    return all;
  }
  [[nodiscard]] uv::test::StreamPair& pair() noexcept { return pair_; }
  [[nodiscard]] std::string& scratch() noexcept { return scratch_; }

 private:
  uv::test::StreamPair pair_{true};
  std::string scratch_;
};

}  // namespace pinion::proxy::test
