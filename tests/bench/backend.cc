// The backends of the benchmark, all in one process: each has a port and Engine.IO sessions of its
// own.
//
//   backend COUNT      prints "PORT PORT ..." when it listens; ends with its standard input
//
// What it answers: GET /plain (1 KiB), Engine.IO v4 on /socket.io/ by polling and by WebSocket.
#include <charconv>
#include <deque>
#include <iostream>
#include <memory>

#include "peer.h"

namespace pinion::bench {
namespace {

class Backend {
 public:
  explicit Backend(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      Socket listener = listen_on(0);
      doors_.push_back({Engine{port_of(listener)}, std::move(listener)});
      around_.poller.add(doors_.back().listener.descriptor(), &doors_.back(), EPOLLIN);
      std::cout << port_of(doors_.back().listener) << (i + 1 < count ? " " : "\n");
    }
    std::cout.flush();
    around_.poller.add(0, nullptr, EPOLLIN);
  }

  void run() {
    for (;;) {
      for (const epoll_event& event : around_.poller.wait(until_due())) {
        if (event.data.ptr == nullptr) return;
        if (is_door(event.data.ptr)) {
          accept(*static_cast<Door*>(event.data.ptr));
        } else {
          auto& peer = *static_cast<Peer*>(event.data.ptr);
          if (!peer.on_event(event.events)) peers_.erase(peer.self);
        }
      }
      stream_what_is_due();
    }
  }

 private:
  struct Door {
    Engine engine;
    Socket listener;
  };

  [[nodiscard]] bool is_door(const void* who) const {
    for (const Door& door : doors_) {
      if (&door == who) return true;
    }
    return false;
  }

  void accept(Door& door) {
    for (Accepted next = accept_from(door.listener); next.socket;
         next = accept_from(door.listener)) {
      peers_.emplace_front(around_, door.engine, std::move(next.socket));
      peers_.front().self = peers_.begin();
    }
  }

  [[nodiscard]] Clock::duration until_due() const {
    if (around_.due.empty()) return std::chrono::hours{1};
    return around_.due.begin()->first - Clock::now();
  }

  void stream_what_is_due() {
    if (around_.due.empty()) return;
    const auto now = Clock::now();
    while (around_.due.begin()->first <= now) {
      auto entry = around_.due.extract(around_.due.begin());
      entry.value().first = entry.value().second->stream(entry.value().first);
      around_.due.insert(std::move(entry));
    }
  }

  // The doors outlive the peers, and a deque keeps them where they are.
  Surroundings around_;
  std::deque<Door> doors_;
  std::list<Peer> peers_;
};

}  // namespace
}  // namespace pinion::bench

int main(int argc, char** argv) {
  using namespace pinion::bench;
  const std::string_view text = argc == 2 ? argv[1] : "";
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  if (count == 0) fail("usage: backend COUNT");
  std::make_unique<Backend>(count)->run();
}
