// The rules hold for heads from any parser.
#include "http/control_fields.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace pinion::http {
namespace {

HeadError judge_request(std::initializer_list<Field> fields) {
  RequestHead head;
  head.method = "POST";
  head.target = "/";
  head.fields.add("Host", "a");
  for (const Field& field : fields) head.fields.add(field.name, field.value);
  return interpret_request(head);
}

HeadError judge_response(std::initializer_list<Field> fields) {
  ResponseHead head;
  head.status = 200;
  for (const Field& field : fields) head.fields.add(field.name, field.value);
  return interpret_response(head, "GET");
}

}  // namespace

TEST_CASE("conflicting framing is refused whoever parsed it") {
  const Field length{"Content-Length", "5"};
  const Field chunked{"Transfer-Encoding", "chunked"};
  for (const auto judge : {judge_request, judge_response}) {
    CHECK(judge({length}) == HeadError::none);
    CHECK(judge({chunked}) == HeadError::none);
    CHECK(judge({length, chunked}) == HeadError::bad_content_length);
    CHECK(judge({chunked, length}) == HeadError::bad_content_length);
    CHECK(judge({length, length}) == HeadError::bad_content_length);
    CHECK(judge({{"content-length", "5,5"}}) == HeadError::bad_content_length);
    CHECK(judge({chunked, chunked}) == HeadError::bad_transfer_encoding);
    CHECK(judge({{"transfer-encoding", "gzip"}, chunked}) == HeadError::bad_transfer_encoding);
  }
}

TEST_CASE("CONNECT is refused whoever parsed it") {
  RequestHead head;
  head.method = "CONNECT";
  head.target = "/";
  head.fields.add("Host", "a");
  CHECK(interpret_request(head) == HeadError::unknown_method);
}

}  // namespace pinion::http
