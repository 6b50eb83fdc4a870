// Joins the small pieces of one answer into one write; large ones are not copied.
//
// Threads: the worker's.
// Lifetime: within one callback; the scratch text is the worker's and empty between uses.
#pragma once

#include <string>
#include <string_view>

#include "uv/stream.h"

namespace pinion::proxy {

class GatherWriter {
 public:
  GatherWriter(uv::Stream& stream, std::string& scratch) noexcept
      : stream_(stream), scratch_(scratch) {
    scratch_.clear();
  }
  ~GatherWriter() { scratch_.clear(); }
  GatherWriter(const GatherWriter&) = delete;
  GatherWriter& operator=(const GatherWriter&) = delete;

  /// Text to which heads can be appended directly.
  [[nodiscard]] std::string& text() noexcept { return scratch_; }

  void add(std::string_view piece) {
    if (piece.size() <= kCopyBelow) {
      scratch_.append(piece);
    } else {
      write(piece);
    }
  }
  /// Sends what is left. @returns 0, or the first error of any write
  int flush() {
    if (!scratch_.empty()) write({});
    return status_;
  }

 private:
  // Copying this much costs less than another buffer in the system call.
  static constexpr std::size_t kCopyBelow = 2048;

  void write(std::string_view large) {
    const int status = status_ == 0 ? stream_.write({scratch_, large}) : 0;
    if (status != 0) status_ = status;
    scratch_.clear();
  }

  uv::Stream& stream_;
  std::string& scratch_;
  int status_ = 0;
};

}  // namespace pinion::proxy
