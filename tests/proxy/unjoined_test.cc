// Clients that speak without having joined: they stay where they are, and are counted.
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::RebindResult;

const std::string kSpoken = R"(42["event"])";

void say(Pipe& pipe, const std::string& packet) {
  pipe.client.send(client_says(packet));
  CHECK(pipe.backend.read(client_says(packet).size()) == client_says(packet));
}

// By a POST that the wrong backend gets.
void push_there(RebindStage& stage, const std::string& packets) {
  Peer client = stage.proxy.client();
  client.send(push("abc", packets));
  Peer upstream = stage.wrong.accept();
  CHECK(RebindStage::request(upstream, packets.size()).ends_with(packets));
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
}

}  // namespace

TEST_CASE("a client that speaks on its WebSocket without having joined is counted once") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  say(pipe, kSpoken);
  say(pipe, kSpoken);
  CHECK(stage.rebinds(RebindResult::unjoined) == 1);
}

TEST_CASE("a client that speaks by polling without having joined is counted once") {
  RebindStage stage;
  stage.open_by_polling();
  push_there(stage, "3\x1e" + kSpoken);
  push_there(stage, kSpoken);
  CHECK(stage.rebinds(RebindResult::unjoined) == 1);
}

TEST_CASE("who joins is not counted, whatever follows, and without an id too") {
  RebindStage stage("connect_wait = \"10ms\"");
  SUBCASE("by WebSocket") {
    Pipe pipe = stage.open_by_websocket();
    say(pipe, "40");
    say(pipe, kSpoken);
  }
  SUBCASE("by polling") {
    stage.open_by_polling();
    push_there(stage, "40\x1e" + kSpoken);
    push_there(stage, kSpoken);
  }
  SUBCASE("by polling, beside a WebSocket that was there before") {
    stage.open_by_polling();
    Pipe pipe = open_tunnel(stage.proxy, stage.wrong, kByWebSocket + "&sid=abc");
    push_there(stage, "40");
    say(pipe, "2probe");
    say(pipe, "5");
    say(pipe, kSpoken);
  }
  SUBCASE("on a WebSocket after a poll has gone on") {
    stage.open_by_polling();
    Pipe pipe = open_tunnel(stage.proxy, stage.wrong, kByWebSocket + "&sid=abc");
    say(pipe, "2probe");
    say(pipe, "5");
    say(pipe, "40");
    say(pipe, kSpoken);
  }
  CHECK(stage.rebinds(RebindResult::unjoined) == 0);
}

}  // namespace pinion::proxy
