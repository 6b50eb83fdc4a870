// Late re-bind over WebSocket, phase by phase, with backends and clients that do what they should
// not.
#include "proxy/affinity.h"
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::CloseReason;
using metrics::RebindResult;

const std::string kNewOpen = server_says(open_packet("xyz"));

/// The right backend takes the session, and its client's CONNECT comes there.
void meet_on_websocket(Peer& right, const std::string& rest = {}) {
  right.send(kSwitching + kNewOpen + rest);
  CHECK(right.read(client_says(kStated).size()) == client_says(kStated));
}

/// Both ends hear each other.
void check_talk(Peer& client, Peer& backend) {
  client.send(client_says("42[1]"));
  CHECK(backend.read(client_says("42[1]").size()) == client_says("42[1]"));
  backend.send(server_says("42[2]"));
  CHECK(client.read(server_says("42[2]").size()) == server_says("42[2]"));
}

}  // namespace

TEST_CASE("a session is moved between its open packet and its CONNECT") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  pipe.client.send(client_says(kStated) + client_says("42[0]"));
  Peer right = stage.asked();
  meet_on_websocket(right, server_says("40{}"));
  CHECK(right.read(client_says("42[0]").size()) == client_says("42[0]"));
  CHECK(pipe.client.read(server_says("40{}").size()) == server_says("40{}"));
  check_talk(pipe.client, right);
  const std::string bye = pipe.backend.read_to_end();
  CHECK(bye.starts_with(std::string("\x88", 1)));
  CHECK(stage.rebinds(RebindResult::moved) == 1);
  CHECK(stage.proxy.backend(0).websockets() == 0);
  CHECK(stage.proxy.backend(1).websockets() == 1);
  CHECK(stage.lives_at(1));
}

TEST_CASE("a move goes on when the backend that is left resets its connection meanwhile") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  pipe.client.send(client_says(kStated));
  Peer right = stage.asked();
  pipe.backend.reset();
  meet_on_websocket(right);
  check_talk(pipe.client, right);
  CHECK(stage.lives_at(1));
}

TEST_CASE("a session that goes while it is moved on a WebSocket stays where it was") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  pipe.client.send(client_says(kStated));
  Peer right = stage.asked();
  const auto serial = stage.proxy.ledger().find({0, "abc"})->serial;
  stage.proxy.ledger().close({0, "abc"}, serial, CloseReason::admin);
  right.send(kSwitching + kNewOpen);
  right.read_to_end();
  CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
  check_talk(pipe.client, pipe.backend);
  CHECK(stage.rebinds(RebindResult::moved) == 0);
  CHECK(stage.rebinds(RebindResult::late) == 1);
  CHECK(stage.proxy.backend(1).websockets() == 0);
}

TEST_CASE("a client that leaves while it is moved brings its CONNECT nowhere") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  pipe.client.send(client_says(kStated));
  Peer right = stage.asked();
  pipe.client.close();
  right.send(kSwitching + kNewOpen);
  // It may be back there already, and would begin anew at the other.
  for (Peer* const peer : {&right, &pipe.backend}) {
    CHECK(peer->read_to_end().find(client_says(kStated)) == std::string::npos);
  }
  CHECK(eventually([&] { return !stage.lives(); }));
  CHECK(stage.home() == stage.proxy.backend(1).id());
  CHECK(stage.rebinds(RebindResult::late) == 0);
  CHECK(eventually([&] { return stage.proxy.backend(1).assigned().total() == 0; }));
}

TEST_CASE("nobody is moved to a backend that has left the config") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  stage.proxy.on_worker([&](Worker& worker) {
    auto set = std::make_shared<balance::BackendSet>();
    set->add(stage.proxy.backend(0));
    worker.set_backends({set});
  });
  pipe.client.send(client_says(kStated));
  CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
  CHECK(stage.rebinds(RebindResult::refused) == 1);
}

TEST_CASE("what the right backend may answer to a move, and the session stays where it is") {
  struct Case {
    std::string answer;
    RebindResult result;
  };
  const std::string with_deflate = kSwitching.substr(0, kSwitching.size() - 2) +
                                   "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
  for (const Case& each : {
           Case{answer("no", "400 Bad Request"), RebindResult::refused},
           Case{answer("", "200 OK"), RebindResult::refused},
           Case{"nonsense\r\n\r\n", RebindResult::failed},
           Case{"", RebindResult::failed},
           Case{kSwitching, RebindResult::failed},
           Case{kSwitching + kNewOpen.substr(0, 20), RebindResult::failed},
           Case{kSwitching + server_says("4no session"), RebindResult::failed},
           Case{kSwitching + server_says("", 8), RebindResult::failed},
           Case{with_deflate + kNewOpen, RebindResult::unlike},
           Case{kSwitching + server_says(open_packet("xyz", 25000, 20001)), RebindResult::unlike},
       }) {
    CAPTURE(each.answer);
    RebindStage stage;
    Pipe pipe = stage.open_by_websocket();
    pipe.client.send(client_says(kStated));
    Peer right = stage.asked();
    right.send(each.answer);
    right.finish();
    CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
    CHECK(stage.rebinds(each.result) == 1);
    CHECK(stage.lives_at(0));
    CHECK(stage.home() == stage.proxy.backend(0).id());
    CHECK(stage.proxy.backend(1).assigned().total() == 0);
    check_talk(pipe.client, pipe.backend);
  }
}

TEST_CASE("a right backend that says nothing is waited for so long, then the session stays") {
  for (const bool switches : {false, true}) {
    RebindStage stage("move_wait = \"100ms\"");
    Pipe pipe = stage.open_by_websocket();
    pipe.client.send(client_says(kStated));
    Peer right = stage.asked();
    if (switches) right.send(kSwitching);
    CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
    CHECK(stage.rebinds(RebindResult::failed) == 1);
    CHECK(right.read_to_end().empty());
    check_talk(pipe.client, pipe.backend);
  }
}

TEST_CASE("a client or a backend that goes while its session is moved leaves nothing behind") {
  enum class Who { client, wrong, both, closed, aborted };
  for (const Who who : {Who::client, Who::wrong, Who::both, Who::closed, Who::aborted}) {
    for (const bool answers : {false, true}) {
      CAPTURE(static_cast<int>(who));
      CAPTURE(answers);
      RebindStage stage;
      Pipe pipe = stage.open_by_websocket();
      pipe.client.send(client_says(kStated));
      Peer right = stage.asked();
      const std::uint64_t serial = stage.proxy.ledger().find({0, "abc"})->serial;
      if (who == Who::client || who == Who::both) pipe.client.reset();
      if (who == Who::wrong || who == Who::both) pipe.backend.reset();
      if (who == Who::closed) {
        stage.proxy.on_worker([&](Worker& worker) {
          worker.close_sessions(std::span(&serial, 1), CloseReason::admin);
        });
      }
      if (who == Who::aborted) {
        stage.proxy.on_worker([&](Worker& worker) { worker.shut_down(Duration::zero()); });
      }
      if (answers && who != Who::closed && who != Who::aborted) right.send(kSwitching + kNewOpen);
      right.finish();
      if (who == Who::wrong) pipe.client.reset();
      right.read_to_end();
      CHECK(eventually([&] { return !stage.lives(); }));
    }
  }
}

TEST_CASE("a CONNECT that comes before its session is open is read once it is") {
  RebindStage stage;
  Pipe pipe = stage.switched();
  pipe.client.send(client_says(kStated));
  stage.proxy.on_worker([](Worker&) {});
  pipe.backend.send(server_says(open_packet("abc")));
  Peer right = stage.asked();
  meet_on_websocket(right);
  CHECK(pipe.client.read(server_says(open_packet("abc")).size()) ==
        server_says(open_packet("abc")));
  check_talk(pipe.client, right);
  CHECK(stage.lives_at(1));
}

TEST_CASE("control frames before a CONNECT pass at once, and a close frame is nothing odd") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  pipe.client.send(client_says("are you there", 9));
  CHECK(pipe.backend.read(client_says("are you there", 9).size()) ==
        client_says("are you there", 9));
  pipe.backend.send(server_says("are you there", 10));
  CHECK(pipe.client.read(server_says("are you there", 10).size()) ==
        server_says("are you there", 10));
  pipe.client.send(client_says("\x03\xe8", 8));
  CHECK(pipe.backend.read(client_says("\x03\xe8", 8).size()) == client_says("\x03\xe8", 8));
  CHECK(stage.rebinds(RebindResult::unread) == 0);
  CHECK(stage.rebinds(RebindResult::unjoined) == 0);
}

TEST_CASE("control frames within and behind a CONNECT go where it goes") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  const auto part = [](std::string text, unsigned opcode, bool fin) {
    return websocket::test::write(
        {.opcode = opcode, .fin = fin, .mask_key = kMask, .payload = std::move(text)});
  };
  const std::string bytes = part(R"(40{"i)", 1, false) + client_says("ping", 9) +
                            part(R"(d":"tab"})", 0, true) + client_says("pong", 10) +
                            client_says("3");
  for (const char c : bytes) pipe.client.send({&c, 1});
  Peer right = stage.asked();
  right.send(kSwitching + kNewOpen);
  CHECK(right.read(bytes.size()) == bytes);
  check_talk(pipe.client, right);
}

TEST_CASE("of several CONNECTs that come together the first with an id counts") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket();
  const std::string bytes =
      client_says("40") + client_says(R"(40/admin,{"id":"tab"})") + client_says("42[0]");
  pipe.client.send(bytes);
  Peer right = stage.asked();
  right.send(kSwitching + kNewOpen);
  CHECK(right.read(bytes.size()) == bytes);
  CHECK(stage.lives_at(1));
}

TEST_CASE("a session whose backend has taken its leave is not moved, and takes no id along") {
  for (const bool says_so : {true, false}) {
    CAPTURE(says_so);
    RebindStage stage;
    auto& ids = stage.proxy.ledger().affinity();
    const BackendId home = stage.proxy.backend(1).id();
    ids.release(ids.bind({0, "at rest"}, home, std::chrono::hours{1}, monotonic_now()),
                monotonic_now());
    Pipe pipe = stage.open_by_websocket();
    if (says_so) {
      pipe.backend.send(server_says("\x03\xe8", 8));
      pipe.client.read(server_says("\x03\xe8", 8).size());
    } else {
      pipe.backend.finish();
      CHECK(pipe.client.read_to_end().empty());
    }
    const std::string connect = client_says(R"(40{"id":"at rest"})");
    pipe.client.send(connect);
    CHECK(pipe.backend.read(connect.size()) == connect);
    CHECK(stage.rebinds(RebindResult::late) == 1);
    CHECK(ids.find({0, "at rest"}, monotonic_now())->backend == home);
  }
}

// Whoever knows an id could else lead its tab's requests astray.
TEST_CASE("a client that cannot be moved takes no id away from a session that lives") {
  RebindStage stage;
  Pipe pipe = stage.open_by_websocket("Sec-WebSocket-Extensions: permessage-deflate\r\n");
  std::string said;
  for (const std::string& message : websocket::test::deflate_messages({"3", kStated})) {
    said +=
        websocket::test::write({.opcode = 1, .rsv1 = true, .mask_key = kMask, .payload = message});
  }
  pipe.client.send(said);
  CHECK(pipe.backend.read(said.size()) == said);
  CHECK(stage.rebinds(RebindResult::unread) == 1);
  const auto found = stage.proxy.ledger().affinity().find({0, "tab"}, monotonic_now());
  REQUIRE(found);
  CHECK(found->backend == stage.proxy.backend(1).id());
}

TEST_CASE(
    "a backend that opens the session when its first ping would be too late is unlike the former") {
  RebindStage stage;
  Pipe pipe = stage.switched();
  const std::string open = server_says(open_packet("abc", 20'000, 10));
  pipe.backend.send(open);
  pipe.client.read(open.size());
  pipe.client.send(client_says(kStated));
  Peer right = stage.asked();
  const TimePoint asked = monotonic_now();
  CHECK(eventually([&] { return monotonic_now() - asked > std::chrono::milliseconds{20}; }));
  right.send(kSwitching + server_says(open_packet("xyz", 20'000, 10)));
  CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
  CHECK(stage.rebinds(RebindResult::unlike) == 1);
}

TEST_CASE("what two fields say of extensions is not read") {
  RebindStage stage;
  const std::string field = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  Pipe pipe = stage.open_by_websocket(field + "Sec-WebSocket-Extensions: x\r\n");
  pipe.client.send(client_says(kStated));
  CHECK(pipe.backend.read(client_says(kStated).size()) == client_says(kStated));
  CHECK(stage.rebinds(RebindResult::unread) == 1);
}

TEST_CASE("an upgrade that ends after its session was moved counts where the session is") {
  RebindStage stage("connect_wait = \"10ms\"");
  stage.open_by_polling();
  Pipe one = open_tunnel(stage.proxy, stage.wrong, kByWebSocket + "&sid=abc");
  Pipe two = open_tunnel(stage.proxy, stage.wrong, kByWebSocket + "&sid=abc");
  two.client.send(client_says(kStated));
  Peer right = stage.asked();
  meet_on_websocket(right);
  const std::string steps = client_says("2probe") + client_says("5");
  one.client.send(steps);
  CHECK(one.backend.read(steps.size()) == steps);
  one.client.reset();
  two.client.reset();
  CHECK(eventually([&] { return !stage.lives(); }));
}

TEST_CASE("a backend that takes less at once than the client was told is unlike the former") {
  const std::string with = R"(0{"sid":"SID","pingInterval":1000,"pingTimeout":1000,"maxPayload":)";
  const auto opening = [&](const std::string& sid, int most) {
    std::string text = with + std::to_string(most) + "}";
    return server_says(text.replace(text.find("SID"), 3, sid));
  };
  for (const int most : {999, 1000}) {
    RebindStage stage;
    Pipe pipe = stage.switched();
    pipe.backend.send(opening("abc", 1000));
    pipe.client.read(opening("abc", 1000).size());
    pipe.client.send(client_says(kStated));
    Peer right = stage.asked();
    right.send(kSwitching + opening("xyz", most));
    Peer& home = most < 1000 ? pipe.backend : right;
    CHECK(home.read(client_says(kStated).size()) == client_says(kStated));
    CHECK(stage.rebinds(most < 1000 ? RebindResult::unlike : RebindResult::moved) == 1);
  }
}

TEST_CASE("what is held back for a CONNECT counts as buffered, and who holds much is closed") {
  constexpr std::size_t kTotal = std::size_t{1024} * 1024;
  RebindStage stage("", "", "buffered_per_session = \"1MiB\"\nbuffered_total = \"1MiB\"");
  std::string endless = client_says(R"(40{"id":")" + std::string(60'000, 'x'));
  endless.pop_back();
  std::vector<Pipe> pipes;
  const auto hold_one_more = [&] {
    stage.proxy.backend(1).set_draining(true);
    Pipe& pipe = pipes.emplace_back(stage.switched());
    const std::string open = server_says(open_packet("sid" + std::to_string(pipes.size())));
    pipe.backend.send(open);
    pipe.client.read(open.size());
    pipe.client.send(endless);
  };
  // Each is there as it came, and once more as a message.
  hold_one_more();
  CHECK(eventually([&] { return stage.proxy.buffered() >= 2 * endless.size() - 1000; }));
  const std::size_t each = stage.proxy.buffered();
  while ((pipes.size() + 1) * each <= kTotal) {
    hold_one_more();
    CHECK(eventually([&] { return stage.proxy.buffered() >= pipes.size() * each; }));
  }
  CHECK(pipes.size() >= 4);
  CHECK(stage.proxy.closes(CloseReason::over_budget) == 0);
  hold_one_more();
  CHECK(eventually([&] { return stage.proxy.closes(CloseReason::over_budget) == 1; }));
  CHECK(eventually([&] { return stage.proxy.buffered() <= kTotal; }));
}

TEST_CASE("the head that a move would need counts as buffered for as long as it is kept") {
  RebindStage stage;
  Peer client = stage.proxy.client();
  std::string head = upgrade(kByWebSocket);
  head.insert(head.size() - 2, "Cookie: big=" + std::string(8000, 'x') + "\r\n");
  client.send(head);
  Peer backend = stage.wrong.accept();
  backend.read_until("\r\n\r\n");
  backend.send(kSwitching + server_says(open_packet("abc")));
  client.read_until("\r\n\r\n");
  client.read(server_says(open_packet("abc")).size());
  CHECK(
      eventually([&] { return stage.proxy.buffered() > 8000 && stage.proxy.buffered() < 10'000; }));
  client.send(client_says("40"));
  CHECK(eventually([&] { return stage.proxy.buffered() < 1000; }));
}

}  // namespace pinion::proxy
