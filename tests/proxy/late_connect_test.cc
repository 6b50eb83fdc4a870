// Clients that state the id of a session that lives, and then cannot be moved there by their own
// doing: whoever knows an id could else lead its tab's requests astray.
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::RebindResult;

/// So long after its handshake a client's first ping at another backend would come too late.
const std::string kHasty = open_packet("abc", 20'000, 10);

void wait_too_long() {
  const TimePoint began = monotonic_now();
  CHECK(eventually([&] { return monotonic_now() - began > std::chrono::milliseconds{20}; }));
}

}  // namespace

TEST_CASE("a client that takes its time on a WebSocket takes no id away") {
  RebindStage stage;
  Pipe pipe = stage.switched();
  pipe.backend.send(server_says(kHasty));
  pipe.client.read(server_says(kHasty).size());
  wait_too_long();
  pipe.client.send(client_says(kStated));
  Peer right = stage.asked();
  right.send(kSwitching + server_says(kHasty));
  CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
  CHECK(stage.rebinds(RebindResult::unlike) == 1);
  CHECK(stage.home() == stage.proxy.backend(1).id());
}

TEST_CASE("a client that takes its time by polling takes no id away") {
  RebindStage stage;
  open_session(stage.proxy, stage.wrong, kHasty);
  stage.proxy.backend(1).set_draining(false);
  wait_too_long();
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  right.send(answer(open_packet("xyz", 20'000, 10)));
  Peer stays = stage.wrong.accept();
  CHECK(RebindStage::request(stays, kStated.size()).ends_with(kStated));
  stays.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  CHECK(stage.rebinds(RebindResult::unlike) == 1);
  CHECK(stage.home() == stage.proxy.backend(1).id());
}

TEST_CASE("of several POSTs that bring a CONNECT at once the first counts") {
  RebindStage stage;
  stage.open_by_polling();
  const std::string first = R"(40{"id":"first"})";
  const std::string second = R"(40{"id":"other"})";
  // Both are read for an id, since none has come when their heads do.
  std::vector<Peer> clients;
  for (const std::string& payload : {first, second}) {
    clients.push_back(stage.proxy.client());
    const std::string request = push("abc", payload);
    clients.back().send(request.substr(0, request.size() - payload.size()));
  }
  stage.proxy.on_worker([](Worker&) {});
  for (const std::string& payload : {first, second}) {
    Peer& client = payload == first ? clients[0] : clients[1];
    client.send(payload);
    Peer upstream = stage.wrong.accept();
    CHECK(RebindStage::request(upstream, payload.size()).ends_with(payload));
    upstream.send(answer("ok"));
    CHECK(read_answer(client).ends_with("ok"));
  }
  auto& ids = stage.proxy.ledger().affinity();
  CHECK(ids.find({0, "first"}, monotonic_now())->in_use);
  CHECK_FALSE(ids.find({0, "other"}, monotonic_now()));
}

}  // namespace pinion::proxy
