#include "proxy/relay.h"

#include <algorithm>
#include <utility>

#include "proxy/tunnel.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::Direction;
using session::PingNote;
using websocket::Opcode;

namespace {

// Longer than an Engine.IO ping in any coding, shorter than any event.
constexpr std::uint64_t kSmallText = 8;
constexpr int kPingsApart = 3;  // seconds, at least

/// One that is not compressed is told by its payload.
bool may_be_ping(const websocket::FrameHeader& header) noexcept {
  if (websocket::is_control(header.opcode)) return true;
  return header.opcode == Opcode::text && header.length <= (header.rsv1 ? kSmallText : 1);
}

std::size_t kind_of(Opcode opcode) noexcept {
  switch (opcode) {
    case Opcode::text:
      return 0;
    case Opcode::binary:
      return 1;
    case Opcode::continuation:
      return 2;
    case Opcode::close:
      return 3;
    case Opcode::ping:
      return 4;
    case Opcode::pong:
      break;
  }
  return 5;
}

}  // namespace

Relay::Relay(Tunnel& tunnel, uv::Stream source, Direction direction) noexcept
    : tunnel_(tunnel), source_(std::move(source)), direction_(direction) {
  source_.set_events(*this);
}

std::size_t Relay::read_room() noexcept {
  const std::size_t high = tunnel_.worker().high_mark();
  const std::size_t queued = sink_queue();
  // The mark may have been lowered since.
  if (queued >= high) pause_for_sink();
  const std::size_t room = queued < high ? high - queued : 0;
  return direction_ == Direction::in ? std::min(room, tunnel_.client_read_room()) : room;
}

void Relay::on_read(std::string_view bytes) noexcept { tunnel_.on_bytes(*this, bytes); }

void Relay::pass(std::string_view bytes, std::string_view lead) {
  if (cut_) {
    bytes = until_boundary(bytes);
  } else {
    count(bytes);
  }
  write(bytes, lead, is_goodbye() ? uv::Follows::end : uv::Follows::more);
}

// The close frame that answers the client's, and the backend's FIN behind it: the tunnel ends in
// the next turn.
bool Relay::is_goodbye() const noexcept {
  return direction_ == Direction::out && saw_close_frame_ && opposite_->saw_close_frame_ &&
         source_.at_last();
}

void Relay::count(std::string_view bytes) noexcept {
  auto& counters = tunnel_.worker().counters().direction(direction_);
  bytes_ += bytes.size();
  counters.bytes.add(bytes.size());
  const bool was_broken = scanner_.broken();
  if (awaits_packet_ && !bytes.empty()) {
    awaits_packet_ = false;
    note_packet(scanner_.header(), bytes.front());
  } else if (was_broken || (scanner_.in_payload() && !may_be_ping(scanner_.header()))) {
    beyond_pings_ = true;
  }
  scanner_.scan(bytes, [&](const websocket::FrameHeader& header, std::string_view rest) {
    ++frames_;
    counters.frames[kind_of(header.opcode)].add();
    counters.frame_sizes.observe(metrics::kFrameSizeBounds, static_cast<double>(header.length),
                                 header.length);
    if (header.opcode == Opcode::close && !std::exchange(saw_close_frame_, true)) {
      began_close_ = !opposite_->saw_close_frame_;
    }
    if (header.opcode == Opcode::text || header.opcode == Opcode::binary) {
      messages_ = static_cast<std::uint8_t>(std::min(messages_ + 1, 255));
    }
    if (!websocket::is_control(header.opcode)) note_message(header, rest);
  });
  if (!was_broken && scanner_.broken()) {
    tunnel_.worker().counters().frame_errors.add();
    tunnel_.note_error("frames-not-followed");
  }
}

// Engine.IO's pings and pongs are text frames of one byte. When small frames come compressed, so do
// they.
void Relay::note_message(const websocket::FrameHeader& header, std::string_view payload) noexcept {
  if (header.rsv1 && may_be_ping(header)) {
    note_small_compressed();
  } else if (header.opcode != Opcode::text || header.length != 1) {
    beyond_pings_ = true;
  } else if (payload.empty()) {
    awaits_packet_ = true;
  } else {
    note_packet(header, payload.front());
  }
}

// A ping, or the next of a row of events that are alike, which compression makes as small. Pings
// are further apart.
void Relay::note_small_compressed() noexcept {
  const Duration now = tunnel_.worker().now().time_since_epoch();
  const auto second = static_cast<std::uint8_t>(now / std::chrono::seconds{1});
  const auto before = std::exchange(small_compressed_at_, second);
  if (!std::exchange(told_compressed_, true)) return tunnel_.note_ping(PingNote::compressed);
  if (static_cast<std::uint8_t>(second - before) < kPingsApart) beyond_pings_ = true;
}

void Relay::note_packet(const websocket::FrameHeader& header, char payload) noexcept {
  const bool from_client = direction_ == Direction::in;
  // The mask of a frame that has none is zero.
  const auto type = static_cast<char>(static_cast<std::uint8_t>(payload) ^ header.mask[0]);
  if (type == '2' && !std::exchange(ping_unanswered_, true)) {
    tunnel_.note_ping(from_client ? PingNote::ping_of_client : PingNote::ping_of_backend);
  } else if (type == '3' && std::exchange(opposite_->ping_unanswered_, false)) {
    tunnel_.note_ping(from_client ? PingNote::pong_of_client : PingNote::pong_of_backend);
  }
}

// Frame by frame, since what follows the end of the message is dropped and must not be counted.
std::string_view Relay::until_boundary(std::string_view bytes) noexcept {
  std::size_t taken = 0;
  while (taken < bytes.size() && !scanner_.between_messages() && !scanner_.broken()) {
    taken += scanner_.next(bytes.substr(taken)).consumed;
  }
  bytes_ += taken;
  return bytes.substr(0, taken);
}

bool Relay::cut_at_boundary() noexcept {
  cut_ = true;
  return scanner_.between_messages();
}

void Relay::write(std::string_view bytes, std::string_view lead, uv::Follows follows) {
  if ((bytes.empty() && lead.empty()) || !sink()) return;
  if (sink().write({lead, bytes}, follows) != 0) return tunnel_.on_sink_failed(*this);
  account_queue();
  if (sink_queue() >= tunnel_.worker().high_mark()) pause_for_sink();
}

void Relay::pause_for_sink() {
  if (sink_full_) return;
  sink_full_ = true;
  pause();
}

void Relay::replace_source(uv::Stream source) noexcept {
  source_.close();
  // What waited for it waits no more.
  opposite_->account_queue();
  opposite_->sink_full_ = false;
  source_ = std::move(source);
  source_.set_events(*this);
  scanner_ = {};
  ended_ = false;
}

void Relay::hold(Hold why) {
  held_ |= static_cast<std::uint8_t>(why);
  pause();
}

void Relay::release(Hold why) {
  if (held_ == 0) return;
  held_ &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(why));
  resume_if_free();
}

void Relay::pause() {
  if (source_) source_.stop_reading();
  if (paused_.paused()) return;
  paused_.pause(tunnel_.worker().now(), tunnel_.worker().counters().direction(direction_));
}

void Relay::sink_drained() {
  account_queue();
  if (!sink_full_ || sink_queue() > tunnel_.worker().low_mark()) return;
  sink_full_ = false;
  resume_if_free();
}

void Relay::resume_if_free() {
  if (sink_full_ || held_ != 0) return;
  auto& counters = tunnel_.worker().counters().direction(direction_);
  paused_ns_ +=
      static_cast<std::uint64_t>(paused_.resume(tunnel_.worker().now(), counters).count());
  if (source_ && !ended_) source_.start_reading();
}

std::uint64_t Relay::take_paused_ns(TimePoint now) noexcept {
  if (paused_.paused()) {
    paused_ns_ += static_cast<std::uint64_t>(
        paused_.split(now, tunnel_.worker().counters().direction(direction_)).count());
  }
  return std::exchange(paused_ns_, 0);
}

void Relay::account_queue() {
  const std::int64_t change = sink_share_.set(sink_queue());
  if (change != 0) tunnel_.queue_changed(direction_, change);
}

void Relay::settle() {
  account_queue();
  paused_.resume(tunnel_.worker().now(), tunnel_.worker().counters().direction(direction_));
}

void Relay::on_end(int status) noexcept {
  ended_ = true;
  tunnel_.on_source_ended(*this, status);
}

void Relay::on_drain() noexcept { tunnel_.on_sink_drained(*opposite_); }

void Relay::on_write_error(int /*status*/) noexcept { tunnel_.on_sink_failed(*opposite_); }

}  // namespace pinion::proxy
