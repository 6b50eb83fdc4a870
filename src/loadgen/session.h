// One user: joins a namespace, sends its messages by its clock, waits for the replies, and comes
// back after a loss if it may. Engine.IO is its EngineSession's.
//
// Threads: the loop's.
// Lifetime: owned by the Run, as long as that lasts.
// Invariants: messages leave by the clock, whatever the replies do, so that a server that stalls is
//   not spared; what cannot be sent is counted as held back. Each message ends as answered or lost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/timer_wheel.h"
#include "loadgen/engine_session.h"
#include "loadgen/measurements.h"
#include "loadgen/options.h"
#include "loadgen/reply_book.h"
#include "loadgen/request_writer.h"
#include "loadgen/socketio_packet.h"
#include "loadgen/text_template.h"
#include "loadgen/wire.h"

namespace pinion::loadgen {

/// What all sessions of a run share.
struct Common {
  Common(const Options& all_options, Wire& all_wire, TimerWheel& all_wheel)
      : options(all_options),
        wire(all_wire),
        wheel(all_wheel),
        requests(all_options),
        auth(all_options.auth, all_options.pad),
        message(all_options.message, all_options.pad) {}

  const Options& options;
  Wire& wire;
  TimerWheel& wheel;
  RequestWriter requests;
  TextTemplate auth, message;
  Histogram lately;     // delays since the last line of progress
  bool sending = true;  // false: no new messages
  bool ending = false;  // nobody comes back any more
  std::string scratch;
};

class Session final : private WheelTimer, private EngineSession::Owner {
 public:
  class Owner {
   public:
    /// The handshake has been answered by an open packet.
    virtual void on_session_open() noexcept = 0;
    /// It has ended, and may yet come back.
    virtual void on_session_end(const EngineEnd& end) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// How long the server has for the handshake and for the CONNECT, each; socket.io's client waits
  /// as long.
  static constexpr Duration kOpenTimeout = std::chrono::seconds{20};
  static constexpr Duration kLeaveTimeout = std::chrono::seconds{2};

  Session(Common& common, Owner& owner);

  void start();
  /// Ends it as a client does that leaves; messages without a reply are lost.
  void leave();

  /// The run ends without waiting: messages without a reply are lost.
  void give_up() { give_up_messages(); }

  /// It has been started, and has neither joined yet nor failed; for at most kOpenTimeout twice.
  [[nodiscard]] bool coming() const noexcept { return !has_ended_ && attempts_now(); }
  [[nodiscard]] bool present() const noexcept { return state_ == State::present; }
  [[nodiscard]] bool stayed_with_polling() const noexcept {
    return present() && engine_.stayed_with_polling();
  }
  /// Something is still to come: a reply, or the end of an attempt to join.
  [[nodiscard]] bool waits() const noexcept { return book_.waiting() != 0 || attempts_now(); }
  /// It has ended, and will not come back.
  [[nodiscard]] bool over() const noexcept { return state_ == State::over; }

 private:
  enum class State : unsigned char { unborn, opening, joining, present, away, leaving, over };

  [[nodiscard]] bool attempts_now() const noexcept {
    return state_ == State::opening || state_ == State::joining;
  }
  void on_timer(TimePoint now) noexcept override;
  void on_engine_open() noexcept override;
  void on_engine_message(std::string_view message) noexcept override;
  void on_engine_end(const EngineEnd& end) noexcept override;

  void begin();
  void join();
  void joined(TimePoint now);
  void not_joined(std::string_view data);
  void heard_event(std::string_view data, TimePoint now);
  void heard(const ReplyBook::Heard& heard);
  void stalled(Duration silence);
  void send_what_is_due(TimePoint now);
  void send_message();
  void look_for_life(TimePoint now);
  void arm_next();
  void break_off(std::string why, bool for_good);
  void count_end(const EngineEnd& end);
  void give_up_messages();
  [[nodiscard]] Duration pause_before_return(const EngineEnd& end);

  Common& common_;
  Owner& owner_;
  State state_ = State::unborn;
  bool has_joined_ = false;  // at some time
  bool has_stalled_ = false;
  bool has_ended_ = false;    // once, so that this is not its first attempt
  bool stays_away_ = false;   // the server has said good-bye
  unsigned attempts_ = 0;     // in a row that have failed
  std::uint64_t number_ = 0;  // of the last message
  TimePoint began_{};         // this attempt
  TimePoint deadline_{};      // of the present state
  TimePoint next_message_{};
  Duration interval_{};  // between two messages; 0: none are sent
  std::string id_;
  ReplyBook book_;
  EngineSession engine_;
};

}  // namespace pinion::loadgen
