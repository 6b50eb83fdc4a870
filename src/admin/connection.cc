#include "admin/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "admin/lws_request.h"
#include "base/ascii.h"

namespace pinion::admin {
namespace {

constexpr std::size_t kPart = std::size_t{16} * 1024;  // of an answer, in one turn of the loop
constexpr int kMostDrains = 16;
constexpr std::chrono::milliseconds kTick{250};

lws_usec_t microseconds(std::chrono::microseconds d) noexcept { return d.count(); }

bool has_input(lws* wsi) noexcept {
  char first = 0;
  return ::recv(lws_get_socket_fd(wsi), &first, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/// Makes the coming close a reset: neither libwebsockets nor the kernel then waits for a client
/// that does not take what is queued for it.
void abort_connection(lws* wsi) noexcept {
  constexpr linger kAtOnce{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof(kAtOnce));
  (void)::shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
}

/// Input that nobody reads would turn the close into a reset, which can take the end of the answer
/// with it.
void drain_input(lws* wsi) noexcept {
  std::array<char, kPart> ignored{};
  for (int i = 0; i < kMostDrains; ++i) {
    const auto got = ::recv(lws_get_socket_fd(wsi), ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (got <= 0) return;
  }
}

}  // namespace

Connection::Connection(lws* wsi, Endpoint& endpoint, const AdminServer::Limits& limits) noexcept
    : wsi_(wsi), endpoint_(endpoint), limits_(limits) {
  lws_set_timer_usecs(wsi_, microseconds(limits_.request));
}

bool Connection::on_head() {
  if (state_ != State::reading) return false;
  request_ = read_head(wsi_);
  if (auto refused = read_framing()) return begin_answer(*refused);
  return body_size_ > 0 || begin_answer(endpoint_.answer(request_));
}

std::optional<Answer> Connection::read_framing() {
  if (!field_of(wsi_, WSI_TOKEN_HTTP_TRANSFER_ENCODING).empty()) {
    return error_answer(411, "length_required", "send the body with a Content-Length");
  }
  const std::string length = field_of(wsi_, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  if (length.empty()) return std::nullopt;
  const auto size = parse_decimal(length);
  if (!size) return error_answer(400, "bad_content_length", "Content-Length is not a number");
  if (*size > limits_.body) return error_answer(413, "body_too_large", "the body is too large");
  body_size_ = *size;
  return std::nullopt;
}

bool Connection::on_body(std::string_view bytes) {
  if (state_ != State::reading) return true;
  if (request_.body.size() + bytes.size() > limits_.body) return false;
  request_.body += bytes;
  return true;
}

bool Connection::on_body_complete() {
  return state_ != State::reading || begin_answer(endpoint_.answer(request_));
}

bool Connection::begin_answer(const Answer& answer) {
  message_ = http_message(answer, request_.method != Method::head);
  state_ = State::sending;
  deadline_ = monotonic_now() + limits_.response;
  lws_set_timeout(wsi_, NO_PENDING_TIMEOUT, 0);
  lws_set_timer_usecs(wsi_, microseconds(kTick));
  drain_input(wsi_);
  lws_callback_on_writable(wsi_);
  return true;
}

bool Connection::on_writable() {
  if (state_ == State::reading) return true;
  if (sent_ < message_.size()) return send_part();
  // Called again only when all is with the kernel.
  drain_input(wsi_);
  return false;
}

bool Connection::on_timer() {
  // While an answer is being sent libwebsockets polls for input without reading it, so a client
  // that goes on talking, or has closed its side, and does not read, would turn the loop.
  if (state_ == State::reading || monotonic_now() >= deadline_ || has_input(wsi_)) {
    abort_connection(wsi_);
    return false;
  }
  lws_set_timer_usecs(wsi_, microseconds(kTick));
  return true;
}

bool Connection::send_part() {
  std::array<unsigned char, LWS_PRE + kPart> buffer{};
  const std::size_t count = std::min(kPart, message_.size() - sent_);
  std::memcpy(buffer.data() + LWS_PRE, message_.data() + sent_, count);
  if (lws_write(wsi_, buffer.data() + LWS_PRE, count, LWS_WRITE_HTTP) < 0) return false;
  sent_ += count;
  lws_callback_on_writable(wsi_);
  return true;
}

void Connection::refuse_now(const Answer& answer) {
  if (state_ != State::reading) return;
  message_ = http_message(answer, true);
  state_ = State::sending;
  (void)send_part();
}

void Connection::on_upgrade() {
  // An upgrade that libwebsockets does not know was answered by itself, and its head is gone.
  if (lws_hdr_total_length(wsi_, WSI_TOKEN_UPGRADE) == 0) return;
  refuse_now(error_answer(501, "no_upgrade", "this endpoint speaks HTTP/1.1 only"));
}

void Connection::on_garbage() {
  refuse_now(error_answer(400, "bad_request", "this is not an HTTP/1.1 request"));
}

}  // namespace pinion::admin
