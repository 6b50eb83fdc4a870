// The yardstick: the smallest relay that one can write with epoll, read and write.
//
//   relay LISTEN_PORT BACKEND_PORT...
//
// It knows no HTTP. A client's connections go to the backend that its address hashes to, so that
// polling sessions stay together. Closes both sides when one ends.
#include <array>
#include <charconv>
#include <list>
#include <memory>
#include <vector>

#include "channel.h"

namespace pinion::bench {
namespace {

constexpr std::size_t kBuffer = std::size_t{64} * 1024;

struct Pair;

struct Side {
  Pair* pair;
  Side* other;
  Channel channel;
};

struct Pair {
  Side client{this, &backend, {}};
  Side backend{this, &client, {}};
  std::list<Pair>::iterator self;
};

class Relay {
 public:
  Relay(std::uint16_t port, std::vector<std::uint16_t> backends)
      : listener_(listen_on(port)), backends_(std::move(backends)) {
    poller_.add(listener_.descriptor(), nullptr, EPOLLIN);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : poller_.wait()) {
        if (event.data.ptr == nullptr) {
          accept();
        } else {
          handle(*static_cast<Side*>(event.data.ptr), event.events);
        }
      }
      // Both sides of a pair may be in one batch.
      ended_.clear();
    }
  }

 private:
  void accept() {
    for (Accepted next = accept_from(listener_); next.socket; next = accept_from(listener_)) {
      pairs_.emplace_front();
      Pair& pair = pairs_.front();
      pair.self = pairs_.begin();
      const std::uint16_t port = backends_[next.source % backends_.size()];
      pair.client.channel = Channel{poller_, std::move(next.socket), &pair.client};
      pair.backend.channel = Channel{poller_, connect_to(port, 0), &pair.backend};
    }
  }

  void handle(Side& side, std::uint32_t events) {
    if (!side.channel) return;
    if ((events & EPOLLOUT) != 0 && !drain(side)) return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) pass(side);
  }

  bool drain(Side& side) {
    if (!side.channel.flush()) return end(*side.pair);
    if (!side.channel.waiting()) side.other->channel.pause_reading(false);
    return true;
  }

  void pass(Side& from) {
    const auto [got, bytes] = from.channel.read(buffer_);
    if (got == Channel::Got::kNothing) return;
    Channel& to = from.other->channel;
    if (got == Channel::Got::kEnd || !to.write(bytes)) {
      end(*from.pair);
    } else if (to.waiting()) {
      from.channel.pause_reading(true);
    }
  }

  bool end(Pair& pair) {
    pair.client.channel.close();
    pair.backend.channel.close();
    ended_.splice(ended_.begin(), pairs_, pair.self);
    return false;
  }

  Poller poller_;
  Socket listener_;
  std::vector<std::uint16_t> backends_;
  std::list<Pair> pairs_, ended_;
  std::array<char, kBuffer> buffer_{};
};

std::uint16_t port_from(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) fail("relay: not a port");
  return port;
}

}  // namespace
}  // namespace pinion::bench

int main(int argc, char** argv) {
  using namespace pinion::bench;
  if (argc < 3) fail("usage: relay LISTEN_PORT BACKEND_PORT...");
  std::vector<std::uint16_t> backends;
  for (int i = 2; i < argc; ++i) backends.push_back(port_from(argv[i]));
  const auto relay = std::make_unique<Relay>(port_from(argv[1]), std::move(backends));
  relay->run();
}
