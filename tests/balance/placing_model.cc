#include "placing_model.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <queue>

#include "backends.h"
#include "balance/assigner.h"
#include "balance/load_keeper.h"
#include "balance/probe_window.h"

namespace pinion::balance::test {

namespace {

constexpr double kLongestLife = 600;  // seconds
constexpr double kFastest = 100;      // pieces a second
constexpr double kBlock = 3;          // seconds
constexpr double kDown = 2;           // seconds
constexpr double kHot = 0.05;         // seconds

Duration duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

TimePoint point(double seconds) { return TimePoint{} + std::chrono::hours{1} + duration(seconds); }

double exponential(Random& random, double mean) {
  return std::exponential_distribution<double>{1 / mean}(random);
}

double pareto(Random& random, double mean, double shape, double most) {
  const double u = 1 - std::uniform_real_distribution<double>{}(random);
  return std::min(mean * (shape - 1) / shape * std::pow(u, -1 / shape), most);
}

struct Server {
  Backend* backend = nullptr;
  double slowness = 1, free_at = 0;
  ProbeWindow window{std::chrono::seconds{30}};
  std::deque<double> done;  // when the pieces end that are under way

  [[nodiscard]] double wait(double now) const { return std::max(0.0, free_at - now); }
  double serve(double now, double seconds) {
    free_at = std::max(now, free_at) + seconds * slowness;
    done.push_back(free_at);
    return free_at - now;
  }
  // What came out of it by now: a proxy sees a piece when it is made, not when it is due.
  void count(double now) {
    const auto end = std::ranges::upper_bound(done, now);
    backend->traffic().add({.frames_out = static_cast<std::uint64_t>(end - done.begin())});
    done.erase(done.begin(), end);
  }
  /// Takes what an idle loop takes beside its wait: a narrow peak. What makes a server slower makes
  /// that slower too.
  void probe(double now, Random& random, double stands_for) {
    const double idle = slowness * (400e-6 + 40e-6 * std::normal_distribution<double>{}(random));
    window.add(point(now), duration(wait(now) + idle), true, duration(stands_for));
    backend->set_probe_reading(window.reading(point(now)));
  }
};

struct Session {
  std::size_t server = 0;
  double rate = 0, end = 0, shown = -1;
};

enum class What : unsigned char {
  arrive,
  burst,
  piece,
  leave,
  probe,
  tick,
  block,
  restart,
  up,
  slow
};

struct Event {
  double at = 0;
  std::uint64_t order = 0;
  What what = What::arrive;
  std::size_t which = 0;

  bool operator<(const Event& other) const {  // the soonest on top
    return at != other.at ? at > other.at : order > other.order;
  }
};

class Model {
 public:
  Model(config::Balance balance, const Scenario& scenario, std::uint32_t seed)
      : scenario_(scenario), world_(seed), prober_(seed + 1000), assigner_(turns_, seed + 2000) {
    turns_.grow(1);
    double speed = 0;
    for (std::size_t i = 0; i < scenario.slowness.size(); ++i) {
      Backend& backend = backends_.add(scenario.weights.empty() ? 1 : scenario.weights[i]);
      Server& server = servers_.emplace_back();
      server.backend = &backend;
      server.slowness = scenario.slowness[i];
      speed += 1 / scenario.slowness[i];
    }
    set_ = std::make_shared<const BackendSet>(backends_.set(balance));
    arrivals_ = scenario.load * speed / scenario.piece_seconds /
                (scenario.life_seconds * scenario.pieces_per_second);
    keeper_.watch({set_}, point(0));
  }

  Outcome play() {
    begin();
    while (!events_.empty() && events_.top().at < scenario_.seconds) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      happen(event);
    }
    return outcome();
  }

 private:
  void at(double when, What what, std::size_t which = 0) {
    events_.push({.at = when, .order = order_++, .what = what, .which = which});
  }

  void begin() {
    at(exponential(world_, 1 / arrivals_), What::arrive);
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      at(exponential(prober_, scenario_.probe_every), What::probe, i);
    }
    at(0, What::tick);
    if (scenario_.block_every > 0) at(scenario_.block_every, What::block);
    if (scenario_.restart_at > 0) at(scenario_.restart_at, What::restart);
    if (scenario_.antagonist_at > 0) at(scenario_.antagonist_at, What::slow);
    if (scenario_.burst_at > 0) at(scenario_.burst_at, What::burst);
  }

  void happen(const Event& event) {
    switch (event.what) {
      case What::arrive:
        at(now_ + exponential(world_, 1 / arrivals_), What::arrive);
        return arrive();
      case What::burst:
        for (int i = 0; i < 100; ++i) arrive();
        return;
      case What::piece:
        return piece(event.which);
      case What::leave:
        return leave(event.which);
      case What::probe:
        return probe(event.which);
      case What::tick:
        for (Server& server : servers_) server.count(now_);
        keeper_.tick(point(now_));
        note_learning();
        return at(now_ + scenario_.tick_every, What::tick);
      case What::block: {
        Server& server = servers_[blocks_++ % servers_.size()];
        server.free_at = std::max(now_, server.free_at) + kBlock;
        return at(now_ + scenario_.block_every, What::block);
      }
      case What::restart:
        return restart();
      case What::up:
        servers_[0].backend->health().answered(point(now_));
        return;
      case What::slow:
        servers_[0].slowness *= 3;
        return;
    }
  }

  void probe(std::size_t which) {
    Server& server = servers_[which];
    const double mean =
        scenario_.probe_every / (1 + 3 * server.backend->probe_reading().busy_share);
    if (server.backend->health().up()) server.probe(now_, prober_, mean);
    at(now_ + exponential(prober_, mean), What::probe, which);
  }

  void arrive() {
    const double life = pareto(world_, scenario_.life_seconds, 1.8, kLongestLife);
    const double rate = pareto(world_, scenario_.pieces_per_second, 1.6, kFastest);
    place({.server = 0, .rate = rate, .end = now_ + life});
  }

  void place(Session session) {
    auto assigned = assigner_.assign_session(*set_, {}, point(now_));
    Backend* const backend = assigned.reservation.confirm(true);
    session.server = backend->id();
    session.shown = -1;
    if (up_at_ >= 0 && now_ < up_at_ + scenario_.ramp) {
      ++ramp_arrivals_;
      if (session.server == 0) ++ramp_taken_;
    }
    const std::size_t which = sessions_.size();
    sessions_.push_back(session);
    at(session.end, What::leave, which);
    at(now_ + exponential(world_, 1 / session.rate), What::piece, which);
  }

  void piece(std::size_t which) {
    Session& session = sessions_[which];
    if (session.end <= now_) return;
    Server& server = servers_[session.server];
    const double delay = server.serve(now_, scenario_.piece_seconds);
    if (now_ > scenario_.seconds * scenario_.warm_up) {
      delays_.push_back(delay);
      const double shown = now_ + delay;
      if (session.shown >= 0 && shown - session.shown > 1 && delay > 0.5) ++stalls_;
      session.shown = shown;
    }
    at(now_ + exponential(world_, 1 / session.rate), What::piece, which);
  }

  void leave(std::size_t which) {
    Session& session = sessions_[which];
    if (session.end < now_) return;  // it left with its backend
    servers_[session.server].backend->session_ended(true);
    session.end = now_;
  }

  void restart() {
    Server& server = servers_[0];
    server.backend->health().connect_failed(point(now_));
    server.free_at = now_ + kDown;
    server.done.clear();
    at(now_ + kDown, What::up);
    up_at_ = now_ + kDown;
    const std::size_t before = sessions_.size();
    for (std::size_t i = 0; i < before; ++i) {
      if (sessions_[i].server != 0 || sessions_[i].end <= now_) continue;
      server.backend->session_ended(true);
      const Session lost = sessions_[i];
      sessions_[i].end = now_ - 1;
      place(lost);
    }
  }

  void note_learning() {
    if (scenario_.antagonist_at <= 0 || now_ < scenario_.antagonist_at || learnt_after_ >= 0)
      return;
    const double truth = servers_[0].slowness * scenario_.piece_seconds;
    if (std::abs(servers_[0].backend->load_reading().learnt_cost / truth - 1) > 0.3) return;
    learnt_after_ = now_ - scenario_.antagonist_at;
  }

  Outcome outcome() {
    std::sort(delays_.begin(), delays_.end());
    const auto at_rank = [&](double q) {
      return delays_[static_cast<std::size_t>(q * static_cast<double>(delays_.size() - 1))];
    };
    Outcome result{.p50 = at_rank(0.5),
                   .p99 = at_rank(0.99),
                   .stalls = 1000.0 * stalls_ / static_cast<double>(delays_.size()),
                   .learnt = {},
                   .sessions = {},
                   .returned_share = ramp_arrivals_ > 0 ? ramp_taken_ / ramp_arrivals_ : 0,
                   .learnt_after = learnt_after_};
    for (const Server& server : servers_) {
      result.learnt.push_back(server.backend->load_reading().learnt_cost);
      result.sessions.push_back(static_cast<double>(server.backend->assigned().total()));
    }
    return result;
  }

  Scenario scenario_;
  Random world_, prober_;
  Backends backends_;
  SharedTurns turns_;
  Assigner assigner_;
  std::shared_ptr<const BackendSet> set_;
  LoadKeeper keeper_{std::vector<LoadKeeper::Rules>{
      {.ramp = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(scenario_.ramp)),
       .hot = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(kHot))}}};
  std::vector<Server> servers_;
  std::vector<Session> sessions_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  double arrivals_ = 0, now_ = 0, up_at_ = -1, learnt_after_ = -1;
  double ramp_arrivals_ = 0, ramp_taken_ = 0;
  std::size_t blocks_ = 0;
  std::vector<double> delays_;
  double stalls_ = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

Outcome play(config::Balance balance, const Scenario& scenario, std::uint32_t seed) {
  return Model(balance, scenario, seed).play();
}

Outcome play_all(config::Balance balance, const Scenario& scenario, std::uint32_t seeds) {
  std::vector<Outcome> all;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) all.push_back(play(balance, scenario, seed));
  const auto middle = [&](double Outcome::* member) {
    std::vector<double> values;
    for (const Outcome& one : all) values.push_back(one.*member);
    return median(std::move(values));
  };
  Outcome result = all.front();
  result.p50 = middle(&Outcome::p50);
  result.p99 = middle(&Outcome::p99);
  result.stalls = middle(&Outcome::stalls);
  result.returned_share = middle(&Outcome::returned_share);
  result.learnt_after = middle(&Outcome::learnt_after);
  return result;
}

}  // namespace pinion::balance::test
