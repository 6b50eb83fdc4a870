#include "loadgen/engine_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engineio/connect_packet.h"
#include "engineio/dialect.h"

namespace pinion::loadgen {
namespace {

constexpr char kBetweenPackets = '\x1E';
constexpr std::string_view kProbe = "2probe";
constexpr std::string_view kProbed = "3probe";
constexpr std::string_view kUpgraded = "5";
constexpr std::string_view kPong = "3";
constexpr std::string_view kClosePacket = "1";

}  // namespace

EngineSession::EngineSession(Wire& wire, const Options& options, const RequestWriter& requests,
                             Owner& owner)
    : wire_(wire),
      options_(options),
      requests_(requests),
      owner_(owner),
      get_(wire, *this),
      post_(wire, *this),
      websocket_(wire, *this) {}

void EngineSession::start() {
  state_ = State::opening;
  heard_at_ = wire_.loop.now();
  patience_ = {};
  answered_ = false;
  waiting_.clear();
  sid_.clear();
  const bool polls = options_.transport != Transport::websocket;
  upgrade_ = polls ? Upgrade::none : Upgrade::done;
  if (polls) {
    get_.ask(requests_.poll("", cookies_.header()), jar());
  } else {
    websocket_.open(requests_.upgrade("", cookies_.header()), jar());
  }
}

void EngineSession::close() noexcept {
  state_ = State::over;
  get_.close();
  post_.close();
  websocket_.close();
}

void EngineSession::end(const EngineEnd& end) {
  close();
  owner_.on_engine_end(end);
}

bool EngineSession::backed_up() const noexcept {
  return upgrade_ == Upgrade::done ? websocket_.backed_up()
                                   : waiting_.size() >= kMostWaiting - kPacketsAtOnce;
}

void EngineSession::send(std::string_view packet) {
  if (upgrade_ == Upgrade::done) return websocket_.say(packet);
  if (waiting_.size() >= kMostWaiting) return end("POSTs are not answered");
  waiting_.emplace_back(packet);
  flush();
}

void EngineSession::leave() {
  if (state_ != State::open || upgrade_ == Upgrade::pausing) {
    return end(EngineEnd{.kind = EngineEnd::Kind::left});
  }
  if (upgrade_ == Upgrade::done) {
    state_ = State::leaving;
    return websocket_.leave();
  }
  websocket_.close();
  upgrade_ = Upgrade::none;
  state_ = State::leaving;
  send(kClosePacket);
}

void EngineSession::poll() { get_.ask(requests_.poll(sid_, cookies_.header()), jar()); }

void EngineSession::flush() {
  if (post_.busy() || waiting_.empty() || upgrade_ == Upgrade::pausing) return;
  std::string packets;
  std::size_t count = 0;
  while (count < std::min(waiting_.size(), kPacketsAtOnce)) {
    const std::string& next = waiting_[count];
    const bool fits = max_payload_ == 0 || packets.size() + 1 + next.size() <= max_payload_;
    if (count > 0 && !fits) break;
    if (count > 0) packets.push_back(kBetweenPackets);
    packets.append(next);
    ++count;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  post_.ask(requests_.push(sid_, cookies_.header(), packets), jar());
}

void EngineSession::on_http_answer(HttpClient& client, const Answer& answer) noexcept {
  heard_at_ = wire_.loop.now();
  if (answer.status != 200) return refused(answer, &client == &get_ ? "poll" : "POST");
  if (&client == &post_) return pushed();
  take_payload(answer.body);
  if (over() || state_ == State::leaving) return;
  if (state_ == State::opening) return end("an answer without an open packet");
  if (upgrade_ == Upgrade::pausing) return switch_when_paused();
  if (upgrade_ != Upgrade::done && !get_.busy()) poll();
}

void EngineSession::pushed() {
  if (state_ == State::leaving && waiting_.empty()) {
    return end(EngineEnd{.kind = EngineEnd::Kind::left});
  }
  if (upgrade_ == Upgrade::pausing) return switch_when_paused();
  flush();
}

void EngineSession::refused(const Answer& answer, std::string_view request) {
  if (state_ == State::leaving) return end(EngineEnd{.kind = EngineEnd::Kind::left});
  const bool upgrade = request == "upgrade";
  const bool unknown = engineio::tells_unknown_session(answer.status, answer.body, upgrade);
  const bool handshake = state_ == State::opening;
  end(EngineEnd{
      .kind = handshake ? EngineEnd::Kind::refused : EngineEnd::Kind::closed,
      .status = answer.status,
      // Who has no session yet is not unknown; that 403 of Python means another thing then.
      .unknown_sid = unknown && !handshake,
      .retry_after = answer.retry_after,
      .why = fmt::format("{} answered {}", request, answer.status)});
}

void EngineSession::on_http_broken(HttpClient& client, std::string_view why) noexcept {
  if (state_ == State::leaving) return end(EngineEnd{.kind = EngineEnd::Kind::left});
  if (state_ == State::opening) {
    return end(EngineEnd{.kind = EngineEnd::Kind::unreachable, .why = std::string(why)});
  }
  end(fmt::format("{}: {}", &client == &get_ ? "poll" : "POST", why));
}

void EngineSession::take_payload(std::string_view payload) {
  while (!payload.empty() && !over()) take_packet(engineio::take_packet(payload));
}

void EngineSession::take_packet(std::string_view packet) {
  if (state_ == State::opening) return take_open_packet(packet);
  if (state_ == State::leaving) return;
  switch (packet.empty() ? '6' : packet.front()) {
    case '1':
      return end("Engine.IO close packet");
    case '2':
      return send(kPong);
    case '4':
      return owner_.on_engine_message(packet.substr(1));
    default:
      // A noop, or an attachment: the message before it was all that counts.
      return;
  }
}

void EngineSession::take_open_packet(std::string_view packet) {
  engineio::OpenPacketReader reader;
  (void)reader.feed(packet);
  if (reader.finish() != engineio::OpenPacketReader::Status::found) {
    return end("no open packet: is this Engine.IO 4?");
  }
  const engineio::OpenPacket& opened = reader.packet();
  sid_ = opened.sid;
  patience_ = opened.ping_interval + opened.ping_timeout;
  max_payload_ = opened.max_payload;
  state_ = State::open;
  owner_.on_engine_open();
  if (over() || options_.transport != Transport::upgrade) return;
  upgrade_ = Upgrade::probing;
  websocket_.open(requests_.upgrade(sid_, cookies_.header()), jar());
}

void EngineSession::on_websocket_open() noexcept {
  answered_ = true;
  if (upgrade_ == Upgrade::probing) websocket_.say(kProbe);
}

void EngineSession::on_websocket_refused(const Answer& answer) noexcept {
  if (upgrade_ == Upgrade::done) return refused(answer, "upgrade");
  // So does Python say it; but it may mean another thing.
  const bool forbidden = answer.status == 403 && answer.body.empty();
  if (forbidden || engineio::tells_unknown_session(answer.status, answer.body, true)) {
    ++wire_.measured.unknown_sid;
  }
  stay_with_polling(fmt::format("answered {}", answer.status));
}

void EngineSession::on_websocket_text(std::string_view text) noexcept {
  heard_at_ = wire_.loop.now();
  if (upgrade_ == Upgrade::done) return take_packet(text);
  if (upgrade_ != Upgrade::probing || text != kProbed) return;
  upgrade_ = Upgrade::pausing;
  switch_when_paused();
}

// Packets that are under way by polling would else be overtaken by those of the WebSocket.
void EngineSession::switch_when_paused() {
  if (get_.busy() || post_.busy()) return;
  upgrade_ = Upgrade::done;
  ++wire_.measured.upgraded;
  get_.close();
  post_.close();
  websocket_.say(kUpgraded);
  for (const std::string& packet : std::exchange(waiting_, {})) websocket_.say(packet);
}

void EngineSession::stay_with_polling(std::string_view why) {
  wire_.measured.not_upgraded.add(why);
  upgrade_ = Upgrade::none;
  if (!get_.busy()) poll();
  if (!over()) flush();
}

void EngineSession::on_websocket_end(std::string_view why) noexcept {
  if (upgrade_ != Upgrade::done) return stay_with_polling(why);
  if (state_ == State::leaving) return end(EngineEnd{.kind = EngineEnd::Kind::left});
  if (!answered_) {
    return end(EngineEnd{.kind = EngineEnd::Kind::unreachable, .why = std::string(why)});
  }
  end(std::string(why));
}

}  // namespace pinion::loadgen
