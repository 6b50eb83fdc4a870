#include "websocket_load.h"

#include <array>
#include <utility>

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

}  // namespace

std::optional<WebSocketLoad::Work> WebSocketLoad::work_of(std::string_view mode) noexcept {
  constexpr std::array<std::pair<std::string_view, Work>, 7> kModes = {{{"echo", Work::kEcho},
                                                                        {"stream", Work::kStream},
                                                                        {"leave", Work::kStream},
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
  wanted_ = sessions + options_.slow + options_.storm;
  open_more();
}

void WebSocketLoad::open_more() {
  while (clients_.size() < wanted_ && clients_.size() < opened_ + kOpening) {
    const std::size_t index = clients_.size();
    Client& client = clients_.emplace_back();
    client.index = index;
    client.role = role_of(index);
    begin(client);
  }
}

WebSocketLoad::Role WebSocketLoad::role_of(std::size_t index) const noexcept {
  if (index < options_.sessions) return Role::kMeasured;
  return index < options_.sessions + options_.slow ? Role::kSlow : Role::kStorm;
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
  if (client.state == State::kUpgrading) {
    if (!frame.payload.starts_with(R"(0{"sid":")")) return fail_session(client, "no open packet");
    return on_open(client);
  }
  if (frame.opcode == Opcode::kClose) {
    if (client.state != State::kClosing) fail_session(client, "closed by a close frame");
    return;
  }
  client.heard = now_;
  on_work(client, frame);
}

void WebSocketLoad::on_open(Client& client) {
  client.state = State::kOpen;
  if (!working_) {
    ++opened_;
    open_more();
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

void WebSocketLoad::leave() {
  for (Client& client : clients_) {
    client.channel.close();
    client.state = State::kEnded;
  }
}

void WebSocketLoad::fail_session(Client& client, std::string_view why) {
  tally().error(why);
  client.channel.close();
  client.state = State::kEnded;
}

}  // namespace pinion::bench
