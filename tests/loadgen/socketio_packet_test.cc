#include "loadgen/socketio_packet.h"

#include <doctest/doctest.h>

namespace pinion::loadgen {

using Type = SocketioPacket::Type;

TEST_CASE("packets as servers send them") {
  const auto connect = read_socketio_packet(R"(0{"sid":"x"})");
  REQUIRE(connect);
  CHECK(connect->type == Type::connect);
  CHECK(connect->nsp == "/");
  CHECK(connect->data == R"({"sid":"x"})");

  const auto event = read_socketio_packet(R"(2["token",1])");
  REQUIRE(event);
  CHECK(event->type == Type::event);
  CHECK_FALSE(event->id);
  CHECK(event->data == R"(["token",1])");

  const auto ack = read_socketio_packet("312[]");
  REQUIRE(ack);
  CHECK(ack->type == Type::ack);
  CHECK(ack->id == 12);
  CHECK(ack->data == "[]");
}

TEST_CASE("packets of a namespace") {
  const auto ack = read_socketio_packet(R"(3/admin,0["ok"])");
  REQUIRE(ack);
  CHECK(ack->nsp == "/admin");
  CHECK(ack->id == 0);
  CHECK(ack->data == R"(["ok"])");
  const auto bare = read_socketio_packet("1/admin?a=b,");
  REQUIRE(bare);
  CHECK(bare->type == Type::disconnect);
  CHECK(bare->nsp == "/admin");
  CHECK(read_socketio_packet("0/admin")->nsp == "/admin");
}

TEST_CASE("packets with attachments") {
  const auto event = read_socketio_packet(R"(51-["file",{"_placeholder":true,"num":0}])");
  REQUIRE(event);
  CHECK(event->type == Type::binary_event);
  CHECK(event_name(event->data) == "file");
  const auto ack = read_socketio_packet(R"(62-/n,7[{"_placeholder":true,"num":0}])");
  REQUIRE(ack);
  CHECK(ack->type == Type::binary_ack);
  CHECK(ack->nsp == "/n");
  CHECK(ack->id == 7);
}

TEST_CASE("what is no packet of Socket.IO") {
  for (const char* text : {"", "7", "x", "[\"a\"]", "5[\"a\"]", "51[\"a\"]", "6-[]", "5-"}) {
    CAPTURE(text);
    CHECK_FALSE(read_socketio_packet(text));
  }
}

TEST_CASE("an id that no number can hold is none") {
  const auto packet = read_socketio_packet("399999999999999999999999[]");
  REQUIRE(packet);
  CHECK_FALSE(packet->id);
}

TEST_CASE("the name of an event is decoded") {
  CHECK(event_name(R"(["message","x"])") == "message");
  CHECK(event_name(R"(["stream_token"])") == "stream_token");
  CHECK(event_name(R"( [ "a b" , 1])") == "a b");
  CHECK(event_name(R"(["gr\u00fc\u00dfe \"x\"\n"])") == "grüße \"x\"\n");
  CHECK(event_name(R"([""])").empty());
  for (const char* none : {"", "[", "[]", "[1]", "{\"a\":1}", "[\"open", "[\"bad \\q\"]"}) {
    CAPTURE(none);
    CHECK(event_name(none).empty());
  }
}

TEST_CASE("the main namespace is not written") {
  std::string packet = "42";
  append_nsp(packet, "/");
  CHECK(packet == "42");
  append_nsp(packet, "/admin");
  CHECK(packet == "42/admin,");
}

}  // namespace pinion::loadgen
