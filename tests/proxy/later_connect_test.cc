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
  CHECK(stage.rebinds(RebindResult::late) == 0);
}

TEST_CASE(
    "a later CONNECT on a WebSocket is read however it is cut, and counts as buffered meanwhile") {
  RebindStage stage;
  Pipe pipe = joined_by_websocket(stage);
  const std::string half = R"(40/chat,{"more":")" + std::string(30'000, 'x');
  const auto frame = [](unsigned opcode, bool fin, const std::string& payload) {
    return websocket::test::write(
        {.opcode = opcode, .fin = fin, .mask_key = kMask, .payload = payload});
  };
  say(pipe, frame(1, false, half));
  CHECK(eventually([&] { return stage.proxy.buffered() >= half.size(); }));
  say(pipe, client_says("", 9));
  const std::string rest = frame(0, true, R"(","id":"own"})");
  for (const char byte : rest) say(pipe, std::string(1, byte));
  CHECK(lives_at(stage, "own", 0));
  CHECK(eventually([&] { return stage.proxy.buffered() == 0; }));
}

// Else one client could push all others' ids out.
TEST_CASE("the first id of a session counts, and no later one takes its place") {
  RebindStage stage;
  Pipe pipe = joined_by_websocket(stage);
  say(pipe, client_says(states("own")));
  CHECK(lives_at(stage, "own", 0));
  say(pipe, client_says(states("another")));
  say(pipe, client_says("42[1]"));
  CHECK_FALSE(known(stage, "another"));
  CHECK(known(stage, "own")->in_use);

  stage.proxy.backend(1).set_draining(true);
  stage.open_by_polling("polled");
  Peer client = stage.proxy.client();
  for (const std::string id : {"first", "second"}) {
    const std::string payload = states(id);
    client.send(push("polled", payload));
    Peer upstream = stage.wrong.accept();
    RebindStage::request(upstream, payload.size());
    upstream.send(answer("ok"));
    CHECK(read_answer(client).ends_with("ok"));
  }
  CHECK(lives_at(stage, "first", 0));
  CHECK_FALSE(known(stage, "second"));
}

TEST_CASE("a CONNECT that never ends states nothing") {
  RebindStage stage;
  Pipe pipe = joined_by_websocket(stage);
  const std::string begun = states("own");
  say(pipe,
      websocket::test::write({.opcode = 1, .fin = false, .mask_key = kMask, .payload = begun}) +
          client_says("\x03\xe8", 8));
  CHECK_FALSE(known(stage, "own"));
}

TEST_CASE("a backend that has taken its leave gets no id by a later CONNECT") {
  RebindStage stage;
  auto& ids = stage.proxy.ledger().affinity();
  const BackendId home = stage.proxy.backend(1).id();
  ids.release(ids.bind({0, "rests"}, home, std::chrono::hours{1}, monotonic_now()),
              monotonic_now());
  Pipe pipe = joined_by_websocket(stage);
  pipe.backend.send(server_says("\x03\xe8", 8));
  pipe.client.read(server_says("\x03\xe8", 8).size());
  say(pipe, client_says(states("rests")));
  CHECK(known(stage, "rests")->backend == home);
  CHECK_FALSE(known(stage, "rests")->in_use);
}

TEST_CASE("a session that has joined by a POST is not moved by a CONNECT on its WebSocket") {
  RebindStage stage("connect_wait = \"10ms\"");
  stage.open_by_polling();
  Pipe pipe = open_tunnel(stage.proxy, stage.wrong, kByWebSocket + "&sid=abc");
  Peer client = stage.proxy.client();
  pushed(stage, client, "40");
  say(pipe, client_says("2probe"));
  say(pipe, client_says("5"));
  say(pipe, client_says(states("tab")));
  CHECK(stage.lives_at(0));
  CHECK(stage.rebinds(RebindResult::moved) == 0);
  CHECK(stage.rebinds(RebindResult::late) == 1);
  CHECK(known(stage, "tab")->backend == stage.proxy.backend(1).id());
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
  CHECK(eventually([&] { return stage.rebinds(RebindResult::late) == 1; }));
  CHECK(known(stage, "tab")->backend == stage.proxy.backend(1).id());
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
  const std::string first = compressed({"40"});
  const std::string second = compressed({"40", "42[1]", states("own")}).substr(first.size());
  {
    RebindStage stage("connect_wait = \"10s\"");
    Pipe pipe = stage.open_by_websocket(kDeflate);
    say(pipe, first);
    // The window, which is kept to read on.
    CHECK(eventually([&] { return stage.proxy.buffered() > 0; }));
    say(pipe, second);
    CHECK(lives_at(stage, "own", 0));
    CHECK(eventually([&] { return stage.proxy.buffered() == 0; }));
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
