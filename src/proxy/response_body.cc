#include "proxy/response_body.h"

#include "base/release.h"
#include "engineio/dialect.h"

namespace pinion::proxy {

ResponseBody::Status ResponseBody::pass(std::string_view in, GatherWriter& out, TimePoint now) {
  while (!reader_.done() && !in.empty()) {
    const auto step = reader_.next(in);
    if (step.malformed) return Status::malformed;
    if (!holding()) send_head(out);
    in.remove_prefix(step.consumed);
    if (!step.data.empty()) deliver(step.data, out, now);
  }
  if (!holding()) send_head(out);
  if (!reader_.done()) return Status::need_more;
  had_excess_ = !in.empty();
  finish(out);
  return Status::done;
}

ResponseBody::Status ResponseBody::pass_end(GatherWriter& out, TimePoint /*now*/) {
  if (!holding()) send_head(out);
  if (!reader_.finish_at_close()) return Status::malformed;
  finish(out);
  return Status::done;
}

void ResponseBody::deliver(std::string_view payload, GatherWriter& out, TimePoint now) {
  if (packets_) packets_->feed(payload);
  if (error_prefix_) {
    const std::size_t room = engineio::kErrorPrefix - error_prefix_->size();
    error_prefix_->append(payload.substr(0, room));
  }
  if (!holding()) return encode(payload, out);
  const bool decided = open_->feed(payload, now);
  held_.append(payload);
  if (!decided) return;
  send_head(out);
  encode(held_, out);
  release(held_);
}

void ResponseBody::send_head(GatherWriter& out) {
  out.add(head_);
  release(head_);
}

void ResponseBody::encode(std::string_view payload, GatherWriter& out) const {
  if (to_client_.kind != http::Framing::Kind::chunked) return out.add(payload);
  if (payload.empty()) return;
  out.add(http::chunk_size_line(payload.size()).view());
  out.add(payload);
  out.add(http::kChunkEnd);
}

void ResponseBody::finish(GatherWriter& out) {
  if (packets_) packets_->finish();
  if (open_ != nullptr) {
    open_->finish();
    send_head(out);
    encode(held_, out);
    release(held_);
  }
  if (to_client_.kind == http::Framing::Kind::chunked) out.add(http::kLastChunk);
}

}  // namespace pinion::proxy
