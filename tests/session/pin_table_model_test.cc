// The table against a model that is too simple to be wrong, over random sequences.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "session/pin_table.h"
#include "sessions.h"
#include "support/all_sessions.h"
#include "support/splits.h"

namespace pinion::session {
namespace {

using namespace test;
using Random = std::mt19937;

struct Model {
  std::map<std::string, Session> sessions;

  std::vector<std::string> sweep(TimePoint now) {
    std::vector<std::string> expired;
    std::erase_if(sessions, [&](const auto& entry) {
      const Session& s = entry.second;
      const bool over = !s.has_tunnel && s.requests == 0 && now - s.last_seen >= s.time_to_live;
      if (over) expired.push_back(entry.first);
      return over;
    });
    return expired;
  }
  std::vector<std::string> drop(BackendId backend) {
    std::vector<std::string> dropped;
    std::erase_if(sessions, [&](const auto& entry) {
      const bool lost = !entry.second.has_tunnel && entry.second.backend == backend;
      if (lost) dropped.push_back(entry.first);
      return lost;
    });
    return dropped;
  }
};

std::vector<std::string> sorted_sids(const std::vector<Session>& sessions) {
  std::vector<std::string> sids;
  sids.reserve(sessions.size());
  for (const Session& session : sessions) sids.push_back(session.sid);
  std::sort(sids.begin(), sids.end());
  return sids;
}

void compare(const PinTable& table, const Model& model) {
  REQUIRE(table.size() == model.sessions.size());
  const auto all = pinion::test::all_sessions(table);
  REQUIRE(all.size() == model.sessions.size());
  for (const Session& session : all) {
    const auto at = model.sessions.find(session.sid);
    REQUIRE(at != model.sessions.end());
    const Session& expected = at->second;
    REQUIRE(session.serial == expected.serial);
    REQUIRE(session.backend == expected.backend);
    REQUIRE(session.requests == expected.requests);
    REQUIRE(session.has_tunnel == expected.has_tunnel);
    REQUIRE(session.transport == expected.transport);
    REQUIRE(session.last_seen == expected.last_seen);
    REQUIRE(session.traffic.bytes_in == expected.traffic.bytes_in);
  }
}

// One table and its model, and the steps that both take.
struct Pair {
  PinTable table{1'000'000};
  Model model;
  TimePoint now = kStart;

  void insert(const std::string& sid, Random& random) {
    const Duration time_to_live = std::chrono::seconds{1 + below(60, random)};
    Session session = below(3, random) == 0 ? websocket(sid, now, time_to_live, below(4, random))
                                            : polling(sid, now, time_to_live, below(4, random));
    const auto inserted = table.insert(session);
    const auto old = model.sessions.find(sid);
    REQUIRE(inserted.replaced.has_value() == (old != model.sessions.end()));
    if (inserted.replaced) REQUIRE(inserted.replaced->serial == old->second.serial);
    REQUIRE_FALSE(inserted.evicted);
    session.serial = inserted.serial;
    model.sessions.insert_or_assign(sid, session);
  }

  void request(const std::string& sid, Random& random) {
    const auto at = model.sessions.find(sid);
    const SessionKey key{0, sid};
    if (at == model.sessions.end()) {
      REQUIRE_FALSE(table.begin_request(key, now));
      return;
    }
    Session& expected = at->second;
    if (expected.requests > 0 && below(2, random) == 0) {
      table.end_request(key, expected.serial, {.bytes_in = 3}, now);
      --expected.requests;
      expected.traffic.bytes_in += 3;
    } else {
      REQUIRE(table.begin_request(key, now)->serial == expected.serial);
      ++expected.requests;
    }
    expected.last_seen = now;
  }

  void tunnel(const std::string& sid, Random& random) {
    const auto at = model.sessions.find(sid);
    if (at == model.sessions.end() || at->second.transport == Transport::websocket) return;
    Session& expected = at->second;
    if (expected.has_tunnel && below(2, random) == 0) {
      REQUIRE(table.upgraded({0, sid}, expected.serial));
      expected.transport = Transport::websocket;
      return;
    }
    expected.has_tunnel = !expected.has_tunnel;
    table.set_tunnel({0, sid}, expected.serial, expected.has_tunnel, 0, now);
    expected.last_seen = now;
  }

  void close(const std::string& sid, Random& random) {
    const auto at = model.sessions.find(sid);
    const std::uint64_t serial =
        at == model.sessions.end() || below(2, random) == 0 ? 0 : at->second.serial;
    REQUIRE(table.close({0, sid}, serial).has_value() == (at != model.sessions.end()));
    if (at != model.sessions.end()) model.sessions.erase(at);
  }

  void step(Random& random) {
    const std::string sid = "sid" + std::to_string(below(200, random));
    now += std::chrono::milliseconds{below(200, random)};
    const auto kind = below(100, random);
    if (kind < 35) return insert(sid, random);
    if (kind < 75) return request(sid, random);
    if (kind < 88) return tunnel(sid, random);
    if (kind < 95) return close(sid, random);
    if (kind < 99) {
      REQUIRE(sorted_sids(table.sweep(now)) == model.sweep(now));
      return;
    }
    const BackendId backend = below(4, random);
    REQUIRE(sorted_sids(table.drop_backend(backend)) == model.drop(backend));
  }
};

}  // namespace

TEST_CASE("random sequences leave the table as they leave a map") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Random random = pinion::test::repeatable(seed);
    Pair pair;
    for (int i = 0; i < 4000; ++i) {
      pair.step(random);
      if (i % 100 == 0) compare(pair.table, pair.model);
    }
    compare(pair.table, pair.model);
  }
}

TEST_CASE("a bounded table never holds more idle sessions than it may") {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Random random = pinion::test::repeatable(seed);
    PinTable table{100};
    std::size_t inserted = 0;
    std::size_t gone = 0;
    TimePoint now = kStart;
    for (int i = 0; i < 3000; ++i) {
      now += 10ms;
      const auto result = table.insert(polling("s" + std::to_string(below(1000, random)), now));
      ++inserted;
      gone += (result.replaced ? 1U : 0U) + (result.evicted ? 1U : 0U);
      REQUIRE(table.size() <= table.capacity());
      REQUIRE(table.size() == inserted - gone);
    }
  }
}

}  // namespace pinion::session
