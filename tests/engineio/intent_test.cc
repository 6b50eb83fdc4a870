#include "engineio/intent.h"

#include <doctest/doctest.h>

#include <string>

#include "engineio/open_packet.h"

namespace pinion::engineio {
namespace {

using Kind = Intent::Kind;

Intent intent_of(std::string_view method, std::string_view target, bool websocket = false,
                 std::string_view socketio_path = "/socket.io/") {
  http::RequestHead head;
  head.method = method;
  head.target = target;
  head.upgrades_to_websocket = websocket;
  return classify(head, socketio_path);
}

}  // namespace

TEST_CASE("classify tells the requests of a session apart") {
  struct Row {
    std::string_view method, target;
    bool websocket;
    Kind kind;
    std::string_view sid;
  };
  const Row rows[] = {
      {"GET", "/socket.io/?EIO=4&transport=polling&t=abc", false, Kind::handshake, ""},
      {"GET", "/socket.io/?EIO=4&transport=polling&sid=AbC_-9", false, Kind::poll, "AbC_-9"},
      {"POST", "/socket.io/?EIO=4&transport=polling&sid=AbC_-9", false, Kind::push, "AbC_-9"},
      {"GET", "/socket.io/?EIO=4&transport=websocket&sid=x", true, Kind::upgrade, "x"},
      {"GET", "/socket.io/?EIO=4&transport=websocket", true, Kind::handshake, ""},
      {"GET", "/socket.io/?EIO=4&transport=websocket&sid=x", false, Kind::poll, "x"},
      {"OPTIONS", "/socket.io/?EIO=4&transport=polling&sid=x", false, Kind::preflight, "x"},
      {"OPTIONS", "/socket.io/?EIO=4&transport=polling", false, Kind::other, ""},
      {"POST", "/socket.io/?EIO=4&transport=polling", false, Kind::other, ""},
      {"HEAD", "/socket.io/?sid=x", false, Kind::stray, "x"},
      {"PUT", "/socket.io/?sid=x", false, Kind::stray, "x"},
      {"PUT", "/socket.io/", false, Kind::other, ""},
      {"DELETE", "/socket.io/?sid=x", false, Kind::stray, "x"},
      {"get", "/socket.io/?sid=x", false, Kind::stray, "x"},
      {"GET", "/socket.io/", false, Kind::handshake, ""},
      {"GET", "/socket.io/?", false, Kind::handshake, ""},
      {"GET", "/socket.io/socket.io.js", false, Kind::other, ""},
      {"GET", "/socket.io/socket.io.min.js?v=4", false, Kind::other, ""},
      {"GET", "/socket.io/socket.io.esm.min.js.map", false, Kind::other, ""},
      {"GET", "/socket.io/socket.io.msgpack.min.js", false, Kind::other, ""},
      {"GET", "/socket.io/socket.io.js?EIO=4&transport=polling", false, Kind::handshake, ""},
      {"GET", "/socket.io/socket.io.js?sid=x", false, Kind::poll, "x"},
      {"GET", "/socket.io/app.js", false, Kind::handshake, ""},
      {"GET", "/socket.io/socket.io", false, Kind::handshake, ""},
      {"GET", "/other?sid=x", false, Kind::other, ""},
      {"GET", "/socket.io?sid=x", false, Kind::poll, "x"},
      {"GET", "/socket.io?EIO=4&transport=polling", false, Kind::handshake, ""},
      {"GET", "/socket.iox?sid=x", false, Kind::other, ""},
      {"GET", "/socket.i?sid=x", false, Kind::other, ""},
      {"GET", "//socket.io/?sid=x", false, Kind::other, ""},
      {"GET", "/?path=/socket.io/&sid=x", false, Kind::other, ""},
      {"OPTIONS", "*", false, Kind::other, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.target);
    const Intent intent = intent_of(row.method, row.target, row.websocket);
    CHECK(intent.kind == row.kind);
    CHECK(intent.sid == row.sid);
    const bool in_session =
        row.kind == Kind::poll || row.kind == Kind::push || row.kind == Kind::upgrade;
    CHECK(intent.in_session() == in_session);
  }
}

TEST_CASE("the sid is read from the query as Node reads it") {
  struct Row {
    std::string_view query, sid;
  };
  const Row rows[] = {
      {"sid=a&sid=b", "b"},
      {"sid=b&sid=", ""},
      {"sid=b&sid", ""},
      {"sid=&sid=b", "b"},
      {"%73id=a", "a"},
      {"%73%69%64=a", "a"},
      {"s%69d=a&sid=b", "b"},
      {"sid=b&s%69d=a", "a"},
      {"sid=a%2Fb%3D%26", "a/b=&"},
      {"sid=a+b%2B", "a b+"},
      {"sid=a=b", "a=b"},
      {"sid=%zz%4", "%zz%4"},
      {"sid=%C3%A9", "\xC3\xA9"},
      {"sid=%", "%"},
      {"SID=a", ""},
      {"xsid=a", ""},
      {"sidx=a", ""},
      {"sid[]=a", ""},
      {"+sid=a", ""},
      {"sid%00=a", ""},
      {"t=1&&sid=a&", "a"},
      {"=sid&sid=a", "a"},
      {"t=1;sid=a", ""},
      {"a?sid=b&sid=c", "c"},
      {"a?sid=b", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const Intent intent = intent_of("GET", "/socket.io/?" + std::string(row.query));
    CHECK(intent.sid == row.sid);
    CHECK(intent.kind == (row.sid.empty() ? Kind::handshake : Kind::poll));
  }
}

TEST_CASE("only EIO=4 is revision 4") {
  CHECK(intent_of("GET", "/socket.io/?EIO=4").revision == 4);
  CHECK(intent_of("GET", "/socket.io/?EIO=%34").revision == 4);
  CHECK(intent_of("GET", "/socket.io/?%45IO=4").revision == 4);
  CHECK(intent_of("GET", "/socket.io/?EIO=3&EIO=4").revision == 4);
  CHECK(intent_of("GET", "/socket.io/?EIO=4&EIO=3").revision == 3);
  CHECK(intent_of("GET", "/socket.io/?EIO=44").revision == 3);
  CHECK(intent_of("GET", "/socket.io/?EIO=+4").revision == 3);
  CHECK(intent_of("GET", "/socket.io/?EIO=").revision == 3);
  CHECK(intent_of("GET", "/socket.io/?eio=4").revision == 3);
  CHECK(intent_of("GET", "/socket.io/").revision == 3);
}

TEST_CASE("j means JSONP, and the websocket flag follows the head") {
  CHECK(intent_of("GET", "/socket.io/?j=0").jsonp);
  CHECK(intent_of("GET", "/socket.io/?j").jsonp);
  CHECK(intent_of("GET", "/socket.io/?%6a=1").jsonp);
  CHECK_FALSE(intent_of("GET", "/socket.io/?jj=0&t=j").jsonp);
  CHECK(intent_of("GET", "/socket.io/?EIO=4", true).websocket);
  CHECK_FALSE(intent_of("GET", "/socket.io/?EIO=4&transport=websocket", false).websocket);
}

TEST_CASE("the path is compared decoded, and nothing else is done to it") {
  CHECK(is_engineio_path("/socket.io/", "/socket.io/"));
  CHECK(is_engineio_path("/socket.io/x/y", "/socket.io/"));
  CHECK(is_engineio_path("/%73ocket.io%2f", "/socket.io/"));
  CHECK(is_engineio_path("/socket.io/%", "/socket.io/"));
  CHECK(is_engineio_path("/ws/socket.io/", "/ws/socket.io/"));
  CHECK(is_engineio_path("/caf%C3%A9/", "/caf\xC3\xA9/"));
  CHECK(is_engineio_path("/socket.io", "/socket.io/"));
  CHECK_FALSE(is_engineio_path("/socket.iox", "/socket.io/"));
  CHECK_FALSE(is_engineio_path("/", "/socket.io/"));
  CHECK_FALSE(is_engineio_path("/Socket.io/", "/socket.io/"));
  CHECK_FALSE(is_engineio_path("/x/../socket.io/", "/socket.io/"));
  CHECK_FALSE(is_engineio_path("/socket+io/", "/socket io/"));
  CHECK_FALSE(is_engineio_path("/socket.io/", ""));
  CHECK_FALSE(is_engineio_path("", "/socket.io/"));
  CHECK(intent_of("GET", "/socket.io/?sid=x", false, "").kind == Kind::other);
}

TEST_CASE("a sid that no session can have is kept whole, so that it is unknown") {
  const std::string sid(kMaxSid * 4, 's');
  const Intent intent = intent_of("POST", "/socket.io/?sid=" + sid);
  CHECK(intent.kind == Kind::push);
  CHECK(intent.sid == sid);
}

}  // namespace pinion::engineio
