// Many threads on few sids: nothing is lost, counted twice, or seen half done.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "session/pin_table.h"
#include "sessions.h"
#include "support/all_sessions.h"

namespace pinion::session {
namespace {

using namespace test;

struct Tally {
  std::atomic<std::size_t> inserted{0};
  std::atomic<std::size_t> gone{0};
};

void storm(PinTable& table, Tally& tally, unsigned seed) {
  std::mt19937 random{seed};
  for (int i = 0; i < 4000; ++i) {
    const std::string sid = "s" + std::to_string(below(300, random));
    const TimePoint now = kStart + std::chrono::milliseconds{i};
    const SessionKey key{0, sid};
    switch (below(8, random)) {
      case 0:
      case 1: {
        const auto result =
            table.insert(below(2, random) == 0 ? polling(sid, now, 1s, below(3, random))
                                               : websocket(sid, now, 1s, below(3, random)));
        ++tally.inserted;
        tally.gone += (result.replaced ? 1U : 0U) + (result.evicted ? 1U : 0U);
        break;
      }
      case 2:
        if (const auto found = table.begin_request(key, now)) {
          table.end_request(key, found->serial, {.bytes_in = 1}, now);
        }
        break;
      case 3:
        if (const auto found = table.find(key)) {
          table.set_tunnel(key, found->serial, below(2, random) == 0, 0, now);
          table.publish(key, found->serial, {.bytes_out = 1}, {0}, now);
        }
        break;
      case 4:
        if (const auto found = table.find(key)) table.upgraded(key, found->serial);
        break;
      case 5:
        if (table.close(key, 0)) ++tally.gone;
        break;
      case 6:
        if (i % 16 == 0) tally.gone += table.sweep(now).size();
        break;
      default:
        if (i % 64 == 0) tally.gone += table.drop_backend(below(3, random)).size();
        if (i % 64 == 1) REQUIRE(pinion::test::all_sessions(table).size() <= 300);
        break;
    }
  }
}

}  // namespace

TEST_CASE("every session that many threads insert leaves exactly once") {
  PinTable table{150};
  Tally tally;
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (unsigned t = 1; t <= 6; ++t) {
    threads.emplace_back([&table, &tally, t] { storm(table, tally, t); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(table.size() == tally.inserted - tally.gone);
  const auto left = pinion::test::all_sessions(table);
  CHECK(left.size() == table.size());
  for (const Session& session : left) {
    CHECK(session.requests == 0);
    CHECK(table.close({session.pool, session.sid}, session.serial));
  }
  CHECK(table.size() == 0);
}

TEST_CASE("requests of one session from many threads are all counted") {
  PinTable table{10};
  table.insert(polling("shared"));
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table] {
      for (int i = 0; i < 2000; ++i) {
        const auto found = table.begin_request({0, "shared"}, kStart);
        table.end_request({0, "shared"}, found->serial, {.bytes_in = 2, .bytes_out = 3}, kStart);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto session = table.get({0, "shared"});
  CHECK(session->requests == 0);
  CHECK(session->traffic.bytes_in == 16000);
  CHECK(session->traffic.bytes_out == 24000);
}

}  // namespace pinion::session
