#include "proxy/upstream.h"

#include "proxy/upstream_pool.h"
#include "proxy/worker.h"
#include "uv/tcp_info.h"

namespace pinion::proxy {

int Upstream::connect(UpstreamEvents& events) {
  user_ = &events;
  return uv::Stream::connect(stream_, worker_.loop(), worker_.chunks(), backend_.identity().address,
                             *this);
}

void Upstream::use(UpstreamEvents& events) noexcept {
  disarm();
  user_ = &events;
  reused_ = true;
  taken_before_ = stream_.taken();
}

void Upstream::rest(Duration keep) noexcept {
  user_ = nullptr;
  stream_.start_reading();
  worker_.wheel().arm(*this, worker_.now() + keep);
}

void Upstream::abandon() noexcept {
  user_ = nullptr;
  stream_.close();
}

bool Upstream::nothing_arrived(int status) const noexcept {
  if (!stream_) return false;
  if (stream_.taken() == taken_before_) return true;
  // The acknowledgement that a RST carries is not counted, so after one nothing can be told.
  if (status != 0) return false;
  const auto acknowledged = uv::bytes_acknowledged(stream_.descriptor());
  // The SYN counts as one.
  return acknowledged && *acknowledged <= taken_before_ + 1;
}

void Upstream::on_connected(int status) noexcept {
  if (status == 0) {
    user_->on_upstream_ready();
  } else {
    user_->on_upstream_refused(status);
  }
}

std::size_t Upstream::read_room() noexcept {
  return user_ == nullptr ? uv::kScratchBytes : user_->upstream_read_room();
}

void Upstream::on_read(std::string_view bytes) noexcept {
  if (user_ == nullptr) return pool_.discard(*this);
  user_->on_upstream_read(bytes);
}

void Upstream::on_end(int status) noexcept {
  if (user_ == nullptr) return pool_.discard(*this);
  user_->on_upstream_end(status);
}

void Upstream::on_drain() noexcept {
  if (user_ != nullptr) user_->on_upstream_drain();
}

void Upstream::on_write_error(int status) noexcept {
  if (user_ == nullptr) return pool_.discard(*this);
  user_->on_upstream_write_error(status);
}

void Upstream::on_timer(TimePoint /*now*/) noexcept { pool_.discard(*this); }

}  // namespace pinion::proxy
