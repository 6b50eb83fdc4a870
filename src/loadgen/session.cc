#include "loadgen/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pinion::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// As socket.io's client comes back: 1 s, doubled up to 5 s, half more or less.
constexpr Duration kFirstPause = seconds{1};
constexpr Duration kLongestPause = seconds{5};
constexpr double kJitter = 0.5;
// What a server may ask for at most by Retry-After.
constexpr Duration kMostPatience = seconds{60};

/// The session's timer comes at least so often, to see whether the server still lives.
constexpr Duration kLook = seconds{1};

Duration times(Duration duration, double factor) {
  return std::chrono::duration_cast<Duration>(duration * factor);
}

}  // namespace

Session::Session(Common& common, Owner& owner)
    : common_(common),
      owner_(owner),
      id_(common.wire.random.uuid()),
      engine_(common.wire, common.options, common.requests, *this) {
  if (common.options.rate > 0) interval_ = times(seconds{1}, 1 / common.options.rate);
}

void Session::start() {
  ++common_.wire.measured.started;
  begin();
}

void Session::begin() {
  state_ = State::opening;
  began_ = uv::Loop::precise_now();
  deadline_ = began_ + kOpenTimeout;
  common_.wheel.arm(*this, deadline_);
  engine_.start();
}

void Session::on_engine_open() noexcept {
  const TimePoint now = uv::Loop::precise_now();
  common_.wire.measured.handshake.record(now - began_);
  state_ = State::joining;
  deadline_ = now + kOpenTimeout;
  common_.wheel.arm(*this, deadline_);
  owner_.on_session_open();
  join();
}

void Session::join() {
  std::string& packet = common_.scratch;
  packet = "40";
  append_nsp(packet, common_.options.nsp);
  common_.auth.append_to(packet, {.id = id_, .n = number_, .random = common_.wire.random});
  engine_.send(packet);
}

void Session::on_engine_message(std::string_view message) noexcept {
  const auto packet = read_socketio_packet(message);
  if (!packet) return break_off("what came is not Socket.IO", true);
  if (packet->nsp != common_.options.nsp) return;
  const TimePoint now = uv::Loop::precise_now();
  using Type = SocketioPacket::Type;
  switch (packet->type) {
    case Type::connect:
      if (state_ == State::joining) joined(now);
      return;
    case Type::connect_error:
      return not_joined(packet->data);
    case Type::disconnect:
      return break_off("Socket.IO disconnect", true);
    case Type::event:
    case Type::binary_event:
      return heard_event(packet->data, now);
    case Type::ack:
    case Type::binary_ack:
      ++common_.wire.measured.heard;
      if (common_.options.reply.empty() && packet->id) heard(book_.acknowledged(*packet->id, now));
      return;
  }
}

void Session::joined(TimePoint now) {
  Measurements& measured = common_.wire.measured;
  state_ = State::present;
  attempts_ = 0;
  measured.connect.record(now - began_);
  ++measured.present;
  ++(std::exchange(has_joined_, true) ? measured.returned : measured.joined);
  // Somewhere within the first interval, so that sessions that came together do not speak together.
  next_message_ = now + times(interval_, common_.wire.random.share());
  arm_next();
}

void Session::not_joined(std::string_view data) {
  break_off("CONNECT refused: " + std::string(data), true);
}

void Session::heard_event(std::string_view data, TimePoint now) {
  ++common_.wire.measured.heard;
  const std::string& reply = common_.options.reply;
  if (!reply.empty() && event_name(data) == reply) heard(book_.answered(now));
}

void Session::heard(const ReplyBook::Heard& heard) {
  Measurements& measured = common_.wire.measured;
  if (heard.delay) {
    ++measured.answered;
    measured.delay.record(*heard.delay);
    common_.lately.record(*heard.delay);
  } else if (heard.silence) {
    measured.gap.record(*heard.silence);
  }
  if (heard.silence && *heard.silence >= kStall) stalled(*heard.silence);
}

void Session::stalled(Duration silence) {
  common_.wire.measured.count_stall(silence, !std::exchange(has_stalled_, true));
}

void Session::on_timer(TimePoint now) noexcept {
  switch (state_) {
    case State::opening:
      return on_engine_end({.kind = EngineEnd::Kind::unreachable, .why = "no answer within 20 s"});
    case State::joining:
      return break_off("CONNECT not answered within 20 s", false);
    case State::present:
      send_what_is_due(now);
      if (state_ == State::present) look_for_life(now);
      if (state_ == State::present) arm_next();
      return;
    case State::away:
      if (common_.ending) {
        state_ = State::over;
      } else {
        begin();
      }
      return;
    case State::leaving:
      return on_engine_end({.kind = EngineEnd::Kind::left});
    case State::unborn:
    case State::over:
      return;
  }
}

void Session::arm_next() {
  const TimePoint now = common_.wire.loop.now();
  const bool sends = common_.sending && interval_ > Duration{0};
  common_.wheel.arm(*this, sends ? std::min(next_message_, now + kLook) : now + kLook);
}

void Session::look_for_life(TimePoint now) {
  const Duration patience = engine_.patience();
  if (patience > Duration{0} && now - engine_.heard_at() > patience) {
    break_off("ping timeout", false);
  }
}

void Session::send_what_is_due(TimePoint now) {
  if (interval_ <= Duration{0}) return;
  while (common_.sending && next_message_ <= now && state_ == State::present) {
    common_.wire.measured.lateness.record(uv::Loop::precise_now() - next_message_);
    next_message_ += interval_;
    send_message();
  }
}

void Session::send_message() {
  Measurements& measured = common_.wire.measured;
  if (book_.full() || engine_.backed_up()) {
    ++measured.held_back;
    return;
  }
  ++number_;
  std::string& packet = common_.scratch;
  packet = "42";
  append_nsp(packet, common_.options.nsp);
  if (common_.options.reply.empty()) packet.append(std::to_string(number_));
  common_.message.append_to(packet, {.id = id_, .n = number_, .random = common_.wire.random});
  ++measured.sent;
  book_.sent(number_, uv::Loop::precise_now());
  engine_.send(packet);
}

void Session::leave() {
  give_up_messages();
  const bool was_present = state_ == State::present;
  if (was_present) --common_.wire.measured.present;
  if (!engine_.is_open()) {
    engine_.close();
    disarm();
    state_ = State::over;
    return;
  }
  state_ = State::leaving;
  common_.wheel.arm(*this, common_.wire.loop.now() + kLeaveTimeout);
  if (was_present) {
    std::string packet = "41";
    append_nsp(packet, common_.options.nsp);
    engine_.send(packet);
  }
  if (engine_.is_open()) engine_.leave();
}

void Session::break_off(std::string why, bool for_good) {
  stays_away_ = stays_away_ || for_good;
  on_engine_end({.kind = EngineEnd::Kind::closed, .why = std::move(why)});
}

void Session::on_engine_end(const EngineEnd& end) noexcept {
  engine_.close();
  disarm();
  has_ended_ = true;
  if (state_ == State::leaving) {
    state_ = State::over;
    return owner_.on_session_end(end);
  }
  if (state_ == State::present) --common_.wire.measured.present;
  give_up_messages();
  count_end(end);
  const bool returns = common_.options.reconnect && !stays_away_ && !common_.ending;
  state_ = returns ? State::away : State::over;
  if (returns) common_.wheel.arm(*this, common_.wire.loop.now() + pause_before_return(end));
  owner_.on_session_end(end);
}

void Session::give_up_messages() {
  const auto silence = book_.silence(uv::Loop::precise_now());
  if (silence && *silence >= kStall) stalled(*silence);
  common_.wire.measured.lost += book_.give_up();
}

void Session::count_end(const EngineEnd& end) {
  Measurements& measured = common_.wire.measured;
  switch (end.kind) {
    case EngineEnd::Kind::left:
      break;
    case EngineEnd::Kind::unreachable:
      measured.unreachable.add(end.why);
      break;
    case EngineEnd::Kind::refused:
      measured.refused.add(std::to_string(end.status));
      if (end.retry_after) {
        measured.count_retry_after(seconds{std::min<std::uint64_t>(*end.retry_after, 86'400)});
      }
      break;
    case EngineEnd::Kind::closed:
      measured.closed.add(end.why);
      break;
  }
  measured.unknown_sid += end.unknown_sid ? 1 : 0;
}

Duration Session::pause_before_return(const EngineEnd& end) {
  if (end.retry_after) {
    return std::min<Duration>(seconds{std::min<std::uint64_t>(*end.retry_after, 3600)},
                              kMostPatience);
  }
  const Duration pause = std::min(kFirstPause * (1U << std::min(attempts_++, 8U)), kLongestPause);
  return times(pause, 1 + kJitter * (2 * common_.wire.random.share() - 1));
}

}  // namespace pinion::loadgen
