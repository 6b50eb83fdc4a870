#include "loadgen/reply_book.h"

#include <algorithm>

#include "base/check.h"

namespace pinion::loadgen {

void ReplyBook::sent(std::uint64_t id, TimePoint at) {
  PINION_CHECK(!full(), "who sends has asked whether there is room");
  waiting_.push_back({id, at});
}

std::optional<Duration> ReplyBook::silence(TimePoint at) const noexcept {
  if (waiting_.empty()) return std::nullopt;
  const TimePoint since = waiting_.front().at;
  return at - (heard_ ? std::max(*heard_, since) : since);
}

ReplyBook::Heard ReplyBook::acknowledged(std::uint64_t id, TimePoint at) {
  const auto message = std::ranges::find(waiting_, id, &Message::id);
  if (message == waiting_.end()) return {};
  const Heard heard{.delay = at - message->at, .silence = silence(at)};
  waiting_.erase(message);
  heard_ = at;
  return heard;
}

ReplyBook::Heard ReplyBook::answered(TimePoint at) {
  Heard heard{.delay = std::nullopt, .silence = silence(at)};
  if (!waiting_.empty()) {
    heard.delay = at - waiting_.front().at;
    waiting_.erase(waiting_.begin());
  } else if (heard_) {
    heard.silence = at - *heard_;
  }
  heard_ = at;
  return heard;
}

std::size_t ReplyBook::give_up() noexcept {
  const std::size_t lost = waiting_.size();
  waiting_.clear();
  heard_.reset();
  return lost;
}

}  // namespace pinion::loadgen
