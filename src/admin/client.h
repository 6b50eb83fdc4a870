// The client's side of the admin endpoint, for the command line: one request, one answer, blocking.
//
// Threads: any one; a Client has no state between requests.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "admin/address.h"

namespace pinion::admin {

struct Response {
  int status = 0;
  std::string body;
};

class Client {
 public:
  /// @param url `http://host:port` or `unix:/path`; the error is one line
  /// @param token for changes; empty: none is sent
  static std::expected<Client, std::string> create(
      const std::string& url, std::string token,
      std::chrono::milliseconds timeout = std::chrono::seconds(5));

  /// Sends one request and waits for the whole answer.
  /// @param method GET, DELETE or POST; @param target path and query, percent-encoded
  /// @param body for POST, JSON
  /// @returns the error as one line when no HTTP answer came in time
  [[nodiscard]] std::expected<Response, std::string> request(std::string_view method,
                                                             std::string_view target,
                                                             std::string_view body = {}) const;

 private:
  Client(std::string url, Address address, std::string token,
         std::chrono::milliseconds timeout) noexcept;
  [[nodiscard]] std::string message_of(std::string_view method, std::string_view target,
                                       std::string_view body) const;

  std::string url_;
  Address address_;
  std::string token_;
  std::chrono::milliseconds timeout_;
};

}  // namespace pinion::admin
