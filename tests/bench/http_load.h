// HTTP clients of the load generator.
//
//   plain     GET of 1 KiB on a kept-alive connection, one after the other
//   polling   an Engine.IO session by polling: a GET waits on one connection, a POST on another
//   brings
//             a message, the GET comes back with its echo; two requests each time
#pragma once

#include <deque>

#include "load.h"

namespace pinion::bench {

class HttpLoad final : public Load {
 public:
  HttpLoad(Poller& poller, const Options& options);

  static bool knows(std::string_view mode) noexcept;

  void open(std::size_t sessions) override;
  [[nodiscard]] bool all_open() const override { return opened_ == clients_.size(); }
  void start() override;
  void on_event(void* who, std::uint32_t events) override;
  void check(Clock::time_point now, Clock::duration limit) override;
  void leave() override;

 private:
  struct Client;

  struct Lane {
    Client* client = nullptr;
    Channel channel;
    std::string input;
    bool answered = true;
  };

  struct Client {
    std::size_t index = 0;
    Lane get, post;
    std::string sid;
    Clock::time_point began{};
    bool ended = false;
  };

  void connect(Client& client, Lane& lane);
  void on_answer(Lane& lane, std::string_view status, std::string_view body);
  void on_handshake(Client& client, std::string_view body);
  void work(Client& client);
  void send(Lane& lane, std::string_view request);
  void fail_client(Client& client, std::string_view why);
  static void end(Client& client);

  Poller& poller_;
  const Options& options_;
  bool polling_;
  std::deque<Client> clients_;
  std::size_t opened_ = 0;
  bool working_ = false;
  std::string message_, output_;
  Clock::time_point now_{};
  std::vector<char> buffer_;
};

}  // namespace pinion::bench
