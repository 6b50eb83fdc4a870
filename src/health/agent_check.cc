#include "health/agent_check.h"

#include <utility>

#include "config/address.h"

namespace pinion::health {

using config::Address;

AgentCheck::AgentCheck(uv::Loop& loop, AgentEvents& events, balance::Backend& backend,
                       AgentPlan plan)
    : events_(events),
      backend_(backend),
      plan_(std::move(plan)),
      resolver_(loop),
      socket_(loop, as_events()),
      timer_(loop, as_ticker()) {
  timer_.start(Duration::zero(), Duration::zero());
}

void AgentCheck::on_tick() noexcept {
  if (asking_) return fail(Result::timeout, "it did not answer in time");
  begin();
}

void AgentCheck::begin() {
  asking_ = true;
  line_.clear();
  timer_.start(plan_.timeout, Duration::zero());
  const Address& at = plan_.address;
  if (const auto address = config::socket_address(at)) return connect(*address);
  // One question at a time: each may keep a thread for longer than the next check is away.
  if (std::exchange(resolving_, true)) return;
  resolver_.resolve(at.host, at.port, [this](const auto& addresses, const char* error) {
    resolving_ = false;
    // It may have taken longer than the whole check.
    if (!asking_ || socket_.open()) return;
    if (addresses.empty()) return fail(Result::connect, error);
    connect(addresses[misses_ % addresses.size()]);
  });
}

void AgentCheck::connect(const SocketAddress& to) {
  const int status = socket_.connect(to);
  if (status != 0) fail(Result::connect, uv::describe(status));
}

void AgentCheck::on_connected(int status) noexcept {
  if (status != 0) fail(Result::connect, uv::describe(status));
}

void AgentCheck::on_bytes(std::string_view bytes, uv::TimedSocket::Arrival /*arrival*/) noexcept {
  const auto end = bytes.find_first_of("\r\n");
  add(bytes.substr(0, end));
  if (line_.size() > kLongestLine) return fail(Result::bad_answer, "its line is too long");
  if (end != std::string_view::npos) take(line_);
}

// What follows a "#" is for people, who may write as much as they like.
void AgentCheck::add(std::string_view part) {
  if (line_.ends_with('#')) return;
  const auto mark = part.find('#');
  line_.append(part.substr(0, mark == std::string_view::npos ? mark : mark + 1));
}

void AgentCheck::on_end(int status) noexcept {
  // Some agents end the line by hanging up.
  if (status == 0 && !line_.empty()) return take(line_);
  fail(Result::closed, status == 0 ? "it hung up without a line" : uv::describe(status));
}

void AgentCheck::take(std::string_view text) {
  const auto [line, unknown] = balance::parse_agent_line(text);
  if (!line) {
    return fail(Result::bad_answer,
                "its line is not understood; a line is like \"75%\", \"ready\", \"drain\", "
                "\"maint\", \"down#why\", \"up\" or \"maxconn:30\"");
  }
  lost_ = false;
  const bool understood = unknown.empty();
  const bool puzzled = std::exchange(puzzles_, !understood);
  rest(understood ? Result::ok : Result::bad_answer);
  events_.on_agent_line(backend_, *line);
  if (!understood && !puzzled) events_.on_agent_word_unknown(backend_, unknown);
}

void AgentCheck::fail(Result result, const std::string& why) {
  rest(result);
  if (!std::exchange(lost_, true)) events_.on_agent_lost(backend_, why);
}

void AgentCheck::rest(Result result) {
  socket_.close();
  asking_ = false;
  if (result == Result::connect) ++misses_;
  backend_.agent_counts().count(result);
  timer_.start(plan_.interval, Duration::zero());
}

}  // namespace pinion::health
