// The messages of a WebSocket: how the stream is cut changes nothing, neither lengths nor
// compressed messages make it keep more than its limit, the first message is what FirstMessage
// finds, and who picks gets the messages that begin so.
//
// Input: a byte for the limit, a byte that seeds the cuts, the stream.
#include <string>
#include <vector>

#include "pieces.h"
#include "websocket/first_message.h"
#include "websocket/message_reader.h"

namespace pinion::fuzz {
namespace {

using websocket::FirstMessage;
using websocket::MessageReader;
using Status = MessageReader::Status;

constexpr std::string_view kPicked = "40";

struct Outcome {
  std::vector<std::string> messages;  // each with what was told of it
  bool failed = false;
  bool at_boundary = true;
  bool operator==(const Outcome&) const = default;
};

std::string described(const MessageReader& reader) {
  std::string message = reader.text();
  message += reader.is_text() ? 't' : 'b';
  message += reader.saw_compressed() ? 'c' : 'p';
  message += reader.has_history() ? 'h' : '-';
  return message;
}

template <typename NextSize>
Outcome read(std::string_view stream, std::size_t limit, NextSize next_size) {
  MessageReader reader{limit};
  Outcome outcome;
  in_pieces(stream, next_size, [&](std::string_view piece) {
    while (!piece.empty() && !outcome.failed) {
      const std::size_t before = piece.size();
      const Status status = reader.feed(piece);
      PINION_CHECK(piece.size() < before, "each call gets on");
      PINION_CHECK(reader.text().size() <= limit, "the limit holds");
      PINION_CHECK(status != Status::need_more || piece.empty(), "it takes all until a message");
      PINION_CHECK(status != Status::message || reader.at_boundary(), "a message ends a frame");
      PINION_CHECK(!reader.has_history() || reader.saw_compressed(), "history was seen");
      if (status == Status::message) outcome.messages.push_back(described(reader));
      outcome.failed = status == Status::failed;
    }
    PINION_CHECK(!outcome.failed || reader.feed(piece) == Status::failed, "a failure stands");
  });
  outcome.at_boundary = !outcome.failed && reader.at_boundary();
  return outcome;
}

template <typename NextSize>
std::vector<std::string> pick(std::string_view stream, std::size_t limit, NextSize next_size) {
  MessageReader reader{limit};
  reader.pick(kPicked, true);
  std::vector<std::string> picked;
  bool failed = false;
  in_pieces(stream, next_size, [&](std::string_view piece) {
    while (!piece.empty() && !failed) {
      const Status status = reader.feed(piece);
      PINION_CHECK(reader.text().size() <= limit, "the limit holds");
      if (status == Status::message) picked.push_back(reader.text());
      failed = status == Status::failed;
    }
  });
  return picked;
}

void check_picked(const Outcome& all, const std::vector<std::string>& picked) {
  std::size_t found = 0;
  for (const std::string& message : all.messages) {
    const auto text = std::string_view(message).substr(0, message.size() - 3);
    if (message[text.size()] != 't' || !text.starts_with(kPicked)) continue;
    PINION_CHECK(found < picked.size() && picked[found] == text, "it is picked in its turn");
    ++found;
  }
  PINION_CHECK(all.failed || found == picked.size(), "nothing else is");
}

void run(std::string_view input) {
  const std::size_t limit = std::size_t{take_byte(input)} * 16;
  const unsigned seed = take_byte(input);
  const Outcome found =
      same_however_cut(input, seed, [&](auto next_size) { return read(input, limit, next_size); });

  check_picked(found, same_however_cut(input, seed, [&](auto next_size) {
                 return pick(input, limit, next_size);
               }));

  FirstMessage first{limit};
  const bool complete = first.feed(input) == FirstMessage::Status::complete;
  PINION_CHECK(complete == !found.messages.empty(), "both find a first message");
  PINION_CHECK(!complete || found.messages.front().starts_with(first.text()), "the same one");
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
