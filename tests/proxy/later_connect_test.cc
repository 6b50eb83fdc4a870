// Ids that a client states only when it joins another namespace, in all the ways in which such a
// CONNECT may come.
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::RebindResult;
using websocket::test::deflate_messages;

const std::string kDeflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

std::string states(const std::string& id) { return R"(40/chat,{"id":")" + id + "\"}"; }

/// Says so, and has it come through.
void say(Pipe& pipe, const std::string& bytes) {
  pipe.client.send(bytes);
  CHECK(pipe.backend.read(bytes.size()) == bytes);
}

/// What is known of an id once a WebSocket's messages up to now have been read.
std::optional<session::AffinityTable::Found> known(RebindStage& stage, const std::string& id) {
  return stage.proxy.ledger().affinity().find({0, id}, monotonic_now());
}

bool lives_at(RebindStage& stage, const std::string& id, std::size_t backend) {
  return eventually([&] {
    const auto found = known(stage, id);
    return found && found->in_use && found->backend == stage.proxy.backend(backend).id();
  });
}

/// A session that has joined its main namespace without an id.
Pipe joined_by_websocket(RebindStage& stage, const std::string& extensions = {}) {
  Pipe pipe = stage.open_by_websocket(extensions);
  say(pipe, client_says("40"));
  return pipe;
}

void pushed(RebindStage& stage, Peer& client, const std::string& payload) {
  client.send(push("abc", payload));
  Peer upstream = stage.wrong.accept();
  RebindStage::request(upstream, payload.size());
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
}

std::string compressed(const std::vector<std::string>& texts) {
  std::string frames;
  for (const std::string& payload : deflate_messages(texts)) {
    frames +=
        websocket::test::write({.opcode = 1, .rsv1 = true, .mask_key = kMask, .payload = payload});
  }
  return frames;
}

}  // namespace

TEST_CASE("an id that comes with a later CONNECT on a WebSocket belongs where its session is") {
  RebindStage stage;
  Pipe pipe = joined_by_websocket(stage);
  say(pipe, client_says("42[1]") + client_says(states("own")) + client_says("42[2]"));
  CHECK(lives_at(stage, "own", 0));
  const std::string split = client_says(states("another"));
  for (const char byte : split) say(pipe, std::string(1, byte));
  CHECK(lives_at(stage, "another", 0));
  CHECK(known(stage, "own")->lived);
  CHECK_FALSE(known(stage, "own")->in_use);
  CHECK(stage.rebinds(RebindResult::late) == 0);
}

TEST_CASE("an id that comes with a later CONNECT by polling belongs where its session is") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  pushed(stage, client, "40");
  pushed(stage, client, "42[1]\x1e" + states("own") + "\x1e" + "42[2]");
  CHECK(lives_at(stage, "own", 0));
  client.send(
      "POST /socket.io/?EIO=4&transport=polling&sid=abc HTTP/1.1\r\nHost: x\r\n"
      "Content-Encoding: gzip\r\nContent-Length: " +
      std::to_string(states("zip").size()) + "\r\n\r\n" + states("zip"));
  Peer upstream = stage.wrong.accept();
  RebindStage::request(upstream, states("zip").size());
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  CHECK_FALSE(known(stage, "zip"));
}

TEST_CASE(
    "a later CONNECT that comes in parts by polling is read, and counts as buffered meanwhile") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  pushed(stage, client, "40");
  const std::string payload = R"(40/chat,{"more":")" + std::string(20000, 'x') + R"(","id":"own"})";
  const std::string request = push("abc", payload);
  client.send(request.substr(0, request.size() - 5));
  Peer upstream = stage.wrong.accept();
  RebindStage::request(upstream, payload.size() - 5);
  CHECK(eventually([&] { return stage.proxy.buffered() >= payload.size() - 5; }));
  CHECK_FALSE(known(stage, "own"));
  client.send(request.substr(request.size() - 5));
  CHECK(upstream.read(5) == payload.substr(payload.size() - 5));
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  CHECK(lives_at(stage, "own", 0));
}

TEST_CASE("an id that comes after the upgrade belongs where its session is") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  pushed(stage, client, "40");
  Pipe pipe = open_tunnel(stage.proxy, stage.wrong, kByWebSocket + "&sid=abc");
  say(pipe, client_says("2probe"));
  say(pipe, client_says("5"));
  say(pipe, client_says(states("own")));
  CHECK(lives_at(stage, "own", 0));
}

// It is too late to follow it there.
TEST_CASE("a later CONNECT takes no id away from a session that lives elsewhere") {
  RebindStage stage;
  Pipe pipe = joined_by_websocket(stage);
  say(pipe, client_says(states("tab")));
  say(pipe, client_says(states("own")));
  CHECK(lives_at(stage, "own", 0));
  CHECK(known(stage, "tab")->backend == stage.proxy.backend(1).id());
  CHECK(stage.rebinds(RebindResult::late) == 1);
  CHECK(stage.lives_at(0));
}

TEST_CASE("a later CONNECT takes along an id whose session elsewhere has ended") {
  RebindStage stage;
  auto& ids = stage.proxy.ledger().affinity();
  ids.release(
      ids.bind({0, "rests"}, stage.proxy.backend(1).id(), std::chrono::hours{1}, monotonic_now()),
      monotonic_now());
  Pipe pipe = joined_by_websocket(stage);
  say(pipe, client_says(states("rests")));
  CHECK(lives_at(stage, "rests", 0));
  CHECK(stage.rebinds(RebindResult::late) == 1);
}

TEST_CASE("a later CONNECT that is compressed is read for as long as one waits for the first") {
  const std::vector<std::string> said = {"40", "42[1]", states("own"), states("another")};
  const std::string first = compressed({said[0]});
  const std::string second = compressed({said[0], said[1], said[2]}).substr(first.size());
  {
    RebindStage stage("connect_wait = \"10s\"");
    Pipe pipe = stage.open_by_websocket(kDeflate);
    say(pipe, first);
    say(pipe, second);
    CHECK(lives_at(stage, "own", 0));
    // The id is known now, and costs no more memory.
    say(pipe, compressed(said).substr(first.size() + second.size()));
    say(pipe, client_says(states("last")));
    CHECK(lives_at(stage, "last", 0));
    CHECK_FALSE(known(stage, "another"));
  }
  RebindStage stage("connect_wait = \"10ms\"");
  Pipe pipe = stage.open_by_websocket(kDeflate);
  say(pipe, first);
  const TimePoint joined = monotonic_now();
  CHECK(eventually([&] { return monotonic_now() - joined > std::chrono::milliseconds{30}; }));
  say(pipe, second);
  say(pipe, client_says(states("last")));
  CHECK(lives_at(stage, "last", 0));
  CHECK_FALSE(known(stage, "own"));
}

TEST_CASE("what two peers have agreed to and pinion cannot read is not read later either") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  pushed(stage, client, "40");
  Peer upgraded = stage.proxy.client();
  upgraded.send(upgrade(kByWebSocket + "&sid=abc"));
  Peer upstream = stage.wrong.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(kSwitching.substr(0, kSwitching.size() - 2) +
                "Sec-WebSocket-Extensions: x-secret\r\n\r\n");
  upgraded.read_until("\r\n\r\n");
  Pipe pipe{std::move(upgraded), std::move(upstream)};
  say(pipe, client_says(states("own")));
  CHECK_FALSE(known(stage, "own"));
}

}  // namespace pinion::proxy
