#include "websocket/deflate_terms.h"

#include <doctest/doctest.h>

namespace pinion::websocket {
namespace {

DeflateTerms agreed(std::string_view parameters = "") {
  const auto terms = read_terms("permessage-deflate" + std::string(parameters));
  REQUIRE(terms);
  CHECK(terms->agreed);
  return *terms;
}

}  // namespace

TEST_CASE("without an extension nothing is agreed") {
  CHECK(read_terms("") == DeflateTerms{});
  CHECK(read_terms(" \t") == DeflateTerms{});
  CHECK(read_terms(" , ") == DeflateTerms{});
}

TEST_CASE("what servers agree to") {
  CHECK(agreed() == DeflateTerms{.agreed = true});
  CHECK(agreed("; server_no_context_takeover") ==
        DeflateTerms{.agreed = true, .server_no_context_takeover = true});
  CHECK(agreed("; server_max_window_bits=12; client_max_window_bits=12") ==
        DeflateTerms{.agreed = true,
                     .server_max_window_bits = 12,
                     .client_max_window_bits = 12,
                     .client_bits_told = true});
  CHECK(agreed(";client_no_context_takeover;server_no_context_takeover;"
               "client_max_window_bits=8;server_max_window_bits=15") ==
        DeflateTerms{true, true, true, 15, 8, true});
}

TEST_CASE("parameters may be quoted, with white space where it may be") {
  CHECK(agreed("; server_max_window_bits=\"10\"").server_max_window_bits == 10);
  CHECK(agreed("; server_max_window_bits=\"1\\0\"").server_max_window_bits == 10);
  CHECK(agreed(" ;\tclient_max_window_bits = 9 ").client_max_window_bits == 9);
  CHECK(read_terms(", permessage-deflate ,") == DeflateTerms{.agreed = true});
}

TEST_CASE("other extensions are not understood") {
  CHECK_FALSE(read_terms("x-webkit-deflate-frame"));
  CHECK_FALSE(read_terms("permessage-deflate, permessage-deflate"));
  CHECK_FALSE(read_terms("permessage-deflate, foo"));
  CHECK_FALSE(read_terms("foo, permessage-deflate"));
  CHECK_FALSE(read_terms("permessage-deflatex"));
  CHECK_FALSE(read_terms("Permessage-Deflate"));
  CHECK_FALSE(read_terms("permessage-deflate=1"));
}

TEST_CASE("malformed parameters") {
  for (const std::string parameters : {";",
                                       "; ",
                                       ";;server_no_context_takeover",
                                       "; foo",
                                       "; foo=1",
                                       "; server_max_window_bits",
                                       "; client_max_window_bits",
                                       "; server_max_window_bits=",
                                       "; server_max_window_bits=7",
                                       "; server_max_window_bits=16",
                                       "; server_max_window_bits=08",
                                       "; server_max_window_bits=1x",
                                       "; server_max_window_bits=-9",
                                       "; server_max_window_bits=4294967306",
                                       "; server_max_window_bits=\"10",
                                       "; server_max_window_bits=10\"",
                                       "; server_max_window_bits=\"",
                                       "; server_max_window_bits=\"\"",
                                       "; server_max_window_bits=\"10\\\"",
                                       "; server_max_window_bits=\"1\"0\"",
                                       "; server_max_window_bits='10'",
                                       "; server_no_context_takeover=1",
                                       "; client_no_context_takeover=",
                                       "; server_no_context_takeover; server_no_context_takeover",
                                       "; client_max_window_bits=10; client_max_window_bits=10",
                                       "; =10",
                                       "; \"server_no_context_takeover\"",
                                       "; server_no_context_takeover;"}) {
    CAPTURE(parameters);
    CHECK_FALSE(read_terms("permessage-deflate" + parameters));
  }
}

TEST_CASE("there is no fifth parameter") {
  const std::string all =
      "permessage-deflate; server_no_context_takeover; "
      "client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9";
  CHECK(read_terms(all) == DeflateTerms{true, true, true, 9, 9, true});
  CHECK_FALSE(read_terms(all + "; server_max_window_bits=9"));
  CHECK_FALSE(read_terms(all + "; foo"));
}

TEST_CASE("what is offered to a server that is to stand in") {
  CHECK(offer_to_stand_in({}).empty());
  CHECK(offer_to_stand_in({.agreed = true}) == "permessage-deflate; server_no_context_takeover");
  CHECK(offer_to_stand_in({true, true, true, 15, 15}) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  CHECK(offer_to_stand_in({true, false, false, 12, 10}) ==
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; "
        "client_max_window_bits=10");
  CHECK(offer_to_stand_in(*read_terms("permessage-deflate; client_max_window_bits=15")) ==
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=15");
}

TEST_CASE("a server stands in for another if the client notices nothing") {
  const DeflateTerms none;
  const DeflateTerms plain{.agreed = true};
  const DeflateTerms fresh{.agreed = true, .server_no_context_takeover = true};
  CHECK(can_stand_in(none, none));
  CHECK_FALSE(can_stand_in(none, fresh));
  CHECK_FALSE(can_stand_in(fresh, none));
  CHECK(can_stand_in(plain, fresh));
  CHECK(can_stand_in(fresh, fresh));
  CHECK_FALSE(can_stand_in(plain, plain));
}

TEST_CASE("a server that stands in uses no more window and leaves no less") {
  const DeflateTerms present{true, false, false, 12, 12};
  CHECK(can_stand_in(present, {true, true, false, 12, 12}));
  CHECK(can_stand_in(present, {true, true, false, 9, 15}));
  CHECK_FALSE(can_stand_in(present, {true, true, false, 13, 12}));
  CHECK_FALSE(can_stand_in(present, {true, true, false, 12, 11}));
}

TEST_CASE("a client that keeps its context needs a server that does") {
  const DeflateTerms keeps{true, true, false, 15, 15};
  const DeflateTerms resets{true, true, true, 15, 15};
  CHECK_FALSE(can_stand_in(keeps, resets));
  CHECK(can_stand_in(resets, resets));
  CHECK(can_stand_in(resets, keeps));
}

}  // namespace pinion::websocket
