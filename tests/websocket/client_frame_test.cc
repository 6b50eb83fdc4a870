#include "websocket/client_frame.h"

#include <doctest/doctest.h>

#include "frame_maker.h"
#include "websocket/message_reader.h"

namespace pinion::websocket {

TEST_CASE("the masked frame of RFC 6455, 5.7") {
  std::string frame = "before";
  append_client_frame(frame, Opcode::text, "Hello", 0x37FA213D);
  CHECK(frame == "before\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58");
}

TEST_CASE("frames of every length are what another writer writes") {
  for (const std::size_t length : {0U, 1U, 125U, 126U, 127U, 65'535U, 65'536U, 100'000U}) {
    const std::string payload(length, 'p');
    std::string frame;
    append_client_frame(frame, Opcode::binary, payload, 0xDEADBEEF);
    CAPTURE(length);
    CHECK(frame == test::write({.opcode = 2, .mask_key = 0xDEADBEEF, .payload = payload}));
    MessageReader reader{length};
    std::string_view rest = frame;
    REQUIRE(reader.feed(rest) == MessageReader::Status::message);
    CHECK(reader.text() == payload);
    CHECK_FALSE(reader.is_text());
  }
}

}  // namespace pinion::websocket
