// WebSocket sessions of the load generator.
//
//   echo      a message is sent, comes back, and the next one is sent: two frames relayed each time
//   stream    the backend sends `rate` frames a second to each session; beside them there may be
//             clients that are flooded and hardly read, and clients that get a storm of frames
//   leave     the same; then all clients go
//   flood     the backend sends frames as fast as it can
//   upload    the sessions do
//   churn     connect, upgrade, open packet, close frames both ways, end; and again
//   idle      nothing
#pragma once

#include <deque>

#include "frames.h"
#include "load.h"

namespace pinion::bench {

class WebSocketLoad final : public Load {
 public:
  WebSocketLoad(Poller& poller, const Options& options);

  static bool knows(std::string_view mode) noexcept;

  void open(std::size_t sessions) override;
  [[nodiscard]] bool all_open() const override { return opened_ == wanted_; }
  void start() override;
  void on_event(void* who, std::uint32_t events) override;
  Clock::time_point tick(Clock::time_point now) override;
  void check(Clock::time_point now, Clock::duration limit) override;
  void leave() override;
  [[nodiscard]] Storm storm() const override;

 private:
  enum class Work { kEcho, kStream, kFlood, kUpload, kChurn, kIdle };
  enum class State { kEnded, kUpgrading, kOpen, kClosing };
  enum class Role { kMeasured, kSlow, kStorm };

  struct Client {
    std::size_t index = 0;
    Role role = Role::kMeasured;
    Channel channel;
    FrameReader frames;
    std::string input;  // of an answer to the upgrade that is not complete
    State state = State::kEnded;
    bool upgraded = false;
    Clock::time_point began{};
    Clock::time_point heard{};  // when something last came
    std::int64_t due = 0;       // the time in the last message of a stream
    std::size_t poured = 0;
  };

  static std::optional<Work> work_of(std::string_view mode) noexcept;
  [[nodiscard]] Role role_of(std::size_t index) const noexcept;
  void open_more();
  void begin(Client& client);
  bool read(Client& client);
  bool read_answer(Client& client, std::string_view& bytes);
  void on_frame(Client& client, const Frame& frame);
  void on_work(Client& client, const Frame& frame);
  void on_streamed(Client& client, const Frame& frame, std::size_t rate);
  void on_open(Client& client);
  void on_end(Client& client);
  void set_to_work(Client& client);
  void set_companion_to_work(Client& client);
  void say(Client& client, std::string_view message);
  void ask(Client& client);
  void pour(Client& client);
  void fail_session(Client& client, std::string_view why);

  Poller& poller_;
  const Options& options_;
  Work work_;
  std::deque<Client> clients_;
  std::size_t wanted_ = 0, opened_ = 0;
  bool working_ = false;
  Clock::time_point next_sip_{};
  std::uint64_t storm_frames_ = 0;
  std::string echoed_;        // the message of echo
  std::string echoed_frame_;  // and its frame
  std::string uploads_;       // whole frames
  std::string output_;
  Clock::time_point now_{};
  std::vector<char> buffer_;
};

}  // namespace pinion::bench
