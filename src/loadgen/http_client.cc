#include "loadgen/http_client.h"

#include <utility>

#include "base/ascii.h"

namespace pinion::loadgen {

std::optional<std::uint64_t> retry_after_of(const http::Fields& fields) noexcept {
  const auto value = fields.find("retry-after");
  return value ? parse_decimal(*value) : std::nullopt;
}

void HttpClient::ask(std::string request, CookieJar* jar) {
  busy_ = true;
  jar_ = jar;
  body_.reset();
  body_text_.clear();
  partial_.clear();
  request_ = std::move(request);
  // By a RST, since a port that rests in TIME_WAIT for a minute is one that new sessions lack.
  if (stream_ && wire_.loop.now() - rests_since_ > kRest) stream_.reset();
  if (stream_) return write();
  const int status = uv::Stream::connect(stream_, wire_.loop, wire_.chunks, wire_.address, *this);
  if (status != 0) fail(uv::describe(status));
}

void HttpClient::close() noexcept {
  busy_ = false;
  if (stream_) stream_.close();
}

void HttpClient::on_connected(int status) noexcept {
  if (status != 0) return fail(uv::describe(status));
  stream_.start_reading();
  write();
}

void HttpClient::write() {
  wire_.measured.bytes_out += request_.size();
  const int status = stream_.write({request_});
  request_ = {};
  if (status != 0) fail(uv::describe(status));
}

void HttpClient::on_read(std::string_view bytes) noexcept {
  wire_.measured.bytes_in += bytes.size();
  // Nobody asked for it.
  if (!busy_) return close();
  while (!body_) {
    if (!take_head(bytes)) return;
  }
  take_body(bytes);
}

/// @returns whether a head has come whole, be it one of a 1xx
bool HttpClient::take_head(std::string_view& bytes) {
  http::ResponseHead& head = wire_.head;
  const auto result = http::read_response_head(partial_, bytes, wire_.limits, "GET", head);
  bytes.remove_prefix(result.consumed);
  if (result.status == http::HeadResult::Status::need_more) return false;
  if (result.status == http::HeadResult::Status::failed || head.status == 101) {
    fail("not an HTTP answer");
    return false;
  }
  if (head.status < 200) return true;
  answer_ = {.status = head.status, .retry_after = retry_after_of(head.fields), .body = {}};
  keep_ = head.keep_alive;
  if (jar_ != nullptr) jar_->take(head.fields);
  body_.emplace(head.framing);
  return true;
}

void HttpClient::take_body(std::string_view bytes) {
  while (!body_->done() && !bytes.empty()) {
    const auto step = body_->next(bytes);
    if (step.malformed) return fail("a malformed body");
    bytes.remove_prefix(step.consumed);
    if (step.data.size() > kMostBody - body_text_.size()) return fail("too long an answer");
    body_text_.append(step.data);
  }
  if (body_->done()) finish(bytes.empty());
}

void HttpClient::on_end(int status) noexcept {
  if (!busy_) return close();
  if (body_ && body_->finish_at_close()) return finish(false);
  fail(status == 0 ? "connection closed" : uv::describe(status));
}

void HttpClient::on_write_error(int status) noexcept {
  if (busy_) fail(uv::describe(status));
}

/// @param reusable nothing has come behind the answer
void HttpClient::finish(bool reusable) {
  busy_ = false;
  rests_since_ = wire_.loop.now();
  if (stream_ && (!keep_ || !reusable)) stream_.close();
  // The owner may send its next request from inside, which begins with an empty body.
  const std::string body = std::exchange(body_text_, {});
  Answer answer = answer_;
  answer.body = body;
  owner_.on_http_answer(*this, answer);
}

void HttpClient::fail(std::string_view why) {
  close();
  owner_.on_http_broken(*this, why);
}

}  // namespace pinion::loadgen
