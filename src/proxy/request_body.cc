#include "proxy/request_body.h"

namespace pinion::proxy {

RequestBody::RequestBody(http::Framing from_client, Limits limits) noexcept
    : framing_(from_client), limits_(limits), reader_(from_client) {}

void RequestBody::watch_as(session::Dialect dialect) noexcept {
  if (!scanner_) return;
  engineio::PacketScanner::Body body = scanner_->body();
  body.revision = dialect.revision;
  body.jsonp_post = dialect.jsonp;
  scanner_.emplace(engineio::PacketScanner(body));
}

RequestBody::Status RequestBody::pass(std::string_view& in, GatherWriter* out) {
  if (const std::string peeked = std::exchange(peeked_, {}); !peeked.empty()) {
    received_ += peeked.size();
    if (out != nullptr) encode(peeked, *out);
  }
  while (!reader_.done()) {
    if (in.empty()) return Status::need_more;
    const auto step = reader_.next(in);
    if (step.malformed) return Status::malformed;
    in.remove_prefix(step.consumed);
    if (step.data.empty()) continue;
    received_ += step.data.size();
    if (limits_.body != 0 && received_ > limits_.body) return Status::too_large;
    if (scanner_) scanner_->feed(step.data);
    if (connects_ && out != nullptr) connects_->feed(step.data);
    if (out != nullptr) encode(step.data, *out);
  }
  if (out != nullptr && framing_.kind == http::Framing::Kind::chunked) out->add(http::kLastChunk);
  if (scanner_) scanner_->finish();
  return Status::done;
}

void RequestBody::encode(std::string_view payload, GatherWriter& out) const {
  if (framing_.kind != http::Framing::Kind::chunked) return out.add(payload);
  out.add(http::chunk_size_line(payload.size()).view());
  out.add(payload);
  out.add(http::kChunkEnd);
}

RequestBody::Status RequestBody::gather(std::string_view& in, std::string& whole) {
  while (!reader_.done()) {
    if (in.empty()) return Status::need_more;
    const auto step = reader_.next(in);
    if (step.malformed) return Status::malformed;
    in.remove_prefix(step.consumed);
    const std::size_t size = whole.size() + step.data.size();
    if (size > limits_.gathered || (limits_.body != 0 && size > limits_.body)) {
      return Status::too_large;
    }
    whole.append(step.data);
  }
  return Status::done;
}

RequestBody::Status RequestBody::peek(std::string_view& in, std::string& whole) {
  while (!reader_.done()) {
    if (in.empty()) return Status::need_more;
    const auto step = reader_.next(in);
    if (step.malformed) return Status::malformed;
    in.remove_prefix(step.consumed);
    whole.append(step.data);
    if (limits_.body != 0 && whole.size() > limits_.body) return Status::too_large;
  }
  return Status::done;
}

void RequestBody::restart_with_length(std::uint64_t size) noexcept {
  framing_ = {.kind = http::Framing::Kind::length, .length = size};
  reader_ = http::BodyReader(framing_);
}

}  // namespace pinion::proxy
