#include "session/lost_clients.h"

#include <doctest/doctest.h>

#include "support/start.h"

namespace pinion::session {
namespace {

using pinion::test::kStart;

}  // namespace

TEST_CASE("each session that was lost counts once") {
  LostClients clients;
  CHECK_FALSE(clients.take("192.0.2.1"));
  clients.lost("192.0.2.1");
  clients.lost("192.0.2.1");
  clients.lost("192.0.2.2");
  CHECK(clients.take("192.0.2.1"));
  CHECK(clients.take("192.0.2.1"));
  CHECK_FALSE(clients.take("192.0.2.1"));
  CHECK(clients.take("192.0.2.2"));
}

TEST_CASE("an address that is not known is nobody's") {
  LostClients clients;
  clients.lost("");
  CHECK_FALSE(clients.take(""));
}

TEST_CASE("what was lost is forgotten after one to two generations") {
  LostClients clients;
  clients.age(kStart);
  clients.lost("early");
  clients.age(kStart + LostClients::kGeneration / 2);
  clients.age(kStart + LostClients::kGeneration);
  clients.lost("late");
  clients.lost("early");
  CHECK(clients.take("early"));
  CHECK(clients.take("early"));
  clients.lost("early");
  clients.age(kStart + 2 * LostClients::kGeneration);
  CHECK(clients.take("late"));
  clients.age(kStart + 3 * LostClients::kGeneration);
  CHECK_FALSE(clients.take("early"));
}

TEST_CASE("there are at most so many addresses in a generation") {
  LostClients clients;
  for (std::size_t i = 0; i < LostClients::kMost; ++i) clients.lost(std::to_string(i));
  clients.lost("one more");
  CHECK_FALSE(clients.take("one more"));
  clients.lost("7");
  CHECK(clients.take("7"));
  CHECK(clients.take("7"));
}

}  // namespace pinion::session
