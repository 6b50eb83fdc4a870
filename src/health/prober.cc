#include "health/prober.h"

#include <algorithm>

#include "uv/stream.h"

namespace pinion::health {

namespace {

constexpr Duration kTick = std::chrono::milliseconds{100};

}  // namespace

// One connect. Nothing is sent: whoever listens is alive, and a session is made by nobody.
class Prober::Attempt final : public uv::StreamEvents {
 public:
  Attempt(Prober& prober, balance::Backend& backend, TimePoint now)
      : prober_(prober), backend_(backend), deadline_(now + prober.connect_timeout_) {}

  void start() {
    const int status = uv::Stream::connect(stream_, prober_.loop_, prober_.chunks_,
                                           backend_.identity().address, *this);
    if (status != 0) finish(status);
  }

  /// @returns whether it is over
  bool check(TimePoint now) {
    if (!done_ && now >= deadline_) finish(UV_ETIMEDOUT);
    return done_;
  }

 private:
  void on_connected(int status) noexcept override { finish(status); }
  void on_read(std::string_view) noexcept override {}
  void on_end(int) noexcept override {}
  void on_drain() noexcept override {}
  void on_write_error(int) noexcept override {}

  void finish(int status) {
    done_ = true;
    stream_.close();
    if (status == 0) {
      prober_.events_.on_backend_reached(backend_);
    } else {
      prober_.events_.on_backend_missed(backend_, status);
    }
  }

  Prober& prober_;
  balance::Backend& backend_;
  TimePoint deadline_;
  uv::Stream stream_;
  bool done_ = false;
};

Prober::Prober(uv::Loop& loop, ProbeEvents& events, Duration connect_timeout)
    : loop_(loop), events_(events), connect_timeout_(connect_timeout), ticker_(loop, as_ticker()) {
  ticker_.start(kTick, kTick);
}

Prober::~Prober() = default;

void Prober::watch(const balance::BackendSets& sets) {
  const auto before = std::move(watched_);
  watched_.clear();
  for (const auto& set : sets) {
    for (balance::Backend* const backend : set->backends) {
      watched_.push_back(backend);
      if (std::find(before.begin(), before.end(), backend) == before.end()) {
        backend->health().suspect();
      }
    }
  }
}

void Prober::on_tick() noexcept {
  const TimePoint now = loop_.now();
  std::erase_if(attempts_, [&](const auto& entry) { return entry.second->check(now); });
  for (balance::Backend* const backend : watched_) look_at(*backend);
}

void Prober::look_at(balance::Backend& backend) {
  if (attempts_.size() >= kMaxAttempts || attempts_.contains(backend.id())) return;
  const TimePoint now = loop_.now();
  const bool due = !backend.health().up() && now >= backend.health().retry_at();
  if (!due && !backend.health().take_suspicion()) return;
  auto& attempt = attempts_[backend.id()];
  attempt = std::make_unique<Attempt>(*this, backend, now);
  attempt->start();
}

}  // namespace pinion::health
