#include "peer.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <charconv>
#include <cmath>

#include "agreement.h"

namespace pinion::bench {
namespace {

constexpr std::size_t kFloodBlock = std::size_t{64} * 1024;

/// Sec-WebSocket-Accept of RFC 6455 section 4.2.2.
std::string accept_value(std::string_view key) {
  std::string text{key};
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr);
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> base64{};
  const int size = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(length));
  return {base64.begin(), base64.begin() + size};
}

std::string_view next_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<std::size_t> next_number(std::string_view& text) {
  const auto word = next_word(text);
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  if (error != std::errc{} || out == 0) return std::nullopt;
  return out;
}

/// When a stream's first frame is due: spread over the period, so that streams do not march in
/// step.
Clock::duration phase_of(std::uint64_t stream, Clock::duration period) {
  constexpr double kGolden = 0.6180339887498949;
  const double turns = kGolden * static_cast<double>(stream);
  const double part = turns - std::floor(turns);
  return Clock::duration{static_cast<Clock::rep>(part * static_cast<double>(period.count()))};
}

}  // namespace

Peer::Peer(Surroundings& around, Engine& engine, Socket socket)
    : around_(around), engine_(engine), channel_(around.poller, std::move(socket), this) {}

Peer::~Peer() {
  around_.due.erase({next_due_, this});
  engine_.forget(*this);
}

bool Peer::on_event(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && !channel_.flush()) return false;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read()) return false;
  if (flood_ != nullptr) return pour();
  return !closing_ || channel_.waiting();
}

bool Peer::read() {
  const auto [got, bytes] = channel_.read(around_.buffer);
  if (got != Channel::Got::kBytes) return got == Channel::Got::kNothing;
  if (!websocket_) {
    input_.append(bytes);
    return read_requests();
  }
  bool going = true;
  output_.clear();
  const bool frames =
      frames_.feed(bytes, [&](const Frame& frame) { going = going && on_frame(frame); });
  return frames && going && (output_.empty() || channel_.write(output_));
}

bool Peer::read_requests() {
  std::string_view rest = input_;
  while (const auto request = read_message(rest)) {
    const auto target = second_word(*request);
    bool going = true;
    if (!field(*request, "sec-websocket-key").empty()) {
      going = upgrade(*request);
    } else if (target == "/plain") {
      static const std::string body(kPlainBody, 'p');
      going = reply(200, "text/plain", body);
    } else {
      going = engine_.answer(*this, *request);
    }
    if (!going) return false;
    rest.remove_prefix(request->size);
  }
  input_.erase(0, input_.size() - rest.size());
  return true;
}

bool Peer::reply(int status, std::string_view type, std::string_view body) {
  std::string out = "HTTP/1.1 " + std::to_string(status);
  out += status == 200 ? " OK" : status == 404 ? " Not Found" : " Bad Request";
  out += "\r\nContent-Type: ";
  out += type;
  out += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  out += body;
  return channel_.write(out);
}

bool Peer::upgrade(const Message& request) {
  websocket_ = true;
  std::string out =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ";
  out += accept_value(field(request, "sec-websocket-key"));
  out += "\r\n\r\n";
  append_frame(out, Opcode::kText, engine_.open_websocket(), Masked::kNo);
  return channel_.write(out);
}

bool Peer::on_frame(const Frame& frame) {
  if (frame.opcode == Opcode::kClose) {
    append_frame(output_, Opcode::kClose, frame.payload, Masked::kNo);
    closing_ = true;
    return true;
  }
  if (counting_) {
    if (++counted_ % kUploadsPerAck == 0) {
      append_frame(output_, Opcode::kText, "4counted", Masked::kNo);
    }
    return true;
  }
  const auto text = frame.payload;
  if (text.starts_with("4stream ") || text.starts_with("4flood ") || text == "4count") {
    return obey(text.substr(1));
  }
  append_frame(output_, frame.opcode, reply_to(text), Masked::kNo);
  return true;
}

bool Peer::obey(std::string_view command) {
  const auto verb = next_word(command);
  if (verb == "count") {
    counting_ = true;
    return true;
  }
  if (verb == "stream") {
    const auto rate = next_number(command);
    const auto size = next_number(command);
    if (!rate || !size || *size < kTimedMessage) return false;
    period_ = period_of(*rate);
    streamed_.assign(*size, 's');
    next_due_ = Clock::now() + phase_of(around_.streams++, period_);
    around_.due.emplace(next_due_, this);
    return true;
  }
  const auto size = next_number(command);
  if (!size) return false;
  std::string& frames = around_.floods[*size];
  const std::string payload(*size, 'f');
  while (frames.size() < kFloodBlock) append_frame(frames, Opcode::kText, payload, Masked::kNo);
  flood_ = &frames;
  channel_.watch_writing(true);
  return true;
}

Clock::time_point Peer::stream(Clock::time_point due) {
  write_time(streamed_, due);
  output_.clear();
  append_frame(output_, Opcode::kText, streamed_, Masked::kNo);
  // A broken socket shows itself by its own event.
  static_cast<void>(channel_.write(output_));
  next_due_ = due + period_;
  return next_due_;
}

bool Peer::pour() {
  if (channel_.waiting()) return true;
  flooded_ += channel_.write_some(std::string_view{*flood_}.substr(flooded_));
  if (flooded_ == flood_->size()) flooded_ = 0;
  return true;
}

}  // namespace pinion::bench
