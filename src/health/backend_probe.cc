#include "health/backend_probe.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "health/open_frame.h"

namespace pinion::health {

using balance::ProbeReading;
using balance::ProbeWindow;

namespace {

constexpr Duration kLeastSpan = std::chrono::seconds{30};
constexpr int kSpanIntervals = 20;
// After a fault the next probe looks whether it was one, and so do those after the first success.
constexpr Duration kConfirm = balance::Health::kFirstRetry;
constexpr http::HeadLimits kHeadLimits{.head = 16384, .fields = 128, .url = 1024};

Duration span_of(const ProbePlan& plan) noexcept {
  return std::max<Duration>(kLeastSpan, kSpanIntervals * plan.interval);
}

}  // namespace

BackendProbe::BackendProbe(uv::Loop& loop, Agenda& agenda, ProbeEvents& events,
                           balance::Backend& backend, ProbePlan plan)
    : agenda_(agenda),
      events_(events),
      backend_(backend),
      plan_(std::move(plan)),
      schedule_(plan_.interval, plan_.asks),
      window_(span_of(plan_)),
      replaced_(backend.health().replaced()),
      random_(std::random_device{}()),
      request_(request_text(plan_, backend.identity().address)),
      socket_(loop, as_events()) {
  backend_.health().set_rules(plan_.rise, plan_.fall);
  mean_ = plan_.interval;
  due_ = monotonic_now();
}

void BackendProbe::follow(const ProbePlan& plan) {
  PINION_CHECK(plan.measures_as(plan_), "other probes need a BackendProbe of their own");
  plan_ = plan;
  backend_.health().set_rules(plan_.rise, plan_.fall);
}

void BackendProbe::wake(TimePoint now) {
  if (busy()) {
    if (now < deadline_) return;
    const Result result = state_ == State::connecting ? Result::connect : Result::timeout;
    // A connect is the kernel's, whatever the loop does.
    if (sample_ && state_ != State::connecting) {
      arrival_ = uv::TimedSocket::Arrival{.after = now - sent_at_, .by_kernel = false};
      take_sample(now);
    }
    return finish(result, UV_ETIMEDOUT);
  }
  if (now >= due_) begin(now, scheduled_);
}

void BackendProbe::hurry(TimePoint now) {
  if (busy()) return;
  begin(now, false);
  agenda_.on_new_time(*this);
}

// How long probes of the former process took says nothing of this one.
void BackendProbe::forget_former_process(TimePoint now) {
  const std::uint64_t replaced = backend_.health().replaced();
  if (std::exchange(replaced_, replaced) == replaced) return;
  window_ = ProbeWindow(span_of(plan_));
  schedule_ = ProbeSchedule(plan_.interval, plan_.asks);
  backend_.set_probe_reading(window_.reading(now));
}

void BackendProbe::begin(TimePoint now, bool scheduled) {
  forget_former_process(now);
  deadline_ = now + plan_.timeout;
  arrival_.reset();
  opened_ = false;
  partial_.clear();
  // An answer that is still coming in would be taken for that of the next request.
  if (state_ == State::draining || !asks() || plan_.opens) close();
  const balance::Health& health = backend_.health();
  if (health.cannot_be_reached() || health.misses_connects()) close();
  reused_ = state_ == State::open;
  if (scheduled) schedule_.went_out();
  sample_ = scheduled && (plan_.opens || (reused_ && plan_.asks));
  draw_after(now);
  if (reused_) return send();
  connect();
}

void BackendProbe::connect() {
  reused_ = false;
  state_ = State::connecting;
  sent_at_ = monotonic_now();
  const int status = socket_.connect(backend_.identity().address);
  if (status != 0) finish(Result::connect, status);
}

void BackendProbe::on_connected(int status) noexcept {
  if (status != 0) return finish(Result::connect, status);
  backend_.health().connected();
  if (asks()) return send();
  arrival_ = uv::TimedSocket::Arrival{.after = monotonic_now() - sent_at_, .by_kernel = false};
  finish(Result::ok, 0);
}

void BackendProbe::send() {
  state_ = State::waiting;
  sent_at_ = monotonic_now();
  backend_.set_probe_out(sent_at_);
  const int status = socket_.send(request_);
  if (status != 0) on_end(status);
}

void BackendProbe::close() noexcept {
  backend_.set_probe_out({});
  socket_.close();
  state_ = State::closed;
}

void BackendProbe::on_bytes(std::string_view bytes, uv::TimedSocket::Arrival arrival) noexcept {
  if (state_ == State::waiting) {
    if (!arrival_) arrival_ = arrival;
    backend_.set_probe_out({});
    return read_head(bytes);
  }
  if (state_ == State::opening) return read_open_packet(bytes);
  if (state_ == State::draining) return read_body(bytes);
  // Nothing was asked for.
  close();
}

void BackendProbe::read_head(std::string_view bytes) {
  while (true) {
    const auto read = http::read_response_head(partial_, bytes, kHeadLimits, "GET", head_);
    if (read.status == http::HeadResult::Status::failed) return finish(Result::bad_answer, 0);
    bytes.remove_prefix(read.consumed);
    if (read.status == http::HeadResult::Status::need_more) return;
    if (head_.status >= 200 || (plan_.opens && head_.status == 101)) break;
    if (bytes.empty()) return;
  }
  if (const auto report = head_.fields.find(balance::kOrcaField)) {
    backend_.reported_load().take(*report, plan_.reports, backend_.assigned().total(),
                                  monotonic_now());
  }
  if (sample_) take_sample(monotonic_now());
  if (head_.status == 101) {
    opened_ = opens_websocket(head_);
    if (!opened_) return finish(Result::bad_answer, head_.status);
    state_ = State::opening;
    partial_.clear();
    return read_open_packet(bytes);
  }
  const bool kept = head_.keep_alive && head_.framing.kind != http::Framing::Kind::until_close;
  body_.emplace(head_.framing);
  state_ = State::draining;
  finish(plan_.is_fine(head_.status) ? Result::ok : Result::status, head_.status);
  if (!kept) return close();
  read_body(bytes);
}

void BackendProbe::read_open_packet(std::string_view bytes) {
  partial_.append(bytes);
  const OpenFrame frame = read_open_frame(partial_);
  if (frame == OpenFrame::need_more) return;
  if (frame == OpenFrame::open) (void)socket_.send(good_bye());
  finish(frame == OpenFrame::open ? Result::ok : Result::bad_answer, head_.status);
}

void BackendProbe::read_body(std::string_view bytes) {
  while (!bytes.empty() && !body_->done()) {
    const auto step = body_->next(bytes);
    if (step.malformed || body_->received() > kMostBytes) return close();
    bytes.remove_prefix(step.consumed);
  }
  if (!body_->done()) return;
  if (!bytes.empty()) return close();
  state_ = State::open;
}

void BackendProbe::on_end(int status) noexcept {
  const State before = state_;
  close();
  if (before == State::connecting) return finish(Result::connect, status);
  if (before == State::opening) return finish(Result::closed, status);
  if (before != State::waiting) return;
  // A connection that rested may have been closed by the backend just now; that says nothing.
  if (reused_ && !arrival_) {
    sample_ = false;
    return connect();
  }
  finish(Result::closed, status);
}

void BackendProbe::draw_after(TimePoint time) {
  const ProbeReading reading = backend_.probe_reading();
  stands_for_ = std::exchange(mean_, schedule_.mean(reading));
  next_draw_ = time + schedule_.draw(reading, random_);
}

void BackendProbe::take_sample(TimePoint now) {
  window_.add(sent_at_, arrival_->after, arrival_->by_kernel, stands_for_);
  const TimePoint answered = sent_at_ + arrival_->after;
  for (std::size_t i = 0; i < ProbeWindow::kSamples && next_draw_ < answered; ++i) {
    // One that would have gone out while this one connected has met nothing that is known.
    if (next_draw_ >= sent_at_)
      window_.add_unsent(next_draw_, answered - next_draw_, arrival_->by_kernel, mean_);
    draw_after(next_draw_);
  }
  sample_ = false;
  backend_.set_probe_reading(window_.reading(now));
}

void BackendProbe::finish(Result result, int status) {
  const TimePoint now = monotonic_now();
  const bool answered = result == Result::ok || result == Result::status;
  if (!answered || state_ != State::draining) close();
  if (arrival_) {
    ProbeReading reading = window_.reading(now);
    reading.latency = arrival_->after;
    backend_.set_probe_reading(reading);
  }
  backend_.probe_counts().count(result);
  events_.on_probe(backend_,
                   {.result = result, .status = status, .plan = &plan_, .opened = opened_});
  plan_next(now, result == Result::ok);
  agenda_.on_new_time(*this);
}

void BackendProbe::plan_next(TimePoint now, bool passed) {
  const bool up = backend_.health().up();
  scheduled_ = up && passed;
  if (!up) {
    due_ = std::max(now + kConfirm / 2, backend_.health().retry_at());
  } else if (!passed) {
    due_ = now + kConfirm;
  } else {
    if (next_draw_ <= now) draw_after(now);
    due_ = next_draw_;
  }
}

}  // namespace pinion::health
