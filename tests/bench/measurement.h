// One measurement: opens sessions through the proxy, has them work, and looks at the proxy
// meanwhile.
//
// Threads: one. Lifetime: the Options outlive it.
#pragma once

#include <memory>

#include "load.h"
#include "result.h"

namespace pinion::bench {

class Measurement {
 public:
  /// A mode that nobody knows ends the program.
  explicit Measurement(const Options& options);

  /// Ends early when there is an error, which is then in the tally.
  Result run();
  [[nodiscard]] Tally& tally() { return load_->tally(); }

 private:
  struct Moment {
    Clock::time_point time;
    std::uint64_t operations = 0, proxy_ns = 0, tool_ns = 0;
    Storm storm;
  };

  Result work();
  Result memory_of_idle_sessions();
  Result memory_that_comes_back();
  Memory settled_memory();
  void open(std::size_t sessions);
  void pass(Clock::duration time);
  void turn(Clock::time_point until);
  [[nodiscard]] Moment moment();

  const Options& options_;
  Poller poller_;
  std::unique_ptr<Load> load_;
};

}  // namespace pinion::bench
