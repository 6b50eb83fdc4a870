// Which backend holds which session: sid -> Session, for all workers.
//
// Threads: any. 64 shards on separate cache lines, a mutex each; every call locks one shard for a
//   look-up (evicting and walking lock one after the other), and nothing is called back under a
//   lock.
// Lifetime: sessions leave by close(), sweep(), drop_backend() or by being evicted or replaced;
//   whoever causes that gets the Session back, so that its counts can be settled.
// Invariants: at most `capacity` sessions that have no tunnel are remembered beyond those that have
//   one; when full, the longest idle of them is evicted, one whose poll is pending only when no
//   other is found. A session with a tunnel or a request in flight is never swept.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/intrusive_list.h"
#include "session/session.h"

namespace pinion::session {

class PinTable {
 public:
  struct Entry;

  explicit PinTable(std::size_t capacity);
  ~PinTable();
  PinTable(const PinTable&) = delete;
  PinTable& operator=(const PinTable&) = delete;

  /// Adds a session and gives it its serial. @returns those that had to go: one with the same sid,
  /// one that was evicted
  struct Inserted {
    std::uint64_t serial = 0;
    std::optional<Session> replaced;
    std::optional<Session> evicted;
  };
  Inserted insert(Session session);

  /// What a request needs to know of its session.
  struct Found {
    std::uint64_t serial = 0;
    BackendId backend = 0;
    TimePoint opened{};
    Duration time_to_live{};
    std::uint64_t max_payload = 0;
    bool has_tunnel = false;
    Dialect dialect{};
    Joining joining = Joining::done;
    std::uint32_t requests = 0;
    bool has_id = false;  // of its application
    std::shared_ptr<const std::string> upstream_sid;
  };
  [[nodiscard]] std::optional<Found> find(SessionKey key) const;
  /// A request of the session begins: a sign of life.
  std::optional<Found> begin_request(SessionKey key, TimePoint now);
  /// It has ended. Does nothing when the session has gone meanwhile.
  void end_request(SessionKey key, std::uint64_t serial, const Traffic& traffic, TimePoint now);

  /// A POST brings so much, of what the client may send. @returns how long what had come before is
  /// to be waited for
  Duration charge(SessionKey key, std::uint64_t serial, const EventRate& rate, const Traffic& sent,
                  TimePoint now);

  /// A WebSocket takes the session over (or lets it go, when an upgrade was not completed).
  void set_tunnel(SessionKey key, std::uint64_t serial, bool has_tunnel, std::uint16_t worker,
                  TimePoint now);
  /// The upgrade is complete. @returns the session's backend, or nothing when it already was, or
  /// the session has gone
  std::optional<BackendId> upgraded(SessionKey key, std::uint64_t serial);
  /// A request of a session whose CONNECT is awaited will wait for it too. @param worker is told of
  /// by joined() or let_pass() @returns false when nothing is awaited (any more)
  bool wait_to_join(SessionKey key, std::uint64_t serial, std::uint16_t worker);
  /// The CONNECT has been read, and the session is about to be moved; joined() tells the end of it.
  /// @returns false unless all that its client has asked for besides waits for that
  bool begin_move(SessionKey key, std::uint64_t serial);
  /// The CONNECT has been read, or will not be. @returns the workers on which requests wait for it,
  /// as bits: that of worker w is w modulo 64
  std::uint64_t joined(SessionKey key, std::uint64_t serial);
  /// What waits for the CONNECT goes on without it, unless the session is being moved. @returns
  /// likewise
  std::uint64_t let_pass(SessionKey key, std::uint64_t serial);
  /// The session belongs to an application's id. @returns what is to be released: the one that it
  /// had before, or, if it has gone, this one
  AffinityTable::Entry* belongs_to(SessionKey key, std::uint64_t serial,
                                   AffinityTable::Entry* affinity);
  /// The session now lives on another backend, which calls it `upstream_sid`. @returns it as it was
  /// before, or nothing when it has gone
  std::optional<Session> move(SessionKey key, std::uint64_t serial, BackendId backend,
                              std::string upstream_sid);

  /// What a tunnel has moved since it last told.
  void publish(SessionKey key, std::uint64_t serial, const Traffic& traffic, Waiting waiting,
               TimePoint last_seen);
  /// What waits for one of its requests: for an answer to be taken, or a body. Several may have
  /// some at a time. @param before what was last told for that one @param paused how long a source
  /// was not read since
  void tell_waiting(SessionKey key, std::uint64_t serial, const Waiting& before,
                    const Waiting& waiting, Duration paused);
  void note_ping(SessionKey key, std::uint64_t serial, PingNote note, TimePoint now);
  /// @param word a literal
  void note_error(SessionKey key, std::uint64_t serial, std::string_view word);

  /// Removes a session. @param serial 0 for whichever has the sid now
  std::optional<Session> close(SessionKey key, std::uint64_t serial);
  /// Removes the sessions that showed no sign of life for their time to live.
  std::vector<Session> sweep(TimePoint now);
  /// Removes the sessions of a backend that has lost them: those without a tunnel (tunnels notice
  /// by themselves).
  std::vector<Session> drop_backend(BackendId backend);

  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Of all sessions those in one of the parts, which there are for whoever can do with some at a
  /// time. @param part below kParts
  static constexpr std::size_t kParts = 64;
  [[nodiscard]] std::vector<Session> list_part(std::size_t part) const;
  /// Copies of those of some backends, shard by shard.
  [[nodiscard]] std::vector<Session> list(const std::unordered_set<BackendId>& backends) const;
  /// How many of those of each backend are closing; without those that have none.
  [[nodiscard]] std::unordered_map<BackendId, std::uint64_t> closing() const;
  /// A copy of one session.
  [[nodiscard]] std::optional<Session> get(SessionKey key) const;

 private:
  static constexpr std::size_t kShards = kParts;
  // Of each shard, when somebody has to go.
  static constexpr std::size_t kLookedAt = 32;
  static constexpr Duration kBetweenPolls = std::chrono::seconds{5};

  struct Shard;
  class Place;

  [[nodiscard]] Shard& shard_of(std::uint64_t hash) const noexcept;
  static Found found(const Pin& session);
  std::uint64_t end_waiting(SessionKey key, std::uint64_t serial, Joining joining);
  Session take_out(Shard& shard, Entry& entry);
  void put_on_tunnel(Entry& entry, bool has_tunnel) noexcept;
  static Entry* longest_idle_in(const Shard& shard, TimePoint now) noexcept;
  std::optional<Session> evict_longest_idle(TimePoint now);

  std::size_t capacity_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> tunnels_{0};  // how many of them have one
  std::atomic<std::uint64_t> next_serial_{1};
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace pinion::session
