#include "http_load.h"

#include "agreement.h"
#include "http_text.h"

namespace pinion::bench {
namespace {

constexpr std::size_t kBuffer = std::size_t{64} * 1024;

constexpr std::string_view kHost = " HTTP/1.1\r\nHost: bench.example\r\n";
constexpr std::string_view kEngine = "/socket.io/?EIO=4&transport=polling";

std::string request(std::string_view method, std::string_view target, std::string_view sid,
                    std::string_view body = {}) {
  std::string out{method};
  out += ' ';
  out += target;
  if (!sid.empty()) out.append("&sid=").append(sid);
  out += kHost;
  if (!body.empty()) {
    out += "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ";
    out += std::to_string(body.size());
    out += "\r\n";
  }
  out += "\r\n";
  out += body;
  return out;
}

}  // namespace

bool HttpLoad::knows(std::string_view mode) noexcept {
  return mode == "plain" || mode == "polling";
}

HttpLoad::HttpLoad(Poller& poller, const Options& options)
    : poller_(poller),
      options_(options),
      polling_(options.mode == "polling"),
      message_("42" + std::string(options.size - std::min<std::size_t>(options.size, 2), 'p')),
      buffer_(kBuffer) {}

void HttpLoad::open(std::size_t sessions) {
  while (clients_.size() < sessions) {
    Client& client = clients_.emplace_back();
    client.index = clients_.size() - 1;
    connect(client, client.get);
    if (polling_) {
      connect(client, client.post);
      send(client.get, request("GET", kEngine, ""));
    } else {
      ++opened_;
    }
  }
}

void HttpLoad::connect(Client& client, Lane& lane) {
  lane.client = &client;
  lane.channel = Channel{poller_, connect_to(options_.port, source_of(client.index)), &lane};
}

void HttpLoad::start() {
  working_ = true;
  for (Client& client : clients_) {
    if (!client.ended) work(client);
  }
}

void HttpLoad::work(Client& client) {
  client.began = Clock::now();
  if (!polling_) return send(client.get, request("GET", "/plain", ""));
  // As the real client does: the poll is out before the message that it will bring back.
  send(client.get, request("GET", kEngine, client.sid));
  if (!client.ended) send(client.post, request("POST", kEngine, client.sid, message_));
}

void HttpLoad::send(Lane& lane, std::string_view text) {
  lane.answered = false;
  if (!lane.channel.write(text)) fail_client(*lane.client, "writing failed");
}

void HttpLoad::on_event(void* who, std::uint32_t events) {
  Lane& lane = *static_cast<Lane*>(who);
  if (lane.client->ended) return;
  if ((events & EPOLLOUT) != 0 && !lane.channel.flush()) {
    return fail_client(*lane.client, "writing failed");
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  const auto [got, bytes] = lane.channel.read(buffer_);
  if (got == Channel::Got::kNothing) return;
  if (got == Channel::Got::kEnd) return fail_client(*lane.client, "the connection ended");
  lane.input.append(bytes);
  const auto answer = read_message(lane.input);
  if (!answer) return;
  if (lane.answered || answer->size != lane.input.size()) {
    return fail_client(*lane.client, "an answer that nobody asked for");
  }
  lane.answered = true;
  on_answer(lane, second_word(*answer), answer->body);
  lane.input.clear();
}

void HttpLoad::on_answer(Lane& lane, std::string_view status, std::string_view body) {
  Client& client = *lane.client;
  if (status != "200") {
    return fail_client(client, "status " + std::string{status} + ": " + std::string{body});
  }
  if (!working_) return on_handshake(client, body);
  if (!polling_) {
    if (body.size() != kPlainBody) return fail_client(client, "a body of a wrong size");
    ++tally().operations;
  } else {
    const std::string_view wanted = &lane == &client.get ? std::string_view{message_} : "ok";
    if (body != wanted) return fail_client(client, "not the answer: " + std::string{body});
    ++tally().operations;
    if (!client.get.answered || !client.post.answered) return;
  }
  tally().took(std::chrono::nanoseconds{Clock::now() - client.began}.count());
  work(client);
}

void HttpLoad::on_handshake(Client& client, std::string_view body) {
  constexpr std::string_view kBegin = R"(0{"sid":")";
  if (!body.starts_with(kBegin)) return fail_client(client, "no open packet");
  body.remove_prefix(kBegin.size());
  client.sid = body.substr(0, body.find('"'));
  ++opened_;
}

void HttpLoad::check(Clock::time_point now, Clock::duration limit) {
  for (Client& client : clients_) {
    if (!client.ended && now - client.began > limit) fail_client(client, "a client stands still");
  }
}

void HttpLoad::leave() {
  for (Client& client : clients_) end(client);
}

void HttpLoad::fail_client(Client& client, std::string_view why) {
  tally().error(why);
  end(client);
}

void HttpLoad::end(Client& client) {
  client.get.channel.close();
  client.post.channel.close();
  client.ended = true;
}

}  // namespace pinion::bench
