// What one session waits for: messages without their reply, and for how long it has heard nothing.
//
// Threads: the loop's.
// Lifetime: one session.
// Invariants: holds at most kMost messages; each reply settles one at most, and each only once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace pinion::loadgen {

class ReplyBook {
 public:
  static constexpr std::size_t kMost = 1024;

  struct Heard {
    std::optional<Duration> delay;  // of the message that this is the first reply to
    std::optional<Duration>
        silence;  // since the session last heard something, if it has waited for it
  };

  [[nodiscard]] bool full() const noexcept { return waiting_.size() >= kMost; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

  /// @param id of the ack that it wants; ids grow
  void sent(std::uint64_t id, TimePoint at);
  /// The ack with this id. One that nobody waits for says nothing.
  Heard acknowledged(std::uint64_t id, TimePoint at);
  /// An event that is a reply: to the oldest message that has none, or else one more of the same
  /// stream.
  Heard answered(TimePoint at);
  /// How long it has waited and heard nothing; nothing when it waits for no message.
  [[nodiscard]] std::optional<Duration> silence(TimePoint at) const noexcept;
  /// The session has ended. @returns how many messages have no reply
  std::size_t give_up() noexcept;

 private:
  struct Message {
    std::uint64_t id = 0;
    TimePoint at{};
  };

  std::vector<Message> waiting_;  // the oldest first
  std::optional<TimePoint> heard_;
};

}  // namespace pinion::loadgen
