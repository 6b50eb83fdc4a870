#include "engineio/connect_finder.h"

#include <doctest/doctest.h>

#include "engineio/connect_packet.h"
#include "support/splits.h"

namespace pinion::engineio {
namespace {

/// Feeds the payload in every way, and has all agree.
void check_found(const std::string& payload, const std::string& connects) {
  auto random = test::repeatable(23);
  for (const auto& pieces : test::splits(payload, random)) {
    ConnectFinder finder;
    for (const std::string_view piece : pieces) finder.feed(piece);
    CHECK(finder.connects() == connects);
  }
}

}  // namespace

TEST_CASE("CONNECT packets are found wherever they stand in a payload") {
  check_found("", {});
  check_found("40", "40");
  check_found(R"(40/chat,{"id":"a"})", R"(40/chat,{"id":"a"})");
  check_found(
      "42[\"x\"]\x1E"
      R"(40/chat,{"id":"a"})"
      "\x1E"
      "3",
      R"(40/chat,{"id":"a"})");
  check_found(
      "40\x1E"
      "40/chat,{}\x1E"
      "42/chat,[\"40\"]\x1E"
      "40/admin,",
      "40\x1E"
      "40/chat,{}\x1E"
      "40/admin,");
}

TEST_CASE("packets that only look like CONNECT pass") {
  check_found("4", {});
  check_found(
      "4\x1E"
      "0",
      {});
  check_found(
      "41\x1E"
      "440\x1E"
      "b40\x1E"
      "\x1E"
      "2",
      {});
}

TEST_CASE("of CONNECT packets only so much is kept, and none in part") {
  const std::string longest = "40{" + std::string(kMaxConnectPacket - 4, 'x') + "}";
  check_found(longest, longest);
  check_found(longest + "y", {});
  check_found(longest +
                  "y\x1E"
                  "40",
              "40");
  check_found("40\x1E" + longest, "40");
  check_found("40\x1E" + longest +
                  "\x1E"
                  "40/next,",
              "40\x1E"
              "40/next,");
}

}  // namespace pinion::engineio
