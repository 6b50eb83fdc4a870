#include "config/check_health.h"

#include <doctest/doctest.h>

#include <string>

#include "config/health_kind.h"
#include "sample.h"

namespace pinion::config {
namespace {

using sample::sound;

std::string probed_by(const std::string& health, const std::string& pool = {}) {
  return "[[route]]\npool = \"chat\"\n[[pool]]\nname = \"chat\"\nbackends = "
         "[\"127.0.0.1:3001\"]\n" +
         pool + "[pool.health]\n" + health;
}

const std::string kNoSocketio = "socketio_path = \"\"\n";

}  // namespace

TEST_CASE("a status that no probe would look at is an error") {
  sample::expect_one(
      probed_by("kind = \"websocket\"\nexpect = 204\n"),
      "8:10: error: [pool.health].expect: a WebSocket is opened by a 101 and nothing else, "
      "so kind = \"websocket\" does not look at it: remove it, or set another kind");
  sample::expect_one(
      probed_by("kind = \"tcp\"\nexpect = 204\n"),
      "8:10: error: [pool.health].expect: nothing would look at it, since kind = \"tcp\" "
      "asks for no answer: remove it, or set kind = \"http\"");
  sample::expect_one(
      probed_by("expect = 204\n", kNoSocketio),
      "8:10: error: [pool.health].expect: nothing would look at it, since kind = \"auto\" "
      "without a socketio_path asks for no answer: remove it, or set kind = \"http\"");
}

TEST_CASE("a path that no probe would ask for is an error") {
  sample::expect_one(
      probed_by("kind = \"tcp\"\npath = \"/alive\"\n"),
      "8:8: error: [pool.health].path: nothing would be asked for, since kind = \"tcp\" only "
      "connects: remove it, or set kind = \"http\"");
  sample::expect_one(
      probed_by("path = \"/alive\"\n", kNoSocketio),
      "8:8: error: [pool.health].path: nothing would be asked for, since kind = \"auto\" "
      "without a socketio_path only connects: remove it, or set kind = \"http\"");
}

TEST_CASE("each kind has the keys that it looks at, and defaults are no mistakes") {
  sound(probed_by("kind = \"websocket\"\npath = \"/socket.io/\"\n"));
  sound(probed_by("kind = \"websocket\"\nexpect = 0\n"));
  sound(probed_by("kind = \"tcp\"\nexpect = 0\npath = \"\"\n"));
  sound(probed_by("kind = \"tcp\"\n"));
  sound(probed_by("", kNoSocketio));
  sound(probed_by("path = \"/socket.io/\"\nexpect = 400\n"));
  sound(probed_by("kind = \"http\"\npath = \"/alive\"\nexpect = 204\n", kNoSocketio));
}

TEST_CASE("where the kind could not be read, nothing is said of the keys that depend on it") {
  const auto errors = sample::errors_of(probed_by("expect = 204\n", "socketio_path = \"/a b/\"\n"));
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].starts_with("6:17: error: [pool].socketio_path: "));
  CHECK(sample::errors_of(probed_by("kind = \"no\"\nexpect = 204\n", kNoSocketio)).size() == 1);
}

TEST_CASE("auto stands for engineio where there is a socketio_path, and for tcp elsewhere") {
  CHECK(resolved_kind(sound(probed_by("")).pools[0]) == HealthKind::engineio);
  CHECK(resolved_kind(sound(probed_by("", kNoSocketio)).pools[0]) == HealthKind::tcp);
  CHECK(resolved_kind(sound(probed_by("kind = \"http\"\n")).pools[0]) == HealthKind::http);
}

}  // namespace pinion::config
