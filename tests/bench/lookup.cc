// What the look-ups cost that pinion does for a session, alone on a CPU, in the line that `load`
// prints.
//
//   lookup choose --sessions N    a backend among N is chosen, a million times
//   lookup pin --sessions N       the backend of a session among N is found, as often
//   lookup request --sessions N   a request of one begins and ends
//
// What time passes in the model of `choose`, and what is made before and between, does not count.
#include <algorithm>
#include <array>
#include <numeric>

#include "backends.h"
#include "balance/assigner.h"
#include "balance/load_keeper.h"
#include "load_options.h"
#include "result.h"
#include "session/pin_table.h"

namespace pinion::bench {
namespace {

constexpr std::uint64_t kLookUps = 1'000'000;

/// Counts CPU time in pieces, for what is looked at is done between other things.
class Meter {
 public:
  explicit Meter(Result& result) : result_(result) {}
  template <typename Work>
  void count(std::uint64_t operations, Work&& work) {
    const std::uint64_t before = own_cpu_ns();
    std::forward<Work>(work)();
    const std::uint64_t spent = own_cpu_ns() - before;
    result_.operations += operations;
    result_.proxy_ns += spent;
    result_.seconds += static_cast<double>(spent) / 1e9;
  }

 private:
  Result& result_;
};

// Of each backend's sessions one in forty ends a second, and measurements are a second old.
void choose(const Options& options, Result& result, Tally& tally) {
  using namespace balance;
  constexpr std::uint64_t kRounds = 100;
  test::Backends backends;
  for (std::size_t i = 0; i < options.sessions; ++i) backends.add();
  const auto set = std::make_shared<const BackendSet>(backends.set(config::Balance::least_load));
  SharedTurns turns;
  turns.grow(1);
  Assigner assigner(turns, 1);
  LoadKeeper keeper(
      std::vector<LoadKeeper::Rules>{{.ramp = {}, .hot = std::chrono::milliseconds{50}}});
  TimePoint now = TimePoint{} + std::chrono::hours{1};
  keeper.watch({set}, now);
  Meter meter{result};
  double busiest = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round, now += std::chrono::seconds{1}) {
    std::vector<double> busy;
    for (std::size_t i = 0; i < options.sessions; ++i) {
      Backend& backend = backends[i];
      for (auto left = backend.assigned().live / 40; left > 0; --left) backend.session_ended(true);
      const auto frames = 10 * backend.assigned().total();
      backend.traffic().add({.frames_out = frames});
      busy.push_back(static_cast<double>(frames) * (i % 3 == 0 ? 0.0006 : 0.0002));
      test::probe(backend, std::min(1.0, busy.back()), now);
    }
    keeper.tick(now);
    const double mean =
        std::accumulate(busy.begin(), busy.end(), 0.0) / static_cast<double>(options.sessions);
    if (round > kRounds / 2) {
      busiest = std::max(busiest, *std::max_element(busy.begin(), busy.end()) / mean);
    }
    meter.count(kLookUps / kRounds, [&] {
      for (std::uint64_t i = 0; i < kLookUps / kRounds; ++i) {
        (void)assigner.assign_session(*set, {}, now).reservation.confirm(true);
      }
    });
  }
  // The choice is no better than a lot if the busiest has more than that.
  if (busiest > 1.5) tally.error("the busiest backend has more than 1.5 times the mean");
}

/// A sid as Node makes them: 20 characters that look like chance.
class Sid {
 public:
  explicit Sid(std::uint64_t number) : number_(number) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    std::uint64_t bits = mixed(number);
    for (std::size_t i = 0; i < text_.size(); ++i, bits >>= 6U) {
      if (i == text_.size() / 2) bits = mixed(bits ^ ~number);
      text_[i] = kLetters[bits % kLetters.size()];
    }
  }
  [[nodiscard]] session::SessionKey key() const { return {0, {text_.data(), text_.size()}}; }
  [[nodiscard]] std::uint64_t number() const { return number_; }

  /// The finisher of SplitMix64 (Steele, Lea and Flood, 2014).
  static std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27U) * 0x94d049bb133111eb;
    return value ^ value >> 31U;
  }

 private:
  std::uint64_t number_;
  std::array<char, 20> text_{};
};

void look_up(const Options& options, Result& result, Tally& tally, bool whole_request) {
  session::PinTable table(options.sessions);
  const TimePoint now = TimePoint{} + std::chrono::hours{1};
  for (std::uint64_t i = 0; i < options.sessions; ++i) {
    session::Session session;
    session.sid = Sid{i}.key().sid;
    session.client = "203.0.113.77";
    session.backend = static_cast<BackendId>(i % 3);
    session.opened = session.last_seen = now;
    session.time_to_live = std::chrono::seconds{45};
    table.insert(std::move(session));
  }
  // As many as the nearest memory holds: a request's sid has just been read.
  constexpr std::uint64_t kAtOnce = 500;
  std::uint64_t wrong = 0;
  Meter meter{result};
  for (std::uint64_t done = 0; done < kLookUps; done += kAtOnce) {
    std::vector<Sid> asked;
    for (std::uint64_t i = done; i < done + kAtOnce; ++i) {
      asked.emplace_back(Sid::mixed(i) % options.sessions);
    }
    meter.count(kAtOnce, [&] {
      for (const Sid& sid : asked) {
        const auto found =
            whole_request ? table.begin_request(sid.key(), now) : table.find(sid.key());
        if (!found || found->backend != sid.number() % 3) ++wrong;
        if (whole_request && found) table.end_request(sid.key(), found->serial, {}, now);
      }
    });
  }
  if (wrong > 0) tally.error("a session was not found where it is");
}

}  // namespace
}  // namespace pinion::bench

int main(int argc, char** argv) {
  using namespace pinion::bench;
  const Options options = read_options(argc, argv);
  Result result;
  Tally tally;
  if (options.mode == "choose") {
    choose(options, result, tally);
  } else if (options.mode == "pin" || options.mode == "request") {
    look_up(options, result, tally, options.mode == "request");
  } else {
    fail("lookup: no mode " + options.mode);
  }
  print(result, tally);
}
