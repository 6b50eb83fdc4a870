#include "websocket_load.h"

#include <array>
#include <utility>

#include "agreement.h"
#include "http_text.h"

namespace pinion::bench {
namespace {

constexpr std::size_t kOpening = 64;  // sessions that are being opened at a time
constexpr std::size_t kUploadBlock = std::size_t{64} * 1024;
constexpr std::size_t kBuffer = std::size_t{256} * 1024;

constexpr std::string_view kUpgrade =
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: bench.example\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
// What RFC 6455 section 1.3 says for that key.
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::string_view kNormalClosure = "\x03\xe8";

}  // namespace

std::optional<WebSocketLoad::Work> WebSocketLoad::work_of(std::string_view mode) noexcept {
  constexpr std::array<std::pair<std::string_view, Work>, 6> kModes = {{{"echo", Work::kEcho},
                                                                        {"stream", Work::kStream},
                                                                        {"flood", Work::kFlood},
                                                                        {"upload", Work::kUpload},
                                                                        {"churn", Work::kChurn},
                                                                        {"idle", Work::kIdle}}};
  for (const auto& [name, work] : kModes) {
    if (name == mode) return work;
  }
  return std::nullopt;
}

bool WebSocketLoad::knows(std::string_view mode) noexcept { return work_of(mode).has_value(); }

WebSocketLoad::WebSocketLoad(Poller& poller, const Options& options)
    : poller_(poller),
      options_(options),
      work_(work_of(options.mode).value_or(Work::kIdle)),
      echoed_("42" + std::string(options.size - std::min<std::size_t>(options.size, 2), 'e')),
      buffer_(kBuffer) {
  append_frame(echoed_frame_, Opcode::kText, echoed_, Masked::kYes);
  while (work_ == Work::kUpload && uploads_.size() < kUploadBlock) {
    append_frame(uploads_, Opcode::kText, echoed_, Masked::kYes);
  }
}

void WebSocketLoad::open(std::size_t sessions) {
  wanted_ = sessions;
  while (clients_.size() < wanted_ && clients_.size() < opened_ + kOpening) {
    clients_.emplace_back().index = clients_.size() - 1;
    begin(clients_.back());
  }
}

void WebSocketLoad::begin(Client& client) {
  client.began = now_ = Clock::now();
  client.frames = {};
  client.input.clear();
  client.state = State::kUpgrading;
  client.upgraded = false;
  client.channel = Channel{poller_, connect_to(options_.port, source_of(client.index)), &client};
  if (!client.channel.write(kUpgrade)) fail_session(client, "cannot connect");
}

void WebSocketLoad::start() {
  working_ = true;
  now_ = Clock::now();
  for (Client& client : clients_) {
    if (client.state == State::kOpen) set_to_work(client);
  }
}

void WebSocketLoad::on_event(void* who, std::uint32_t events) {
  Client& client = *static_cast<Client*>(who);
  if (client.state == State::kEnded) return;
  if ((events & EPOLLOUT) != 0 && !client.channel.flush()) {
    return fail_session(client, "writing failed");
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read(client)) return;
  if (work_ == Work::kUpload && working_ && client.state == State::kOpen) pour(client);
}

/// @returns false when the client is no longer what the event was for
bool WebSocketLoad::read(Client& client) {
  auto [got, bytes] = client.channel.read(buffer_);
  if (got == Channel::Got::kNothing) return true;
  if (got == Channel::Got::kEnd) {
    on_end(client);
    return false;
  }
  now_ = Clock::now();
  if (!client.upgraded && !read_answer(client, bytes)) return client.state != State::kEnded;
  if (!client.frames.feed(bytes, [&](const Frame& frame) { on_frame(client, frame); })) {
    fail_session(client, "bytes that are no frames");
  }
  return client.state != State::kEnded;
}

/// Reads the answer to the upgrade; `bytes` is then what came after it. @returns false: not yet, or
/// refused
bool WebSocketLoad::read_answer(Client& client, std::string_view& bytes) {
  client.input.append(bytes);
  const auto answer = read_message(client.input);
  if (!answer) return false;
  if (second_word(*answer) != "101") {
    fail_session(client, "refused: " + std::string{answer->first_line});
    return false;
  }
  if (field(*answer, "sec-websocket-accept") != kAccept) {
    fail_session(client, "a wrong Sec-WebSocket-Accept");
    return false;
  }
  client.upgraded = true;
  bytes.remove_prefix(bytes.size() - (client.input.size() - answer->size));
  return true;
}

void WebSocketLoad::on_frame(Client& client, const Frame& frame) {
  Tally& all = tally();
  if (client.state == State::kUpgrading) {
    if (!frame.payload.starts_with(R"(0{"sid":")")) return fail_session(client, "no open packet");
    return on_open(client);
  }
  if (frame.opcode == Opcode::kClose) {
    if (client.state != State::kClosing) fail_session(client, "closed by a close frame");
    return;
  }
  switch (work_) {
    case Work::kEcho:
      if (frame.payload != echoed_)
        return fail_session(client, "an echo that is not what was sent");
      all.operations += 2;
      all.took(std::chrono::nanoseconds{now_ - client.began}.count());
      return ask(client);
    case Work::kStream: {
      const auto age = age_of(frame.payload, now_);
      if (!age) return fail_session(client, "a frame without its time");
      ++all.operations;
      return all.took(*age);
    }
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

void WebSocketLoad::on_open(Client& client) {
  client.state = State::kOpen;
  if (!working_) {
    ++opened_;
    open(wanted_);
  } else {
    set_to_work(client);
  }
}

void WebSocketLoad::on_end(Client& client) {
  if (client.state != State::kClosing) return fail_session(client, "the connection ended");
  ++tally().operations;
  tally().took(std::chrono::nanoseconds{Clock::now() - client.began}.count());
  client.channel.close();
  begin(client);
}

void WebSocketLoad::set_to_work(Client& client) {
  switch (work_) {
    case Work::kEcho:
      return ask(client);
    case Work::kStream:
      return say(client,
                 "4stream " + std::to_string(options_.rate) + " " + std::to_string(options_.size));
    case Work::kFlood:
      return say(client, "4flood " + std::to_string(options_.size));
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

void WebSocketLoad::fail_session(Client& client, std::string_view why) {
  tally().error(why);
  client.channel.close();
  client.state = State::kEnded;
}

}  // namespace pinion::bench
