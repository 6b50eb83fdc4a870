#include "health/prober.h"

#include <algorithm>

#include "uv/stream.h"

namespace pinion::health {

namespace {

constexpr Duration kTick = std::chrono::milliseconds{100};

// Of a session that cannot be: Engine.IO servers answer it at once and open none, others have an
// answer too.
constexpr std::string_view kQuestion =
    "GET /socket.io/?EIO=4&transport=polling&sid=pinion-asks HTTP/1.1\r\n"
    "Host: pinion\r\n"
    "Connection: close\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.";

}  // namespace

// One connect. Nothing is sent to those that are not known to be silent: whoever listens is alive.
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
  void on_connected(int status) noexcept override {
    if (status != 0 || !backend_.health().silent()) return finish(status);
    connected_ = true;
    prober_.events_.on_backend_reached(backend_);
    if (stream_.write({kQuestion}) != 0) return finish(0);
    stream_.start_reading();
  }

  [[nodiscard]] std::size_t read_room() noexcept override { return kAnswer.size(); }

  void on_read(std::string_view bytes) noexcept override {
    answer_.append(bytes);
    if (answer_.size() < kAnswer.size()) return;
    if (answer_.starts_with(kAnswer)) prober_.events_.on_backend_answered(backend_);
    finish(0);
  }

  void on_end(int) noexcept override { finish(0); }
  void on_drain() noexcept override {}
  void on_write_error(int) noexcept override { finish(0); }

  void finish(int status) {
    done_ = true;
    stream_.close();
    if (connected_) return;  // and said so
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
  std::string answer_;
  bool connected_ = false;
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
  const bool asks = backend.health().silent() && now >= ask_at_[backend.id()];
  if (!due && !asks && !backend.health().take_suspicion()) return;
  if (asks) ask_at_[backend.id()] = now + kAskEvery;
  auto& attempt = attempts_[backend.id()];
  attempt = std::make_unique<Attempt>(*this, backend, now);
  attempt->start();
}

}  // namespace pinion::health
