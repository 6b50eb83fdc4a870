#include "engine.h"

#include <algorithm>
#include <utility>

#include "peer.h"

namespace pinion::bench {
namespace {

constexpr char kSeparator = 0x1e;
constexpr std::string_view kPath = "/socket.io/";

// Longer ping times than any measurement: what is measured is the work asked for, and no pings.
std::string open_packet(std::string_view sid, std::string_view upgrades) {
  std::string out = R"(0{"sid":")";
  out += sid;
  out += R"(","upgrades":[)";
  out += upgrades;
  out += R"(],"pingInterval":300000,"pingTimeout":200000,"maxPayload":1000000})";
  return out;
}

}  // namespace

std::string reply_to(std::string_view packet) {
  return packet.starts_with("40") ? R"(40{"sid":"bench"})" : std::string{packet};
}

std::string Engine::new_sid() {
  constexpr std::size_t kLength = 20;  // as Node's
  const std::string count = std::to_string(++count_);
  std::string out = "B" + std::to_string(name_) + "_";
  out.append(kLength - std::min(kLength, out.size() + count.size()), '0');
  return out + count;
}

std::string Engine::open_websocket() { return open_packet(new_sid(), ""); }

bool Engine::answer(Peer& peer, const Message& request) {
  const auto target = second_word(request);
  if (!target.starts_with(kPath)) return peer.reply(404, "text/plain", "nothing here");
  const auto sid = query_value(target, "sid");
  const bool is_post = request.first_line.starts_with("POST ");
  if (sid.empty()) {
    return is_post ? peer.reply(400, "application/json",
                                R"({"code":2,"message":"Bad handshake method"})")
                   : handshake(peer);
  }
  const auto at = sessions_.find(std::string{sid});
  if (at == sessions_.end()) {
    return peer.reply(400, "application/json", R"({"code":1,"message":"Session ID unknown"})");
  }
  return is_post ? post(peer, at, request.body) : poll(peer, at->second);
}

bool Engine::handshake(Peer& peer) {
  const auto sid = new_sid();
  sessions_.emplace(sid, Session{});
  return peer.reply(200, "text/plain; charset=UTF-8", open_packet(sid, R"("websocket")"));
}

bool Engine::poll(Peer& peer, Session& session) {
  if (session.poller != nullptr) {
    return peer.reply(400, "application/json", R"({"code":3,"message":"Bad request"})");
  }
  session.poller = &peer;
  return session.packets.empty() || deliver(session);
}

bool Engine::post(Peer& peer, Sessions::iterator at, std::string_view body) {
  if (body == "1") {
    if (at->second.poller != nullptr) {
      at->second.packets.assign(1, '6');
      deliver(at->second);
    }
    sessions_.erase(at);
    return peer.reply(200, "text/html", "ok");
  }
  Session& session = at->second;
  while (!body.empty()) {
    const auto end = std::min(body.find(kSeparator), body.size());
    if (!session.packets.empty()) session.packets.push_back(kSeparator);
    session.packets += reply_to(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  if (session.poller != nullptr) deliver(session);
  return peer.reply(200, "text/html", "ok");
}

bool Engine::deliver(Session& session) {
  Peer& to = *std::exchange(session.poller, nullptr);
  const auto packets = std::exchange(session.packets, {});
  return to.reply(200, "text/plain; charset=UTF-8", packets);
}

void Engine::forget(Peer& peer) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.poller == &peer; });
}

}  // namespace pinion::bench
