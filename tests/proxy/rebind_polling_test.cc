// Late re-bind over polling, phase by phase, with backends and clients that do what they should
// not.
#include "proxy/farewell.h"
#include "rebind_stage.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::CloseReason;
using metrics::RebindResult;

/// The right backend makes the session after all, and is told at once that nobody wants it.
void meet_farewell(RebindStage& stage, Peer& right) {
  right.send(answer(open_packet("xyz")));
  Peer left = stage.right.accept();
  const std::string request = RebindStage::request(left, 1);
  CHECK(has_line(request, kPushOfMoved));
  CHECK(has_line(request, "Content-Length: 1"));
  CHECK(request.ends_with("\r\n\r\n1"));
  left.send(answer("ok"));
}

}  // namespace

TEST_CASE("a session by polling is moved before its CONNECT goes on") {
  const std::string several = kStated + "\x1e" + "42[1]\x1e" + "bAAEC";
  for (const std::string& payload :
       {kStated, several, "3\x1e" + kStated, "40\x1e" + std::string(R"(40/nsp,{"id":"tab"})")}) {
    CAPTURE(payload);
    RebindStage stage;
    stage.open_by_polling();
    Peer client = stage.proxy.client();
    client.send(push("abc", payload));
    Peer right = stage.asked("polling");
    meet_by_polling(stage, right, payload);
    CHECK(read_answer(client).ends_with("ok"));
    CHECK(stage.rebinds(RebindResult::moved) == 1);
    CHECK(stage.lives_at(1));
    // Every later target stands for the other sid, however the client writes its own.
    for (const std::string target :
         {"GET /socket.io/?sid=abc&EIO=4&transport=polling",
          "GET /socket.io/?EIO=4&s%69d=%61bc&t=1", "GET /socket.io/?EIO=4&sid=old&sid=abc",
          "OPTIONS /socket.io/?EIO=4&sid=abc", "DELETE /socket.io/?EIO=4&sid=abc"}) {
      CAPTURE(target);
      client.send(std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
      Peer upstream = stage.right.accept();
      const std::string head = RebindStage::request(upstream);
      CHECK(head.find("abc") == std::string::npos);
      CHECK(head.find("old") == std::string::npos);
      CHECK(head.find("=xyz") != std::string::npos);
      upstream.send(answer("6"));
      CHECK(read_answer(client).ends_with("6"));
    }
    client.send(poll("abc"));
    Peer last = stage.right.accept();
    RebindStage::request(last);
    last.send(answer(R"("Invalid session xyz")", "400 Bad Request"));
    CHECK(read_answer(client).starts_with("HTTP/1.1 400"));
    CHECK(eventually([&] { return !stage.lives(); }));
  }
}

TEST_CASE("a packet that says nothing of a session does not end the wait for its CONNECT") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  client.send(push("abc", "3"));
  Peer pong = stage.wrong.accept();
  CHECK(has_line(RebindStage::request(pong, 1), kPushOfLeft));
  pong.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  meet_by_polling(stage, right, kStated);
  CHECK(read_answer(client).ends_with("ok"));
}

TEST_CASE("what says nothing of a session counts against what a client may send") {
  RebindStage stage({}, "[pool.event_rate]\nframes = 2\nburst = \"100ms\"");
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  client.send(push("abc",
                   "3\x1e"
                   "3\x1e"
                   "3"));
  Peer first = stage.wrong.accept();
  RebindStage::request(first, 5);
  first.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  client.send(push("abc", "3"));
  CHECK(eventually([&] {
    const auto session = stage.proxy.ledger().table().get({0, "abc"});
    return session->condition == session::Condition::limited;
  }));
  CHECK(stage.wrong.nobody_waits());
  Peer second = stage.wrong.accept();
  RebindStage::request(second, 1);
  second.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
}

TEST_CASE("what waits for a CONNECT waits for the move too, however long that takes") {
  RebindStage stage("connect_wait = \"10ms\"");
  stage.open_by_polling();
  // Whose poll waits longer than that of the other.
  stage.proxy.backend(1).set_draining(true);
  stage.open_by_polling("clock");
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  Peer polling = stage.proxy.client();
  polling.send(poll("abc"));
  Peer upgrading = stage.proxy.client();
  upgrading.send(upgrade(kByWebSocket + "&sid=abc"));
  CHECK(eventually([&] { return stage.requests() == 3; }));
  Peer clock = stage.proxy.client();
  clock.send(poll("clock"));
  Peer tick = stage.wrong.accept();
  CHECK(RebindStage::request(tick).find("sid=clock") != std::string::npos);
  tick.send(answer("6"));
  CHECK(stage.wrong.nobody_waits());
  meet_by_polling(stage, right, kStated);
  CHECK(read_answer(client).ends_with("ok"));
  for (int i = 0; i < 2; ++i) {
    Peer upstream = stage.right.accept();
    const std::string head = RebindStage::request(upstream);
    CHECK(head.find("sid=xyz") != std::string::npos);
    upstream.send(answer("6"));
  }
  CHECK(read_answer(polling).ends_with("6"));
}

TEST_CASE("a poll whose client has left just before the CONNECT is read costs no packet") {
  RebindStage stage("connect_wait = \"9s\"");
  stage.open_by_polling();
  Peer polling = stage.proxy.client();
  polling.send(poll("abc"));
  CHECK(eventually([&] { return stage.requests() == 1; }));
  // Another worker has read it, and this one has not looked at its sockets since.
  stage.proxy.on_worker([&](Worker& worker) {
    polling.reset();
    const auto serial = stage.proxy.ledger().find({0, "abc"})->serial;
    (void)stage.proxy.ledger().joined({0, "abc"}, serial);
    worker.joining().joined(serial);
  });
  CHECK(eventually([&] { return stage.requests() == 0; }));
  CHECK(stage.wrong.nobody_waits());
}

TEST_CASE(
    "a client that lets the time for its CONNECT pass takes no id away from a session that lives") {
  RebindStage stage("connect_wait = \"10ms\"");
  stage.open_by_polling();
  Peer polling = stage.proxy.client();
  polling.send(poll("abc"));
  Peer let_pass = stage.wrong.accept();
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer stayed = stage.wrong.accept();
  CHECK(has_line(RebindStage::request(stayed, kStated.size()), kPushOfLeft));
  stayed.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  CHECK(stage.rebinds(RebindResult::late) == 1);
  const auto found = stage.proxy.ledger().affinity().find({0, "tab"}, monotonic_now());
  REQUIRE(found);
  CHECK(found->backend == stage.proxy.backend(1).id());
}

TEST_CASE("a POST that comes while its session is moved goes where that goes") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  Peer other = stage.proxy.client();
  other.send(push("abc", "42[1]"));
  CHECK(eventually([&] { return stage.requests() == 2; }));
  meet_by_polling(stage, right, kStated);
  Peer pushed = stage.right.accept();
  CHECK(has_line(RebindStage::request(pushed, 5), kPushOfMoved));
  pushed.send(answer("ok"));
  CHECK(read_answer(other).ends_with("ok"));
  CHECK(stage.lives_at(1));
}

TEST_CASE("a poll by JSONP waits for nothing, since nobody reads such a CONNECT") {
  RebindStage stage("connect_wait = \"10s\"");
  const std::string target = "/socket.io/?EIO=4&transport=polling&j=0";
  const TimePoint began = monotonic_now();
  Peer client = stage.proxy.client();
  client.send(get(target));
  Peer handshake = stage.wrong.accept();
  RebindStage::request(handshake);
  handshake.send(
      answer(R"(___eio[0]("0{\"sid\":\"abc\",\"pingInterval\":25000,\"pingTimeout\":20000}");)"));
  read_answer(client);
  client.send(get(target + "&sid=abc"));
  Peer upstream = stage.wrong.accept();
  CHECK(monotonic_now() - began < std::chrono::seconds{5});
  upstream.reset();
}

TEST_CASE("a CONNECT that is too long to be read keeps nobody waiting, and is counted") {
  RebindStage stage("connect_wait = \"10s\"");
  stage.open_by_polling();
  const TimePoint began = monotonic_now();
  Peer polling = stage.proxy.client();
  polling.send(poll("abc"));
  CHECK(eventually([&] { return stage.requests() == 1; }));
  Peer client = stage.proxy.client();
  const std::string payload = kStated + std::string(70'000, ' ');
  client.send(push("abc", payload));
  Peer first = stage.wrong.accept();
  Peer second = stage.wrong.accept();
  CHECK(monotonic_now() - began < std::chrono::seconds{5});
  CHECK(stage.rebinds(RebindResult::unread) == 1);
  first.reset();
  second.reset();
}

TEST_CASE("a CONNECT is not gathered beyond what is gathered of any body") {
  RebindStage stage({}, {}, "buffered_body = \"1KiB\"");
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  const std::string payload = R"(40{"id":"other","more":")" + std::string(2000, 'x') + "\"}";
  client.send(push("abc", payload));
  Peer upstream = stage.wrong.accept();
  CHECK(RebindStage::request(upstream, payload.size()).ends_with(payload));
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
}

TEST_CASE("nobody is led to a backend that has left the config, by polling") {
  RebindStage stage;
  stage.open_by_polling();
  stage.proxy.on_worker([&](Worker& worker) {
    auto set = std::make_shared<balance::BackendSet>();
    set->add(stage.proxy.backend(0));
    worker.set_backends({set});
  });
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer upstream = stage.wrong.accept();
  CHECK(RebindStage::request(upstream, kStated.size()).ends_with(kStated));
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  CHECK(stage.rebinds(RebindResult::refused) == 1);
  client.send(get("/socket.io/?EIO=4&transport=polling&id=tab"));
  Peer handshake = stage.wrong.accept();
  RebindStage::request(handshake);
  handshake.send(answer(open_packet("def")));
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a session that goes while it is moved leaves no other behind") {
  RebindStage stage;
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  stage.proxy.ledger().close({0, "abc"}, 0, CloseReason::admin);
  right.send(answer(open_packet("xyz")));
  CHECK(read_answer(client).starts_with("HTTP/1.1 400"));
  Peer left = stage.right.accept();
  CHECK(has_line(RebindStage::request(left, 1), kPushOfMoved));
}

TEST_CASE("whoever goes in whatever phase of a join by polling leaves nothing behind") {
  enum class Phase { gathering, joining, moving };
  enum class Who { client, finished, closed, shut_down };
  for (const Phase phase : {Phase::gathering, Phase::joining, Phase::moving}) {
    for (const Who who : {Who::client, Who::finished, Who::closed, Who::shut_down}) {
      CAPTURE(static_cast<int>(phase));
      CAPTURE(static_cast<int>(who));
      RebindStage stage("connect_wait = \"1s\"");
      stage.open_by_polling();
      Peer client = stage.proxy.client();
      std::optional<Peer> right;
      if (phase == Phase::joining) {
        client.send(poll("abc"));
      } else {
        const std::string whole = push("abc", kStated);
        client.send(phase == Phase::moving ? whole : whole.substr(0, whole.size() - 3));
      }
      if (phase == Phase::moving) {
        right.emplace(stage.asked("polling"));
      } else if (phase == Phase::joining) {
        CHECK(eventually([&] { return stage.requests() == 1; }));
      } else {
        CHECK(eventually([&] { return stage.proxy.connections() == 1; }));
      }
      const std::uint64_t serial = stage.proxy.ledger().find({0, "abc"})->serial;
      if (who == Who::client) client.reset();
      if (who == Who::finished) client.finish();
      if (who == Who::closed) {
        stage.proxy.ledger().close({0, "abc"}, serial, CloseReason::admin);
        stage.proxy.on_worker([&](Worker& worker) {
          worker.close_sessions(std::span(&serial, 1), CloseReason::admin);
        });
        if (phase != Phase::gathering) CHECK(read_answer(client).starts_with("HTTP/1.1 400"));
      }
      if (who == Who::shut_down) {
        stage.proxy.on_worker([](Worker& worker) { worker.shut_down(Duration::zero()); });
      }
      if (right && who == Who::shut_down) CHECK(right->read_to_end().empty());
      if (right && who != Who::shut_down) meet_farewell(stage, *right);
      if (who != Who::client) client.close();
      CHECK(eventually([&] { return stage.proxy.connections() == 0; }));
      CHECK(stage.proxy.backend(1).assigned().total() == 0);
    }
  }
}

TEST_CASE("a session that is opened when the time for a move is over does not stay there") {
  RebindStage stage("move_wait = \"100ms\"");
  stage.open_by_polling();
  Peer client = stage.proxy.client();
  client.send(push("abc", kStated));
  Peer right = stage.asked("polling");
  Peer stayed = stage.wrong.accept();
  CHECK(has_line(RebindStage::request(stayed, kStated.size()), kPushOfLeft));
  stayed.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  CHECK(stage.rebinds(RebindResult::failed) == 1);
  CHECK(stage.proxy.backend(1).assigned().total() == 0);
  meet_farewell(stage, right);
  CHECK(stage.proxy.counters().farewells_dropped.value() == 0);
}

TEST_CASE("a farewell that cannot be said is counted") {
  SUBCASE("the backend closes the connection") {
    RebindStage stage;
    const std::string head = get("/socket.io/?EIO=4&transport=polling&sid=abc");
    stage.proxy.on_worker([&](Worker& worker) {
      worker.add(std::make_unique<Farewell>(worker, stage.proxy.backend(0), "/", head));
    });
    stage.wrong.accept().reset();
    CHECK(eventually([&] { return stage.proxy.counters().farewells_dropped.value() == 1; }));
  }
  SUBCASE("the session that it is for never opens") {
    RebindStage stage;
    stage.open_by_polling();
    Peer client = stage.proxy.client();
    client.send(push("abc", kStated));
    Peer right = stage.asked("polling");
    client.reset();
    CHECK(eventually([&] { return stage.proxy.connections() == 0; }));
    right.reset();
    CHECK(eventually([&] { return stage.proxy.counters().farewells_dropped.value() == 1; }));
  }
}

TEST_CASE("farewells are as many at a time as is configured, and no more") {
  constexpr std::size_t kMost = 3;
  RebindStage stage({}, {}, "farewells = " + std::to_string(kMost));
  const std::string head = get("/socket.io/?EIO=4&transport=polling&sid=abc");
  stage.proxy.on_worker([&](Worker& worker) {
    for (std::size_t i = 0; i < kMost + 10; ++i) {
      worker.add(std::make_unique<Farewell>(worker, stage.proxy.backend(0), "/", head));
    }
  });
  std::vector<Peer> asked;
  for (std::size_t i = 0; i < kMost; ++i) asked.push_back(stage.wrong.accept());
  stage.proxy.on_worker([](Worker&) {});
  CHECK(stage.wrong.nobody_waits());
  CHECK(stage.proxy.counters().farewells_dropped.value() == 10);
}

}  // namespace pinion::proxy
