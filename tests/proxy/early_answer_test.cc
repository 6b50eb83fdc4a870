// Answers that come while their request's body is still under way.
#include <algorithm>

#include "speech.h"

namespace pinion::proxy {

using namespace test;

TEST_CASE("an answer that comes before the body has ended is passed on, and the connection ends") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nsome");
  Peer upstream = backend.accept();
  CHECK(upstream.read_until("some").ends_with("some"));
  upstream.send(answer("too large", "413 Content Too Large"));
  const std::string got = read_answer(client);
  CHECK(got.starts_with("HTTP/1.1 413"));
  CHECK(got.find("onnection: close") != std::string::npos);
  CHECK(client.read_to_end().empty());
  CHECK(client.end() == End::fin);
}

TEST_CASE("the rest of a body follows an answer that came early and says yes") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  const std::string rest(std::size_t{4} << 20U, 'r');
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    Peer client = proxy.client();
    const std::string framing =
        chunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n400000\r\n"
                : "Content-Length: " + std::to_string(4 + rest.size()) + "\r\n\r\nsome";
    client.send("POST /upload HTTP/1.1\r\nHost: x\r\n" + framing);
    Peer upstream = backend.accept();
    upstream.read_until("some");
    upstream.send(answer("taken", "202 Accepted"));
    const std::string got = read_answer(client);
    CHECK(got.ends_with("taken"));
    CHECK(got.find("onnection: close") != std::string::npos);
    std::thread upload([&] { client.send(rest + (chunked ? "\r\n0\r\n\r\n" : "")); });
    if (chunked) {
      std::string body = upstream.read_until("\r\n0\r\n\r\n");
      CHECK(std::ranges::count(body, 'r') == static_cast<std::ptrdiff_t>(rest.size()));
    } else {
      CHECK(upstream.read(rest.size()) == rest);
    }
    upload.join();
    CHECK(client.read_to_end().empty());
    CHECK(upstream.read_to_end().empty());
  }
}

TEST_CASE("an early answer that ends with its connection is ended at once") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send("POST /upload HTTP/1.0\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome");
  Peer upstream = backend.accept();
  upstream.read_until("some");
  upstream.send(
      "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntaken\r\n0\r\n\r\n");
  const TimePoint answered = monotonic_now();
  CHECK(client.read_to_end().ends_with("taken"));
  CHECK(monotonic_now() - answered < std::chrono::seconds{10});
}

TEST_CASE("the rest of a body after an early answer is waited for as long as any body") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, {.timeouts = "request_body_idle = \"200ms\""});
  for (const bool backend_ends : {false, true}) {
    CAPTURE(backend_ends);
    Peer client = proxy.client();
    client.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome");
    Peer upstream = backend.accept();
    upstream.read_until("some");
    upstream.send(answer("taken", "202 Accepted"));
    CHECK(read_answer(client).ends_with("taken"));
    if (backend_ends) upstream.finish();
    CHECK(client.read_to_end().empty());
  }
}

TEST_CASE("a body that is whole but still waits for its backend outlives an early answer") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "request_body_idle = \"300ms\""});
  const std::string body(std::size_t{24} << 20U, 'b');
  Peer client = proxy.client();
  std::thread upload([&] { client.send(post("/upload", body) + get("/next")); });
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("taken", "202 Accepted"));
  CHECK(upstream.read(body.size()) == body);
  upload.join();
  const std::string got = read_answer(client);
  CHECK(got.ends_with("taken"));
  // It had not ended when the answer began, so nothing may follow.
  CHECK(client.read_to_end().empty());
  CHECK(eventually([&] { return proxy.buffered() == 0; }));
}

TEST_CASE("what is wrong behind an early answer takes nothing from it") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  for (const std::string& more : {std::string("nonsense\r\n"), std::string()}) {
    Peer client = proxy.client();
    client.send(
        "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n");
    Peer upstream = backend.accept();
    upstream.read_until("some");
    upstream.send(answer("taken", "202 Accepted"));
    CHECK(read_answer(client).ends_with("taken"));
    if (more.empty()) {
      client.finish();
    } else {
      client.send(more);
    }
    CHECK(client.read_to_end().empty());
    CHECK(client.end() == End::fin);
  }
  CHECK(proxy.closes(metrics::CloseReason::backend_error) == 0);
}

TEST_CASE("what is wrong behind an answer that has begun is the client's fault") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(
      "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n");
  Peer upstream = backend.accept();
  upstream.read_until("some");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
  client.read_until("part");
  client.send("nonsense\r\n");
  client.read_to_end();
  CHECK(proxy.closes(metrics::CloseReason::client_error) == 1);
  CHECK(proxy.closes(metrics::CloseReason::backend_error) == 0);
  CHECK(proxy.counters().head_errors.value() == 1);
}

}  // namespace pinion::proxy
