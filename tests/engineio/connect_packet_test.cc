#include "engineio/connect_packet.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pinion::engineio {
namespace {

using namespace std::string_literals;

void check_connect(std::string_view packet, std::string_view nsp, std::string_view auth) {
  CAPTURE(packet);
  const auto connect = read_connect(packet);
  REQUIRE(connect);
  CHECK(connect->nsp == nsp);
  CHECK(connect->auth == auth);
}

std::vector<std::string_view> packets_of(std::string_view payload) {
  std::vector<std::string_view> packets;
  while (!payload.empty()) packets.push_back(take_packet(payload));
  return packets;
}

}  // namespace

TEST_CASE("CONNECT packets in each of their forms") {
  check_connect("40", "/", "");
  check_connect(R"(40{"sessionId":"x"})", "/", R"({"sessionId":"x"})");
  check_connect("40/admin", "/admin", "");
  check_connect("40/admin,", "/admin", "");
  check_connect(R"(40/admin,{"a":1})", "/admin", R"({"a":1})");
  check_connect("40/,{}", "/", "{}");
  check_connect("40/", "/", "");
  check_connect("40/a/b,{}", "/a/b", "{}");
}

TEST_CASE("a namespace goes up to the first comma, its query not being part of it") {
  check_connect("40/admin?token=1,{}", "/admin", "{}");
  check_connect("40/admin?token=1", "/admin", "");
  check_connect("40/?token=1", "/", "");
  check_connect(R"(40/admin,{"a":"b,c?d"})", "/admin", R"({"a":"b,c?d"})");
  // As socket.io-parser has it: without a comma all is the name.
  check_connect("40/admin{}", "/admin{}", "");
}

TEST_CASE("what Chainlit sends") {
  constexpr std::string_view kPacket =
      R"(40{"clientType":"webapp","sessionId":"7c9e6679-7425-40de-944b-e07fc1f90ae7",)"
      R"("threadId":"","userEnv":"{}","chatProfile":""})";
  const auto connect = read_connect(kPacket);
  REQUIRE(connect);
  CHECK(connect->nsp == "/");
  CHECK(json_text_member(connect->auth, "sessionId") == "7c9e6679-7425-40de-944b-e07fc1f90ae7");
  CHECK(json_text_member(connect->auth, "userEnv") == "{}");
  CHECK_FALSE(json_text_member(connect->auth, "threadId"));
}

TEST_CASE("other packets are no CONNECT") {
  for (const std::string packet : {"",
                                   "4",
                                   "0",
                                   "0{}",
                                   "2",
                                   "3probe",
                                   "41",
                                   "42[\"a\"]",
                                   "44{}",
                                   "45",
                                   "40[]",
                                   "401",
                                   "401{}",
                                   "40x",
                                   "40 ",
                                   "40 {}",
                                   "40,",
                                   "40\"a\"",
                                   "40null",
                                   "40/admin,[]",
                                   "40/admin,1{}",
                                   "40/admin,,{}",
                                   "bNDA=",
                                   " 40",
                                   "140"}) {
    CAPTURE(packet);
    CHECK_FALSE(read_connect(packet));
  }
  CHECK_FALSE(read_connect("40\0"s));
}

TEST_CASE("a CONNECT that is too long is not looked at") {
  std::string packet = R"(40{"a":")";
  packet.append(kMaxConnectPacket - packet.size() - 2, 'x').append("\"}");
  CHECK(read_connect(packet));
  packet.insert(packet.size() - 2, "x");
  CHECK_FALSE(read_connect(packet));
}

TEST_CASE("what may come before a CONNECT and says nothing of a session") {
  for (const char* packet : {"2", "2probe", "3", "5", "6", "1"}) CHECK(is_silent(packet));
  for (const char* packet : {"", "40", "42[1]", "4", "bAAEC"}) CHECK_FALSE(is_silent(packet));
}

TEST_CASE("packets are taken off a payload one by one") {
  CHECK(packets_of("").empty());
  CHECK(packets_of("40{}") == std::vector<std::string_view>{"40{}"});
  CHECK(packets_of("40{}\x1E"
                   "42[1]\x1E"
                   "2") == std::vector<std::string_view>{"40{}", "42[1]", "2"});
  CHECK(packets_of("\x1E"
                   "40") == std::vector<std::string_view>{"", "40"});
  CHECK(packets_of("40\x1E") == std::vector<std::string_view>{"40"});
  std::string_view none;
  CHECK(take_packet(none).empty());
  CHECK(none.empty());
}

TEST_CASE("a string member is read where it is one") {
  CHECK(json_text_member(R"({"a":"b"})", "a") == "b");
  CHECK(json_text_member(R"( { "x" : [1,{"a":"no"}] , "a" : "b" } )", "a") == "b");
  CHECK(json_text_member(R"({"\u0061":"\u00e9\n"})", "a") == "\xC3\xA9\n");
  CHECK(json_text_member(R"({"":"b"})", "") == "b");
  CHECK_FALSE(json_text_member(R"({"a":"b"})", "A"));
  CHECK_FALSE(json_text_member(R"({"a":""})", "a"));
  CHECK_FALSE(json_text_member(R"({"x":{"a":"b"}})", "a"));
  for (const std::string value : {"1", "null", "true", "[\"b\"]", "{\"a\":\"b\"}"}) {
    CAPTURE(value);
    CHECK_FALSE(json_text_member("{\"a\":" + value + "}", "a"));
  }
}

TEST_CASE("of several members the last one counts, whatever it is") {
  CHECK(json_text_member(R"({"a":"b","a":"c"})", "a") == "c");
  CHECK(json_text_member(R"({"a":1,"a":"c"})", "a") == "c");
  CHECK_FALSE(json_text_member(R"({"a":"b","a":1})", "a"));
  CHECK_FALSE(json_text_member(R"({"a":"b","a":""})", "a"));
}

TEST_CASE("a text that is not one valid object has no members") {
  const std::string whole = R"({"a":"b","c":[1,2,{"d":null}]})";
  CHECK(json_text_member(whole, "a") == "b");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(json_text_member(whole.substr(0, size), "a"));
  }
  CHECK_FALSE(json_text_member(whole + "x", "a"));
  CHECK_FALSE(json_text_member("[" + whole + "]", "a"));
  CHECK_FALSE(json_text_member(R"({"a":"b",})", "a"));
  CHECK_FALSE(json_text_member(R"({"a":"b" "c":1})", "a"));
  CHECK_FALSE(json_text_member(R"({"a":"b","c":"\x"})", "a"));
  CHECK_FALSE(json_text_member(R"({a:"b"})", "a"));
  const auto deep = [](std::size_t levels) {
    return R"({"c":)" + std::string(levels, '[') + std::string(levels, ']') + R"(,"a":"b"})";
  };
  CHECK(json_text_member(deep(900), "a") == "b");
  CHECK_FALSE(json_text_member(deep(30'000), "a"));
}

}  // namespace pinion::engineio
