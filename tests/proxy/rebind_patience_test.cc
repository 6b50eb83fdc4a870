// Moves that take long: who waits for them, who goes meanwhile, and what is left when they fail.
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;
using namespace std::chrono_literals;
using metrics::RebindResult;

}  // namespace

TEST_CASE("a client that has left before its move has failed takes its id nowhere") {
  RebindStage stage("move_wait = \"2s\"");
  Pipe pipe = stage.open_by_websocket();
  pipe.client.send(client_says(kStated));
  Peer right = stage.asked();
  pipe.client.close();
  CHECK(pipe.backend.read_to_end().find(client_says(kStated)) == std::string::npos);
  CHECK(eventually([&] { return !stage.lives(); }));
  CHECK(stage.home() == stage.proxy.backend(1).id());
  CHECK(stage.rebinds(RebindResult::failed) == 1);
}

TEST_CASE("a move fails in time for its client to go on where it is") {
  RebindStage stage("move_wait = \"1m\"");
  const std::string open = open_packet("abc", 4000, 2000);
  SUBCASE("on a WebSocket") {
    Pipe pipe = stage.switched();
    pipe.backend.send(server_says(open));
    pipe.client.read(server_says(open).size());
    pipe.client.send(client_says(kStated));
    const Peer right = stage.asked();
    CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
    pipe.backend.send(server_says("40{}"));
    CHECK(pipe.client.read(server_says("40{}").size()) == server_says("40{}"));
    CHECK(stage.lives());
  }
  SUBCASE("by polling") {
    open_session(stage.proxy, stage.wrong, open);
    stage.proxy.backend(1).set_draining(false);
    Peer client = stage.proxy.client();
    client.send(push("abc", kStated));
    const Peer right = stage.asked("polling");
    Peer pushed = stage.wrong.accept();
    CHECK(RebindStage::request(pushed, kStated.size()).ends_with(kStated));
    pushed.send(answer("ok"));
    CHECK(read_answer(client).ends_with("ok"));
  }
  CHECK(stage.rebinds(RebindResult::failed) == 1);
}

TEST_CASE("half a frame that was held back is not gone on with when its tunnel is closed") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  const auto part = [](unsigned opcode, bool fin) {
    return websocket::test::write({.opcode = opcode, .fin = fin, .payload = "part"});
  };
  pipe.backend.send(part(1, false));
  CHECK(pipe.client.read(part(1, false).size()) == part(1, false));
  const std::string frame = client_says(kStated);
  const std::size_t before = stage.proxy.buffered();
  pipe.client.send(frame.substr(0, 10));
  CHECK(eventually([&] { return stage.proxy.buffered() > before; }));
  const std::uint64_t serial = stage.proxy.ledger().find({0, "abc"})->serial;
  stage.proxy.on_worker([&](Worker& worker) {
    worker.close_sessions(std::span(&serial, 1), metrics::CloseReason::moved);
  });
  pipe.client.send(frame.substr(10));
  // The message of the backend is finished first.
  pipe.backend.send(part(0, true));
  CHECK(pipe.client.read(part(0, true).size()) == part(0, true));
  const std::string heard = pipe.backend.read_to_end();
  CHECK(static_cast<unsigned char>(heard.at(0)) == 0x88);
  CHECK(heard.size() == 6U + (static_cast<unsigned char>(heard.at(1)) & 0x7FU));
}

TEST_CASE("a POST that cannot be read does not end the wait of others for a move") {
  RebindStage stage("connect_wait = \"10s\"");
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  Peer polling = stage.proxy.client();
  polling.send(poll("abc"));
  CHECK(eventually([&] { return stage.requests() == 2; }));
  const std::string large = "42" + std::string(70'000, '1');
  Peer other = stage.proxy.client();
  other.send(push("abc", large));
  CHECK(eventually([&] { return stage.rebinds(RebindResult::unread) == 1; }));
  meet_by_polling(stage, right, kStated);
  for (int i = 0; i < 2; ++i) {
    Peer asked = stage.right.accept();
    const std::string head = RebindStage::request(asked);
    CHECK(head.find("sid=xyz") != std::string::npos);
    if (head.starts_with("POST")) CHECK(asked.read(large.size()) == large);
    asked.send(answer("ok"));
  }
  CHECK(read_answer(other).ends_with("ok"));
  CHECK(read_answer(polling).ends_with("ok"));
  CHECK(stage.wrong.nobody_waits());
}

}  // namespace pinion::proxy
