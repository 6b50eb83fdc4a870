// What the sessions of a WebSocketLoad do once they are open.
#include "agreement.h"
#include "websocket_load.h"

namespace pinion::bench {
namespace {

constexpr std::string_view kNormalClosure = "\x03\xe8";
constexpr std::size_t kSlowFrame = 1024;  // bytes of a message to a client that hardly reads
// Every other slow client reads once in that time, what one read gives; the rest never do.
constexpr auto kBetweenSips = std::chrono::milliseconds{250};

std::string streaming(std::size_t rate, std::size_t size) {
  return "4stream " + std::to_string(rate) + " " + std::to_string(size);
}

std::string flooding(std::size_t size) { return "4flood " + std::to_string(size); }

}  // namespace

void WebSocketLoad::set_to_work(Client& client) {
  client.heard = now_;
  if (client.role != Role::kMeasured) return set_companion_to_work(client);
  switch (work_) {
    case Work::kEcho:
      return ask(client);
    case Work::kStream:
      return say(client, streaming(options_.rate, options_.size));
    case Work::kFlood:
      return say(client, flooding(options_.size));
    case Work::kUpload:
      say(client, "4count");
      client.channel.watch_writing(true);
      return;
    case Work::kChurn:
      client.state = State::kClosing;
      output_.clear();
      append_frame(output_, Opcode::kClose, kNormalClosure, Masked::kYes);
      if (!client.channel.write(output_)) fail_session(client, "writing failed");
      return;
    case Work::kIdle:
      return;
  }
}

void WebSocketLoad::set_companion_to_work(Client& client) {
  if (client.role == Role::kStorm)
    return say(client, streaming(options_.storm_rate, options_.size));
  client.channel.pause_reading(true);
  say(client, flooding(kSlowFrame));
}

void WebSocketLoad::on_work(Client& client, const Frame& frame) {
  Tally& all = tally();
  if (client.role == Role::kStorm) return on_streamed(client, frame, options_.storm_rate);
  if (client.role == Role::kSlow) {
    if (frame.length != kSlowFrame) fail_session(client, "a frame of a wrong size");
    return;
  }
  switch (work_) {
    case Work::kEcho:
      if (frame.payload != echoed_) {
        return fail_session(client, "an echo that is not what was sent");
      }
      all.operations += 2;
      all.took(std::chrono::nanoseconds{now_ - client.began}.count());
      return ask(client);
    case Work::kStream:
      return on_streamed(client, frame, options_.rate);
    case Work::kFlood:
      if (frame.length != options_.size) return fail_session(client, "a frame of a wrong size");
      ++all.operations;
      return;
    case Work::kUpload:
      if (frame.payload != "4counted") return fail_session(client, "uploads miscounted");
      all.operations += kUploadsPerAck;
      return;
    case Work::kChurn:
    case Work::kIdle:
      return fail_session(client, "a frame that nobody asked for");
  }
}

void WebSocketLoad::on_streamed(Client& client, const Frame& frame, std::size_t rate) {
  const auto due = time_in(frame.payload);
  if (!due || frame.length != options_.size) return fail_session(client, "not a streamed frame");
  if (client.due != 0 && *due != client.due + period_of(rate).count()) {
    return fail_session(client, "a streamed frame is missing or comes twice");
  }
  client.due = *due;
  ++tally().operations;
  if (client.role == Role::kStorm) {
    ++storm_frames_;
  } else {
    tally().took(std::chrono::nanoseconds{now_.time_since_epoch()}.count() - *due);
  }
}

Clock::time_point WebSocketLoad::tick(Clock::time_point now) {
  if (options_.slow == 0 || !working_) return Clock::time_point::max();
  if (now < next_sip_) return next_sip_;
  for (Client& client : clients_) {
    const bool sips = client.role == Role::kSlow && client.index % 2 == 0;
    if (sips && client.state == State::kOpen) read(client);
  }
  next_sip_ = now + kBetweenSips;
  return next_sip_;
}

void WebSocketLoad::check(Clock::time_point now, Clock::duration limit) {
  if (work_ == Work::kIdle) return;
  for (Client& client : clients_) {
    if (client.role == Role::kSlow || client.state == State::kEnded) continue;
    if (now - client.heard > limit) fail_session(client, "a session stands still");
  }
}

Storm WebSocketLoad::storm() const {
  Storm out{.frames = storm_frames_};
  for (const Client& client : clients_) {
    if (client.role == Role::kStorm && client.channel) out.segments += client.channel.segments();
  }
  return out;
}

void WebSocketLoad::ask(Client& client) {
  client.began = now_;
  if (!client.channel.write(echoed_frame_)) fail_session(client, "writing failed");
}

void WebSocketLoad::say(Client& client, std::string_view message) {
  output_.clear();
  append_frame(output_, Opcode::kText, message, Masked::kYes);
  if (!client.channel.write(output_)) fail_session(client, "writing failed");
}

void WebSocketLoad::pour(Client& client) {
  if (client.channel.waiting()) return;
  client.poured += client.channel.write_some(std::string_view{uploads_}.substr(client.poured));
  if (client.poured == uploads_.size()) client.poured = 0;
}

}  // namespace pinion::bench
