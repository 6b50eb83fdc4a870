#include "engineio/session_target.h"

#include <doctest/doctest.h>

#include "engineio/intent.h"

namespace pinion::engineio {
namespace {

std::string sid_in(std::string_view target) {
  http::RequestHead head;
  head.method = "GET";
  head.target = target;
  return classify(head, "/").sid;
}

}  // namespace

TEST_CASE("a sid is replaced where it stands, and nothing else changes") {
  CHECK(with_sid("/socket.io/?EIO=4&transport=polling&t=x&sid=AbC", "new") ==
        "/socket.io/?EIO=4&transport=polling&t=x&sid=new");
  CHECK(with_sid("/socket.io/?sid=a&x=%41+b", "new") == "/socket.io/?sid=new&x=%41+b");
  CHECK(with_sid("/a%2Fb?sid=a", "new") == "/a%2Fb?sid=new");
  CHECK(with_sid("/x?sid", "new") == "/x?sid=new");
  CHECK(with_sid("/x?sid=", "new") == "/x?sid=new");
  CHECK(with_sid("/x?&sid=a&&b&", "new") == "/x?&sid=new&&b&");
  CHECK(with_sid("/x?a?sid=1&sid=b?c", "new") == "/x?a?sid=1&sid=new");
}

TEST_CASE("every sid is replaced, however its name is written") {
  CHECK(with_sid("/x?sid=a&t=1&sid=b", "new") == "/x?sid=new&t=1&sid=new");
  CHECK(with_sid("/x?%73id=a&s%69d=b&SID=c&sidx=d", "new") ==
        "/x?%73id=new&s%69d=new&SID=c&sidx=d");
}

TEST_CASE("without a sid a target stays as it is") {
  for (const std::string target : {"/x", "/x?", "/x?a=b", "/sid=a", "/x?a&", "/sid?t=sid", "*"}) {
    CHECK(with_sid(target, "new") == target);
  }
}

TEST_CASE("a sid is encoded so that it is read as it was given") {
  CHECK(with_sid("/x?sid=a", "AZaz09-._~") == "/x?sid=AZaz09-._~");
  CHECK(with_sid("/x?sid=a", "a&b=c") == "/x?sid=a%26b%3Dc");
  std::string every;
  for (int c = 0; c < 256; ++c) every.push_back(static_cast<char>(c));
  CHECK(sid_in(with_sid("/x?sid=a&sid=&t=1", every)) == every);
}

TEST_CASE("a handshake asks for the same as the request did") {
  CHECK(opening_target("/socket.io/?EIO=4&transport=polling&t=x&sid=AbC", "websocket") ==
        "/socket.io/?EIO=4&transport=websocket&t=x");
  CHECK(opening_target("/x?sid=a&EIO=4&b=%41", "polling") == "/x?EIO=4&b=%41&transport=polling");
  CHECK(opening_target("/x?EIO=4&user=x&&y&", "polling") ==
        "/x?EIO=4&user=x&&y&&transport=polling");
}

TEST_CASE("a handshake has no sid and one transport") {
  CHECK(opening_target("/x", "polling") == "/x?transport=polling");
  CHECK(opening_target("/x?", "polling") == "/x?transport=polling");
  CHECK(opening_target("/x?sid=a", "polling") == "/x?transport=polling");
  CHECK(opening_target("/x?sid", "polling") == "/x?transport=polling");
  CHECK(opening_target("/x?sid=a&%73id=b&transport=1&t%72ansport=2&transport", "polling") ==
        "/x?transport=polling");
  CHECK(opening_target("/x?transport=1&a&transport=2&b", "polling") == "/x?transport=polling&a&b");
}

}  // namespace pinion::engineio
