// What requests tell of how busy a backend's event loop is, and how far that is to be believed.
//
// A handshake or a POST waits for the loop as a probe does, and there may be many more of them. But
// they do not come at random times only (one makes the next), and an application may take its time
// over some of them while its loop is free. So each kind is measured against a peak of its own
// (probe_window.h), and all of them against the probes, which are known to be without bias: what
// differs from them by more than chance would count as bias, and the more of it there is the less
// requests weigh. Estimates are combined by the inverse of their variance, as usual, with the
// square of the bias added to that of the requests.
//
// Threads: one thread's. Pure: takes time as a parameter.
// Lifetime: as long as the backend is watched.
#pragma once

#include <array>

#include "balance/busy_tally.h"
#include "balance/probe_window.h"
#include "balance/request_samples.h"

namespace pinion::balance {

class RequestEvidence {
 public:
  /// How long a sample counts in the windows.
  static constexpr Duration kSpan = std::chrono::seconds{30};
  /// A sample stands for no more time than this, and without one for so long requests say nothing.
  static constexpr Duration kMostGap = std::chrono::seconds{2};
  /// What is this old counts 1/e of what is new, in the comparison.
  static constexpr Duration kMemory = std::chrono::minutes{2};
  /// Samples that both must have before they are compared.
  static constexpr double kEnough = 20;
  /// Requests never weigh more than this beside probes.
  static constexpr double kMost = 4;

  void add(const RequestSample& sample);
  /// What came since it was last called: probes, and requests of add(). @returns both, the requests
  /// by their weight
  BusyTally join(Duration time, const BusyTally& probes, TimePoint now) noexcept;

  /// How much a second of requests counts beside one of probes; 0: nothing (yet).
  [[nodiscard]] double weight() const noexcept;
  /// 0 to 1: the busy share that they tell, of the last two minutes; weight() says whether it
  /// counts.
  [[nodiscard]] double busy_share() const noexcept { return requests_.share(); }
  /// Whether there were enough of both to say anything, and still are some.
  [[nodiscard]] bool knows() const noexcept {
    return recent_ && probes_.worth() >= kEnough && requests_.worth() >= kEnough;
  }

 private:
  /// One kind of requests.
  struct Kind {
    ProbeWindow window{kSpan};
    TimePoint last{};  // when the newest was sent
    double gap = 0;    // seconds from one to the next, on average; 0: not known
    BusyTally told{};  // of what the window has told
  };

  std::array<Kind, kSampledRequests> kinds_;
  bool recent_ = false;          // a request came a moment ago, as of join()
  BusyTally news_;               // of requests, since join()
  BusyTally requests_, probes_;  // decaying, of the same time
};

}  // namespace pinion::balance
