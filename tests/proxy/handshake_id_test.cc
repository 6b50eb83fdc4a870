// Sessions whose handshake states an id that lives elsewhere: it is the CONNECT's to say where they
// belong, and the handshake's id is not lost when that says nothing.
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::RebindResult;

// The backend where the id lives takes nobody until the handshake has gone to the other one.
Pipe open_by_websocket(RebindStage& stage, const std::string& extensions = {}) {
  Peer client = stage.proxy.client();
  client.send(upgrade(kByWebSocket + "&id=tab"));
  Peer upstream = stage.wrong.accept();
  upstream.read_until("\r\n\r\n");
  stage.proxy.backend(1).set_draining(false);
  upstream.send(kSwitching.substr(0, kSwitching.size() - 2) + extensions + "\r\n" +
                server_says(open_packet("abc")));
  client.read_until("\r\n\r\n");
  client.read(server_says(open_packet("abc")).size());
  return {std::move(client), std::move(upstream)};
}

void open_by_polling(RebindStage& stage) {
  Peer client = stage.proxy.client();
  client.send(get("/socket.io/?EIO=4&transport=polling&id=tab"));
  Peer upstream = stage.wrong.accept();
  upstream.read_until("\r\n\r\n");
  stage.proxy.backend(1).set_draining(false);
  upstream.send(answer(open_packet("abc")));
  CHECK(read_answer(client).ends_with(open_packet("abc")));
}

void push_there(RebindStage& stage, const std::string& request, const std::string& body) {
  Peer client = stage.proxy.client();
  client.send(request);
  Peer upstream = stage.wrong.accept();
  CHECK(RebindStage::request(upstream, body.size()).ends_with(body));
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
}

bool belongs_to(RebindStage& stage, std::size_t backend) {
  return eventually([&] { return stage.home() == stage.proxy.backend(backend).id(); });
}

}  // namespace

TEST_CASE("the id of a handshake is its session's once a CONNECT on the WebSocket states none") {
  RebindStage stage;
  std::string first = "40";
  RebindResult counted = RebindResult::moved;
  SUBCASE("or does not come at all") {
    first = R"(42["event"])";
    counted = RebindResult::unjoined;
  }
  SUBCASE("and joins another namespace") { first = "40/admin,"; }
  SUBCASE("or cannot be read") {
    first = std::string(70'000, '4');
    counted = RebindResult::unread;
  }
  Pipe pipe = open_by_websocket(stage);
  CHECK(stage.home() == stage.proxy.backend(1).id());
  pipe.client.send(client_says(first));
  CHECK(pipe.backend.read(client_says(first).size()) == client_says(first));
  CHECK(belongs_to(stage, 0));
  if (counted != RebindResult::moved) CHECK(stage.rebinds(counted) == 1);
}

TEST_CASE("the id of a handshake is its session's at once when nobody can read its WebSocket") {
  RebindStage stage;
  const Pipe pipe = open_by_websocket(
      stage, "Sec-WebSocket-Extensions: x-unknown\r\nSec-WebSocket-Extensions: x-other\r\n");
  CHECK(stage.home() == stage.proxy.backend(0).id());
}

TEST_CASE("the id of a handshake is its session's once a CONNECT by polling states none") {
  RebindStage stage("connect_wait = \"10s\"");
  open_by_polling(stage);
  CHECK(stage.home() == stage.proxy.backend(1).id());
  SUBCASE("of its own") { push_there(stage, push("abc", "40"), "40"); }
  SUBCASE("or does not come at all") { push_there(stage, push("abc", "42[1]"), "42[1]"); }
  SUBCASE("or cannot be read") {
    std::string request = push("abc", "40");
    request.insert(request.find("\r\n\r\n"), "\r\nContent-Encoding: gzip");
    push_there(stage, request, "40");
  }
  CHECK(belongs_to(stage, 0));
  CHECK(stage.lives_at(0));
}

TEST_CASE("the id of a handshake that its CONNECT states too leads its session home") {
  RebindStage stage;
  open_by_polling(stage);
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  right.send(answer(open_packet("xyz")));
  Peer joined = stage.right.accept();
  CHECK(RebindStage::request(joined, kStated.size()).ends_with(kStated));
  joined.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  CHECK(stage.home() == stage.proxy.backend(1).id());
  CHECK(stage.lives_at(1));
}

TEST_CASE("a client that leaves before its CONNECT takes no id away from where that lives") {
  RebindStage stage;
  Pipe pipe = open_by_websocket(stage);
  SUBCASE("with a word") {
    pipe.client.send(client_says("\x03\xE9", 8));
    CHECK(pipe.backend.read(client_says("\x03\xE9", 8).size()) == client_says("\x03\xE9", 8));
    pipe.backend.close();
    pipe.client.close();
  }
  SUBCASE("without one") { pipe.client.reset(); }
  CHECK(eventually([&] { return !stage.lives(); }));
  CHECK(stage.home() == stage.proxy.backend(1).id());
}

}  // namespace pinion::proxy
