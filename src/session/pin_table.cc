#include "session/pin_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "session/pin_index.h"

namespace pinion::session {

struct alignas(64) PinTable::Shard {
  mutable std::mutex mutex;
  PinIndex entries;           // guarded by mutex
  IntrusiveList<Entry> idle;  // guarded by mutex; without tunnel, the longest idle in front
  Duration shortest_life = Duration::max();  // guarded by mutex; of any session that ever was here

  void touch(Entry& entry, TimePoint now) noexcept {
    entry.session.seen(now);
    entry.unlink();
    if (!entry.session.has_tunnel) idle.push_back(entry);
  }
};

/// A shard that is locked, and what was looked for in it.
class PinTable::Place {
 public:
  /// @param serial 0 for whichever session has the sid now
  Place(const PinTable& table, SessionKey key, std::uint64_t serial)
      : Place(table, key, serial, PinIndex::hash_of(key)) {}

  Shard& shard;
  const std::uint64_t hash;
  const std::lock_guard<std::mutex> lock;
  Entry* const entry;  // null when it is not there

 private:
  Place(const PinTable& table, SessionKey key, std::uint64_t serial, std::uint64_t hash_of_key)
      : shard(table.shard_of(hash_of_key)),
        hash(hash_of_key),
        lock(shard.mutex),
        entry(find(shard, key, serial, hash)) {}

  static Entry* find(const Shard& in, SessionKey key, std::uint64_t serial, std::uint64_t hash) {
    Entry* const found = in.entries.find(key, hash);
    return found == nullptr || serial == 0 || found->session.serial == serial ? found : nullptr;
  }
};

PinTable::PinTable(std::size_t capacity)
    : capacity_(capacity), shards_(std::make_unique<std::array<Shard, kShards>>()) {}
PinTable::~PinTable() = default;

PinTable::Shard& PinTable::shard_of(std::uint64_t hash) const noexcept {
  // The low bits choose the slot within a shard, so the shard is chosen by high ones.
  return (*shards_)[(hash >> 48U) % kShards];
}

Session PinTable::take_out(Shard& shard, Entry& entry) {
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (entry.session.has_tunnel) tunnels_.fetch_sub(1, std::memory_order_relaxed);
  return shard.entries.take_out(entry);
}

PinTable::Inserted PinTable::insert(Session session) {
  Inserted result;
  result.serial = next_serial_.fetch_add(1, std::memory_order_relaxed);
  session.serial = result.serial;
  session.last_moved = session.last_seen;
  const TimePoint now = session.last_seen;
  auto made = PinIndex::make(std::move(session));
  {
    const Place at(*this, made->key(), 0);
    if (at.entry != nullptr) result.replaced = take_out(at.shard, *at.entry);
    at.shard.shortest_life = std::min(at.shard.shortest_life, made->session.time_to_live);
    if (made->session.has_tunnel) tunnels_.fetch_add(1, std::memory_order_relaxed);
    size_.fetch_add(1, std::memory_order_relaxed);
    at.shard.touch(at.shard.entries.add(std::move(made), at.hash), now);
  }
  // Tunnels are bounded by connections. Were they counted here, a table full of them would forget
  // each new session at once.
  if (size() > capacity_ + tunnels_.load(std::memory_order_relaxed)) {
    result.evicted = evict_longest_idle(now);
  }
  return result;
}

// Of a shard: the longest idle, but rather one whose poll is not just being waited for.
PinTable::Entry* PinTable::longest_idle_in(const Shard& shard, TimePoint now) noexcept {
  Entry* const first = shard.idle.front();
  Entry* entry = first;
  for (std::size_t looked_at = 0; entry != nullptr && looked_at < kLookedAt; ++looked_at) {
    if (entry->seems_gone(now)) return entry;
    entry = shard.idle.after(*entry);
  }
  return first;
}

std::optional<Session> PinTable::evict_longest_idle(TimePoint now) {
  struct Candidate {
    Shard* shard = nullptr;
    bool busy = true;
    TimePoint seen = TimePoint::max();
  } best;
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    const Entry* const entry = longest_idle_in(shard, now);
    if (entry == nullptr) continue;
    const Candidate found{&shard, !entry->seems_gone(now), entry->session.last_seen};
    if (std::tie(found.busy, found.seen) < std::tie(best.busy, best.seen)) best = found;
  }
  if (best.shard == nullptr) return std::nullopt;
  const std::lock_guard lock(best.shard->mutex);
  Entry* const entry = longest_idle_in(*best.shard, now);
  if (entry == nullptr) return std::nullopt;
  return take_out(*best.shard, *entry);
}

PinTable::Found PinTable::found(const Pin& session) {
  return {.serial = session.serial,
          .backend = session.backend,
          .opened = session.opened,
          .time_to_live = session.time_to_live,
          .max_payload = session.max_payload,
          .has_tunnel = session.has_tunnel,
          .dialect = session.dialect,
          .joining = session.joining,
          .requests = session.requests,
          .has_id = session.affinity != nullptr,
          .upstream_sid = session.upstream_sid};
}

std::optional<PinTable::Found> PinTable::find(SessionKey key) const {
  const Place at(*this, key, 0);
  if (at.entry == nullptr) return std::nullopt;
  return found(at.entry->session);
}

std::optional<PinTable::Found> PinTable::begin_request(SessionKey key, TimePoint now) {
  const Place at(*this, key, 0);
  if (at.entry == nullptr) return std::nullopt;
  ++at.entry->session.requests;
  at.shard.touch(*at.entry, now);
  return found(at.entry->session);
}

void PinTable::end_request(SessionKey key, std::uint64_t serial, const Traffic& traffic,
                           TimePoint now) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return;
  --at.entry->session.requests;
  at.shard.touch(*at.entry, now);
  at.entry->pass(traffic, now);
}

Duration PinTable::charge(SessionKey key, std::uint64_t serial, const EventRate& rate,
                          const Traffic& sent, TimePoint now) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return Duration::zero();
  EventMeter& meter = at.entry->session.sent;
  const Duration wait = meter.wait(rate, now);
  meter.take(rate, sent.frames_in, sent.bytes_in, now);
  return wait;
}

void PinTable::set_tunnel(SessionKey key, std::uint64_t serial, bool has_tunnel,
                          std::uint16_t worker, TimePoint now) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return;
  // A second WebSocket that got nowhere does not take the session off its first.
  if (!has_tunnel && at.entry->session.transport == Transport::websocket) return;
  put_on_tunnel(*at.entry, has_tunnel);
  at.entry->session.worker = worker;
  at.entry->session.waits({});
  at.shard.touch(*at.entry, now);
}

void PinTable::put_on_tunnel(Entry& entry, bool has_tunnel) noexcept {
  const bool had_tunnel = std::exchange(entry.session.has_tunnel, has_tunnel);
  if (has_tunnel && !had_tunnel) tunnels_.fetch_add(1, std::memory_order_relaxed);
  if (!has_tunnel && had_tunnel) tunnels_.fetch_sub(1, std::memory_order_relaxed);
}

std::optional<BackendId> PinTable::upgraded(SessionKey key, std::uint64_t serial) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return std::nullopt;
  put_on_tunnel(*at.entry, true);
  at.shard.touch(*at.entry, at.entry->session.last_seen);
  const auto before = std::exchange(at.entry->session.transport, Transport::websocket);
  if (before == Transport::websocket) return std::nullopt;
  return at.entry->session.backend;
}

bool PinTable::wait_to_join(SessionKey key, std::uint64_t serial, std::uint16_t worker) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr || !is_waited_for(at.entry->session.joining)) return false;
  at.entry->waiting_workers |= std::uint64_t{1} << (worker % 64U);
  return true;
}

bool PinTable::begin_move(SessionKey key, std::uint64_t serial) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr || at.entry->session.joining != Joining::awaited) return false;
  at.entry->session.joining = Joining::moving;
  return true;
}

std::uint64_t PinTable::joined(SessionKey key, std::uint64_t serial) {
  return end_waiting(key, serial, Joining::done);
}

std::uint64_t PinTable::let_pass(SessionKey key, std::uint64_t serial) {
  return end_waiting(key, serial, Joining::passed);
}

std::uint64_t PinTable::end_waiting(SessionKey key, std::uint64_t serial, Joining joining) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr || at.entry->session.joining == Joining::done) return 0;
  if (joining == Joining::passed && at.entry->session.joining == Joining::moving) return 0;
  at.entry->session.joining = joining;
  return std::exchange(at.entry->waiting_workers, 0);
}

AffinityTable::Entry* PinTable::belongs_to(SessionKey key, std::uint64_t serial,
                                           AffinityTable::Entry* affinity) {
  const Place at(*this, key, serial);
  return at.entry == nullptr ? affinity : std::exchange(at.entry->session.affinity, affinity);
}

std::optional<Session> PinTable::move(SessionKey key, std::uint64_t serial, BackendId backend,
                                      std::string upstream_sid) {
  auto sid = std::make_shared<const std::string>(std::move(upstream_sid));
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return std::nullopt;
  Session before = at.entry->whole();
  at.entry->session.backend = backend;
  at.entry->session.upstream_sid = std::move(sid);
  return before;
}

void PinTable::publish(SessionKey key, std::uint64_t serial, const Traffic& traffic,
                       Waiting waiting, TimePoint last_seen) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return;
  at.shard.touch(*at.entry, last_seen);
  at.entry->pass(traffic, last_seen);
  at.entry->session.waits(waiting);
}

void PinTable::tell_waiting(SessionKey key, std::uint64_t serial, const Waiting& before,
                            const Waiting& waiting, Duration paused) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return;
  Pin& pin = at.entry->session;
  pin.traffic.paused_ns += static_cast<std::uint64_t>(paused.count());
  // A tunnel tells of itself.
  if (pin.has_tunnel) return;
  const std::uint64_t all = pin.queued_bytes + waiting.bytes;
  pin.queued_bytes = all - std::min(all, before.bytes);
  if (waiting.condition != Condition::flowing || pin.condition == before.condition) {
    pin.condition = waiting.condition;
  }
}

void PinTable::note_ping(SessionKey key, std::uint64_t serial, PingNote note, TimePoint now) {
  const Place at(*this, key, serial);
  if (at.entry != nullptr) at.entry->session.pings.note(note, now);
}

void PinTable::note_error(SessionKey key, std::uint64_t serial, std::string_view word) {
  const Place at(*this, key, serial);
  if (at.entry != nullptr) at.entry->session.last_error = word;
}

std::optional<Session> PinTable::close(SessionKey key, std::uint64_t serial) {
  const Place at(*this, key, serial);
  if (at.entry == nullptr) return std::nullopt;
  return take_out(at.shard, *at.entry);
}

std::vector<Session> PinTable::sweep(TimePoint now) {
  std::vector<Session> expired;
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    Entry* next = shard.idle.front();
    while (next != nullptr && now - next->session.last_seen >= shard.shortest_life) {
      Entry& entry = *next;
      next = shard.idle.after(entry);
      if (entry.may_idle_out() && now - entry.session.last_seen >= entry.session.time_to_live) {
        expired.push_back(take_out(shard, entry));
      }
    }
  }
  return expired;
}

std::vector<Session> PinTable::drop_backend(BackendId backend) {
  std::vector<Session> dropped;
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    Entry* next = shard.idle.front();
    while (next != nullptr) {
      Entry& entry = *next;
      next = shard.idle.after(entry);
      if (entry.session.backend == backend) dropped.push_back(take_out(shard, entry));
    }
  }
  return dropped;
}

std::vector<Session> PinTable::list_part(std::size_t part) const {
  std::vector<Session> its;
  const Shard& shard = (*shards_)[part];
  const std::lock_guard lock(shard.mutex);
  shard.entries.for_each([&](const Entry& entry) { its.push_back(entry.whole()); });
  return its;
}

std::vector<Session> PinTable::list(const std::unordered_set<BackendId>& backends) const {
  std::vector<Session> theirs;
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.entries.for_each([&](const Entry& entry) {
      if (backends.contains(entry.session.backend)) theirs.push_back(entry.whole());
    });
  }
  return theirs;
}

std::unordered_map<BackendId, std::uint64_t> PinTable::closing() const {
  std::unordered_map<BackendId, std::uint64_t> counts;
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.entries.for_each([&](const Entry& entry) {
      if (entry.session.condition == Condition::closing) ++counts[entry.session.backend];
    });
  }
  return counts;
}

std::optional<Session> PinTable::get(SessionKey key) const {
  const Place at(*this, key, 0);
  if (at.entry == nullptr) return std::nullopt;
  return at.entry->whole();
}

}  // namespace pinion::session
