// Requests and answers through a running proxy, with peers that shape every byte.
#include "proxy/exchange.h"

#include <thread>

#include "proxy/downstream.h"
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::CloseReason;

}  // namespace

TEST_CASE("pipelined requests are answered in their order") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(get("/1") + post("/2", "two") + get("/3"));
  for (const std::string name : {"1", "2", "3"}) {
    Peer upstream = backend.accept();
    CHECK(upstream.read_until("\r\n\r\n").find(" /" + name + " HTTP/1.1") != std::string::npos);
    CHECK(backend.nobody_waits());
    upstream.send(answer("answer " + name));
  }
  for (const std::string name : {"1", "2", "3"}) {
    CHECK(read_answer(client).ends_with("answer " + name));
  }
}

TEST_CASE("a large head counts as buffered until the answer begins") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  const std::string large(40'000, 'x');
  client.send("GET /page HTTP/1.1\r\nHost: x\r\nX-Large: " + large + "\r\n\r\n");
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  CHECK(eventually([&] { return proxy.buffered() >= large.size(); }));
  CHECK(proxy.buffered() < large.size() + 1000);
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
  client.read_until("\r\n\r\n");
  CHECK(eventually([&] { return proxy.buffered() == 0; }));
}

TEST_CASE("so does that of a request whose body is gathered, from its beginning") {
  const Backend backend;
  RunningProxy proxy(
      {backend.address()},
      {.pool = "[pool.affinity]\nids = [\"json:id\"]\njson_paths = [\"/update\"]\n"});
  Peer client = proxy.client();
  const std::string large(40'000, 'x');
  client.send(
      "PUT /update HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: 12\r\nX-Large: " +
      large + "\r\n\r\n{\"id\":");
  CHECK(eventually([&] { return proxy.buffered() >= large.size(); }));
  CHECK(proxy.buffered() < large.size() + 1000);
  CHECK(backend.nobody_waits());
  client.send("\"abc\"}");
  Peer upstream = backend.accept();
  CHECK(upstream.read_until("\r\n\r\n").find(large) != std::string::npos);
  upstream.send(answer("ok"));
  CHECK(eventually([&] { return proxy.buffered() < 1000; }));
}

TEST_CASE("methods that are seldom heard of and higher minor versions go on, as 1.1") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send("VERSION-CONTROL /x HTTP/1.2\r\nHost: x\r\n\r\n");
  Peer upstream = backend.accept();
  CHECK(upstream.read_until("\r\n\r\n").starts_with("VERSION-CONTROL /x HTTP/1.1\r\n"));
  upstream.send("HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const std::string said = read_answer(client);
  CHECK(said.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(said.ends_with("ok"));
}

TEST_CASE("a flood of pipelined requests that each need a new connection waits in the kernel") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  std::thread flood([&] { (void)client.send_what_fits(upgrade("/flood"), 16U << 20U); });
  for (int i = 0; i < 12; ++i) {
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(answer("no", "400 Bad Request"));
    CHECK(read_answer(client).ends_with("no"));
  }
  const Peer next = backend.accept();
  flood.join();
  CHECK(eventually([&] { return proxy.buffered() >= Downstream::kReadAhead; }));
  CHECK(proxy.buffered() < 2 * Downstream::kReadAhead + Chunk::kCapacity);
  client.reset();
}

TEST_CASE("interim responses pass, and the body follows 100-continue") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(
      "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  Peer upstream = backend.accept();
  CHECK(upstream.read_until("\r\n\r\n").find("100-continue") != std::string::npos);
  upstream.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n").find("103 Early Hints\r\nLink: </a.css>") !=
        std::string::npos);
  upstream.send("HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 100 "));
  client.send("hello");
  CHECK(upstream.read(5) == "hello");
  upstream.send(answer("done"));
  CHECK(read_answer(client).ends_with("done"));
}

TEST_CASE("a backend that takes a little of a body all the time is waited for") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, {.timeouts = "request_body_idle = \"600ms\"\n"});
  Peer client = proxy.client();
  const std::string body(std::size_t{24} << 20U, 'b');
  std::thread upload([&] { client.send(post("/slow", body)); });
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  const std::size_t taken = upstream.read_slowly(8000, std::chrono::milliseconds{2500});
  CHECK(upstream.read(body.size() - taken).size() == body.size() - taken);
  upload.join();
  upstream.send(answer("all of it"));
  CHECK(read_answer(client).ends_with("all of it"));
}

TEST_CASE("answers without a body leave the connection ready for the next request") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  const std::pair<std::string, std::string> rows[] = {
      {"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"},
      {get("/b"), "HTTP/1.1 204 No Content\r\n\r\n"},
      {get("/c"), "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"}};
  for (const auto& [request, reply] : rows) {
    client.send(request);
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(reply);
    CHECK(client.read_until("\r\n\r\n").starts_with(reply.substr(0, 12)));
  }
  client.send(get("/d"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("still in step"));
  CHECK(read_answer(client).ends_with("still in step"));
}

TEST_CASE("a client sees that an answer was cut") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  for (const std::string head :
       {"Content-Length: 100\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n64\r\n"}) {
    for (const bool with_reset : {false, true}) {
      CAPTURE(head);
      CAPTURE(with_reset);
      Peer client = proxy.client();
      client.send(get("/"));
      Peer upstream = backend.accept();
      upstream.read_until("\r\n\r\n");
      upstream.send("HTTP/1.1 200 OK\r\n" + head + "part of it");
      client.read_until("part of it");
      if (with_reset) {
        upstream.reset();
      } else {
        upstream.close();
      }
      // At most the end of the chunk that did come; no chunk of zero above all.
      CHECK(client.read_to_end().size() <= 2);
      CHECK((client.end() == End::reset) == with_reset);
    }
  }
  CHECK(proxy.closes(CloseReason::backend_reset) == 2);
  CHECK(proxy.closes(CloseReason::backend_closed) == 2);
}

TEST_CASE("white space behind the sizes of chunks is read, and goes no further") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(get("/padded"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 ;a=b\r\nab\r\n2  \r\ncd\r\n0 "
      "\r\n\r\n");
  CHECK(client.read_until("0\r\n\r\n").ends_with("\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"));
}

TEST_CASE("an answer whose chunks are none from the start is 502") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& target : {"/whole", "/again"}) {
    client.send(get(target));
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(head + "zz\r\n");
    CHECK(read_answer(client).starts_with("HTTP/1.1 502 "));
    CHECK(upstream.read_to_end().empty());
  }
  client.send(get("/head-first"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(head);
  CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
  upstream.send("zz\r\n");
  client.read_to_end();
  CHECK(client.end() == End::reset);
}

TEST_CASE("an answer that ends with its connection ends the client's body too") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(get("/"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.0 200 OK\r\n\r\nall of it");
  upstream.close();
  client.read_until("\r\n\r\n9\r\nall of it\r\n0\r\n\r\n");
  Peer old = proxy.client();
  old.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  Peer second = backend.accept();
  second.read_until("\r\n\r\n");
  second.send("HTTP/1.0 200 OK\r\n\r\nall of it");
  second.close();
  CHECK(old.read_to_end().ends_with("\r\n\r\nall of it"));
  CHECK(old.end() == End::fin);
}

TEST_CASE("a client that has closed its sending side gets its answer") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(get("/slow"));
  client.finish();
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("here you are"));
  CHECK(client.read_to_end().ends_with("here you are"));
  CHECK(client.end() == End::fin);
}

TEST_CASE("a client that goes away takes its request along") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(get("/slow"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  client.reset();
  CHECK(upstream.read_to_end().empty());
  CHECK(eventually([&] { return proxy.closes(CloseReason::client_reset) == 1; }));
}

TEST_CASE("an upgrade that nobody asked for, and what is no HTTP, are 502") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  for (const std::string& reply : {kSwitching, std::string("220 smtp.example ESMTP\r\n\r\n"),
                                   std::string("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")}) {
    CAPTURE(reply);
    Peer client = proxy.client();
    client.send(get("/"));
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(reply);
    const std::string got = read_answer(client);
    CHECK(got.starts_with("HTTP/1.1 502"));
    CHECK(got.find("X-Pinion-Error: bad-response") != std::string::npos);
    // The connection is as good as before.
    client.send(get("/again"));
    Peer second = backend.accept();
    second.read_until("\r\n\r\n");
    second.send(answer("fine"));
    CHECK(read_answer(client).ends_with("fine"));
  }
}

TEST_CASE("a backend that closes without an answer is 502") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(get("/"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.close();
  CHECK(read_answer(client).find("X-Pinion-Error: backend-closed") != std::string::npos);
  CHECK(backend.nobody_waits());
}

TEST_CASE("without any backend a request is 502 and a handshake is 503") {
  const RunningProxy proxy({refusing_address(), refusing_address()});
  Peer client = proxy.client();
  client.send(get("/"));
  CHECK(read_answer(client).starts_with("HTTP/1.1 502"));
  client.send(kHandshake);
  const std::string shed = read_answer(client);
  CHECK(shed.starts_with("HTTP/1.1 503"));
  CHECK(shed.find("Retry-After: ") != std::string::npos);
}

TEST_CASE("a head that does not arrive in time is 408, a silent connection just ends") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, {.timeouts = "request_head = \"100ms\""});
  Peer client = proxy.client();
  client.send("GET / HTT");
  CHECK(read_answer(client).starts_with("HTTP/1.1 408"));
  CHECK(client.read_to_end().empty());
  Peer silent = proxy.client();
  CHECK(silent.read_to_end().empty());
}

TEST_CASE(
    "who is refused by the head of a request is answered as it asks, as far as that is known") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, {.timeouts = "request_head = \"100ms\""});
  const std::string fields = "Accept: application/json\r\nOrigin: http://page\r\n";
  for (const std::string end : {"\r\n", "Bad : field\r\n\r\n", "Host: half"}) {
    CAPTURE(end);
    const std::string rest = fields + end;
    Peer asks_for_head = proxy.client();
    asks_for_head.send("HEAD / HTTP/1.1\r\n" + rest);
    const std::string said = asks_for_head.read_to_end();
    CHECK(said.starts_with("HTTP/1.1 40"));
    CHECK(said.ends_with("\r\n\r\n"));
    Peer client = proxy.client();
    client.send("GET / HTTP/1.1\r\n" + rest);
    const std::string json = client.read_to_end();
    CHECK(json.find("Access-Control-Allow-Origin: http://page\r\n") != std::string::npos);
    CHECK(json.find("\r\n\r\n{\"error\":{") != std::string::npos);
  }
}

TEST_CASE("an empty line behind a request does not begin another one") {
  const Backend backend;
  RunningProxy proxy({backend.address()},
                     {.timeouts = "request_head = \"50ms\"\nkeep_alive = \"400ms\""});
  const auto ask = [&] {
    Peer client = proxy.client();
    client.send(post("/form", "ab") + "\r\n");
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\nab");
    upstream.send(answer("ok"));
    CHECK(read_answer(client).ends_with("ok"));
    return client;
  };
  CHECK(ask().read_to_end().empty());  // not a 408
  CHECK(proxy.closes(CloseReason::client_timeout) == 0);

  Peer goes_on = ask();
  goes_on.send("\r\n\r");
  goes_on.send("\n" + get("/next"));
  Peer upstream = backend.accept();
  CHECK(upstream.read_until("\r\n\r\n").starts_with("GET /next "));
  upstream.send(answer("next"));
  CHECK(read_answer(goes_on).ends_with("next"));

  Peer floods = ask();
  for (int line = 0; line < 4; ++line) floods.send("\r\n");
  CHECK(read_answer(floods).starts_with("HTTP/1.1 400 "));
}

TEST_CASE("a connection with an empty line on it is idle when pinion ends") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send("\r\n");
  REQUIRE(eventually([&] { return proxy.buffered() == 2; }));
  proxy.on_worker([](Worker& worker) { worker.shut_down(std::chrono::seconds{30}); });
  CHECK(client.read_to_end().empty());
}

TEST_CASE("an answer that does not come in time is 504") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, {.timeouts = "response_head = \"100ms\""});
  Peer client = proxy.client();
  client.send(get("/"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  CHECK(read_answer(client).starts_with("HTTP/1.1 504"));
  CHECK(upstream.read_to_end().empty());
}

}  // namespace pinion::proxy
