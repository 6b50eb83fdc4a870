// Short ways to read one head in tests.
#pragma once

#include <string>
#include <string_view>

#include "http/head_parser.h"

namespace pinion::http {

struct ReadRequest {
  HeadResult result;
  RequestHead head;
};

inline ReadRequest read_request(std::string_view bytes, const HeadLimits& limits = {}) {
  ReadRequest read;
  std::string partial;
  read.result = read_request_head(partial, bytes, limits, read.head);
  return read;
}

/// The request's error, with a Host so that the case at hand stays short.
/// @param rest everything after the request line and Host
inline HeadError error_with(std::string_view rest) {
  std::string bytes = "POST /x HTTP/1.1\r\nHost: a\r\n";
  return read_request(bytes.append(rest)).result.error;
}

struct ReadResponse {
  HeadResult result;
  ResponseHead head;
};

inline ReadResponse read_response(std::string_view bytes, std::string_view method = "GET",
                                  const HeadLimits& limits = {}) {
  ReadResponse read;
  std::string partial;
  read.result = read_response_head(partial, bytes, limits, method, read.head);
  return read;
}

inline bool is_complete(const HeadResult& result) {
  return result.status == HeadResult::Status::complete;
}

inline bool is_failed(const HeadResult& result) {
  return result.status == HeadResult::Status::failed;
}

}  // namespace pinion::http
