#include "loadgen/websocket_client.h"

#include <fmt/format.h>

#include <utility>

#include "engineio/dialect.h"
#include "loadgen/request_writer.h"
#include "websocket/client_frame.h"
#include "websocket/close_frame.h"

namespace pinion::loadgen {
namespace {

/// In words, with the code that a close frame carries (RFC 6455, 5.5.1).
std::string words_of_close(std::string_view payload) {
  if (payload.size() < 2) return "websocket closed without a code";
  const auto high = static_cast<unsigned char>(payload[0]);
  const auto low = static_cast<unsigned char>(payload[1]);
  std::string words = fmt::format("websocket closed with {}", high * 256U + low);
  if (payload.size() > 2) words.append(" ").append(payload.substr(2));
  return words;
}

}  // namespace

void WebSocketClient::open(std::string request, CookieJar* jar) {
  jar_ = jar;
  request_ = std::move(request);
  partial_.clear();
  messages_.reset();
  refusal_.reset();
  refusal_text_.clear();
  const int status = uv::Stream::connect(stream_, wire_.loop, wire_.chunks, wire_.address, *this);
  if (status != 0) end(uv::describe(status));
}

void WebSocketClient::on_connected(int status) noexcept {
  if (status != 0) return end(uv::describe(status));
  stream_.start_reading();
  const std::string request = std::exchange(request_, {});
  write(request);
}

void WebSocketClient::write(std::string_view bytes) {
  if (!stream_) return;
  wire_.measured.bytes_out += bytes.size();
  // What fails here shows as the end of the connection too, and is told from there.
  (void)stream_.write({bytes});
}

void WebSocketClient::say(std::string_view text) {
  out_.clear();
  websocket::append_client_frame(out_, websocket::Opcode::text, text, wire_.random.bits());
  write(out_);
}

void WebSocketClient::leave() {
  write(websocket::close_frame_to_server(websocket::CloseCode::normal, "", wire_.random.bits()));
}

void WebSocketClient::on_read(std::string_view bytes) noexcept {
  wire_.measured.bytes_in += bytes.size();
  while (stream_ && !messages_ && !refusal_ && !bytes.empty()) take_head(bytes);
  if (!stream_) return;
  if (refusal_) return take_refusal(bytes);
  if (messages_) take_messages(bytes);
}

void WebSocketClient::take_head(std::string_view& bytes) {
  http::ResponseHead& head = wire_.head;
  const auto result = http::read_response_head(partial_, bytes, wire_.limits, "GET", head);
  bytes.remove_prefix(result.consumed);
  if (result.status == http::HeadResult::Status::need_more) return;
  if (result.status == http::HeadResult::Status::failed) return end("not an HTTP answer");
  if (head.status < 200 && head.status != 101) return;
  if (jar_ != nullptr) jar_->take(head.fields);
  if (head.status != 101) {
    answer_ = {.status = head.status, .retry_after = retry_after_of(head.fields), .body = {}};
    refusal_.emplace(head.framing);
    return;
  }
  if (!head.fields.lists("upgrade", "websocket") ||
      head.fields.find("sec-websocket-accept") != kWebSocketAccept) {
    return end("a 101 that does not accept the WebSocket");
  }
  messages_.emplace(kMostMessage, websocket::MessageReader::Controls::told);
  owner_.on_websocket_open();
}

void WebSocketClient::take_refusal(std::string_view bytes) {
  while (!refusal_->done() && !bytes.empty() && refusal_text_.size() < engineio::kErrorPrefix) {
    const auto step = refusal_->next(bytes);
    if (step.malformed) return end("a malformed body");
    bytes.remove_prefix(step.consumed);
    refusal_text_.append(step.data.substr(0, engineio::kErrorPrefix - refusal_text_.size()));
  }
  if (refusal_->done() || refusal_text_.size() == engineio::kErrorPrefix) refuse();
}

void WebSocketClient::refuse() {
  close();
  answer_.body = refusal_text_;
  owner_.on_websocket_refused(answer_);
}

void WebSocketClient::take_messages(std::string_view bytes) {
  while (stream_ && !bytes.empty()) {
    using Status = websocket::MessageReader::Status;
    switch (messages_->feed(bytes)) {
      case Status::need_more:
        break;
      case Status::message:
        // Attachments of binary events and acks come as binary messages; the text before them was
        // all that counts.
        if (messages_->is_text()) owner_.on_websocket_text(messages_->text());
        break;
      case Status::control:
        take_control();
        break;
      case Status::failed:
        end("what came is not WebSocket");
        break;
    }
  }
}

void WebSocketClient::take_control() {
  const websocket::Opcode opcode = messages_->control();
  if (opcode == websocket::Opcode::close) {
    const std::string why = words_of_close(messages_->control_payload());
    write(websocket::close_frame_to_server(websocket::CloseCode::normal, "", wire_.random.bits()));
    return end(why);
  }
  if (opcode != websocket::Opcode::ping) return;
  out_.clear();
  websocket::append_client_frame(out_, websocket::Opcode::pong, messages_->control_payload(),
                                 wire_.random.bits());
  write(out_);
}

void WebSocketClient::on_end(int status) noexcept {
  if (refusal_) {
    (void)refusal_->finish_at_close();
    return refuse();
  }
  end(status == 0 ? "connection closed" : uv::describe(status));
}

void WebSocketClient::on_write_error(int status) noexcept { end(uv::describe(status)); }

void WebSocketClient::end(std::string_view why) {
  close();
  owner_.on_websocket_end(why);
}

}  // namespace pinion::loadgen
