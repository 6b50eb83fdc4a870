#include "session/pin_table.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace pinion::session {

struct PinTable::Entry : ListHook<> {
  explicit Entry(Session s) : session(std::move(s)) {}
  Session session;
  std::uint64_t waiting_workers = 0;  // for its CONNECT

  [[nodiscard]] SessionKey key() const noexcept { return {session.pool, session.sid}; }
  void pass(const Traffic& traffic, TimePoint now) noexcept {
    session.pass(traffic);
    const bool moved = traffic.frames_in + traffic.frames_out > 0;
    if (moved) session.last_moved = std::max(session.last_moved, now);
  }
  [[nodiscard]] bool may_idle_out() const noexcept {
    return !session.has_tunnel && session.requests == 0;
  }
  // A client that is there polls again at once.
  [[nodiscard]] bool seems_gone(TimePoint now) const noexcept {
    return may_idle_out() && now - session.last_seen >= kBetweenPolls;
  }
};

struct PinTable::KeyHash {
  using is_transparent = void;
  std::size_t operator()(SessionKey key) const noexcept {
    return std::hash<std::string_view>{}(key.sid) ^ (key.pool * std::size_t{0x9e3779b97f4a7c15});
  }
  std::size_t operator()(const std::unique_ptr<Entry>& entry) const noexcept {
    return (*this)(entry->key());
  }
};

struct PinTable::KeyEqual {
  using is_transparent = void;
  static SessionKey key(SessionKey of) noexcept { return of; }
  static SessionKey key(const std::unique_ptr<Entry>& of) noexcept { return of->key(); }
  bool operator()(const auto& a, const auto& b) const noexcept {
    return key(a).pool == key(b).pool && key(a).sid == key(b).sid;
  }
};

struct alignas(64) PinTable::Shard {
  mutable std::mutex mutex;
  std::unordered_set<std::unique_ptr<Entry>, KeyHash, KeyEqual> entries;  // guarded by mutex
  IntrusiveList<Entry> idle;  // guarded by mutex; without tunnel, the longest idle in front
  Duration shortest_life = Duration::max();  // guarded by mutex; of any session that ever was here

  void touch(Entry& entry, TimePoint now) noexcept {
    entry.session.seen(now);
    entry.unlink();
    if (!entry.session.has_tunnel) idle.push_back(entry);
  }
};

PinTable::PinTable(std::size_t capacity)
    : capacity_(capacity), shards_(std::make_unique<std::array<Shard, kShards>>()) {}
PinTable::~PinTable() = default;

PinTable::Shard& PinTable::shard_of(SessionKey key) const noexcept {
  // The low bits choose the bucket within a shard, so the shard is chosen by high ones.
  return (*shards_)[(KeyHash{}(key) >> 48U) % kShards];
}

PinTable::Entry* PinTable::find_in(Shard& shard, SessionKey key, std::uint64_t serial) noexcept {
  const auto at = shard.entries.find(key);
  if (at == shard.entries.end()) return nullptr;
  return serial == 0 || (*at)->session.serial == serial ? at->get() : nullptr;
}

Session PinTable::take_out(Shard& shard, Entry& entry) {
  auto node = shard.entries.extract(shard.entries.find(entry.key()));
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (node.value()->session.has_tunnel) tunnels_.fetch_sub(1, std::memory_order_relaxed);
  return std::move(node.value()->session);
}

PinTable::Inserted PinTable::insert(Session session) {
  Inserted result;
  result.serial = next_serial_.fetch_add(1, std::memory_order_relaxed);
  session.serial = result.serial;
  session.last_moved = session.last_seen;
  const TimePoint now = session.last_seen;
  auto entry = std::make_unique<Entry>(std::move(session));
  Shard& shard = shard_of(entry->key());
  {
    const std::lock_guard lock(shard.mutex);
    if (Entry* const old = find_in(shard, entry->key(), 0)) result.replaced = take_out(shard, *old);
    shard.shortest_life = std::min(shard.shortest_life, entry->session.time_to_live);
    shard.touch(*entry, entry->session.last_seen);
    if (entry->session.has_tunnel) tunnels_.fetch_add(1, std::memory_order_relaxed);
    size_.fetch_add(1, std::memory_order_relaxed);
    shard.entries.insert(std::move(entry));
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

PinTable::Found PinTable::found(const Session& session) {
  return {.serial = session.serial,
          .backend = session.backend,
          .time_to_live = session.time_to_live,
          .max_payload = session.max_payload,
          .has_tunnel = session.has_tunnel,
          .joining = session.joining,
          .requests = session.requests,
          .sent = session.sent,
          .upstream_sid = session.upstream_sid};
}

std::optional<PinTable::Found> PinTable::find(SessionKey key) const {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const Entry* const entry = find_in(shard, key, 0);
  if (entry == nullptr) return std::nullopt;
  return found(entry->session);
}

std::optional<PinTable::Found> PinTable::begin_request(SessionKey key, TimePoint now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, 0);
  if (entry == nullptr) return std::nullopt;
  ++entry->session.requests;
  shard.touch(*entry, now);
  return found(entry->session);
}

void PinTable::end_request(SessionKey key, std::uint64_t serial, const Traffic& traffic,
                           TimePoint now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr) return;
  --entry->session.requests;
  shard.touch(*entry, now);
  entry->pass(traffic, now);
}

void PinTable::charge(SessionKey key, std::uint64_t serial, const EventRate& rate,
                      const Traffic& sent, TimePoint now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry != nullptr) entry->session.sent.take(rate, sent.frames_in, sent.bytes_in, now);
}

void PinTable::set_tunnel(SessionKey key, std::uint64_t serial, bool has_tunnel,
                          std::uint16_t worker, TimePoint now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr) return;
  // A second WebSocket that got nowhere does not take the session off its first.
  if (!has_tunnel && entry->session.transport == Transport::websocket) return;
  put_on_tunnel(*entry, has_tunnel);
  entry->session.worker = worker;
  entry->session.queued_bytes = 0;
  entry->session.condition = Condition::flowing;
  shard.touch(*entry, now);
}

void PinTable::put_on_tunnel(Entry& entry, bool has_tunnel) noexcept {
  const bool had_tunnel = std::exchange(entry.session.has_tunnel, has_tunnel);
  if (has_tunnel && !had_tunnel) tunnels_.fetch_add(1, std::memory_order_relaxed);
  if (!has_tunnel && had_tunnel) tunnels_.fetch_sub(1, std::memory_order_relaxed);
}

std::optional<BackendId> PinTable::upgraded(SessionKey key, std::uint64_t serial) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr) return std::nullopt;
  put_on_tunnel(*entry, true);
  shard.touch(*entry, entry->session.last_seen);
  const auto before = std::exchange(entry->session.transport, Transport::websocket);
  if (before == Transport::websocket) return std::nullopt;
  return entry->session.backend;
}

bool PinTable::wait_to_join(SessionKey key, std::uint64_t serial, std::uint16_t worker) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr || !is_waited_for(entry->session.joining)) return false;
  entry->waiting_workers |= std::uint64_t{1} << (worker % 64U);
  return true;
}

bool PinTable::begin_move(SessionKey key, std::uint64_t serial) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr || entry->session.joining != Joining::awaited) return false;
  entry->session.joining = Joining::moving;
  return true;
}

std::uint64_t PinTable::joined(SessionKey key, std::uint64_t serial) {
  return end_waiting(key, serial, Joining::done);
}

std::uint64_t PinTable::let_pass(SessionKey key, std::uint64_t serial) {
  return end_waiting(key, serial, Joining::passed);
}

std::uint64_t PinTable::end_waiting(SessionKey key, std::uint64_t serial, Joining joining) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr || entry->session.joining == Joining::done) return 0;
  if (joining == Joining::passed && entry->session.joining == Joining::moving) return 0;
  entry->session.joining = joining;
  return std::exchange(entry->waiting_workers, 0);
}

AffinityTable::Entry* PinTable::belongs_to(SessionKey key, std::uint64_t serial,
                                           AffinityTable::Entry* affinity) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  return entry == nullptr ? affinity : std::exchange(entry->session.affinity, affinity);
}

std::optional<Session> PinTable::move(SessionKey key, std::uint64_t serial, BackendId backend,
                                      std::string upstream_sid) {
  auto sid = std::make_shared<const std::string>(std::move(upstream_sid));
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr) return std::nullopt;
  Session before = entry->session;
  entry->session.backend = backend;
  entry->session.upstream_sid = std::move(sid);
  return before;
}

void PinTable::publish(SessionKey key, std::uint64_t serial, const Traffic& traffic,
                       Waiting waiting, TimePoint last_seen) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr) return;
  shard.touch(*entry, last_seen);
  entry->pass(traffic, last_seen);
  entry->session.queued_bytes = waiting.bytes;
  entry->session.condition = waiting.condition;
}

void PinTable::tell_waiting(SessionKey key, std::uint64_t serial, Waiting waiting) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  // A tunnel tells of itself.
  if (entry == nullptr || entry->session.has_tunnel) return;
  entry->session.queued_bytes = waiting.bytes;
  entry->session.condition = waiting.condition;
}

void PinTable::note_ping(SessionKey key, std::uint64_t serial, PingNote note, TimePoint now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = find_in(shard, key, serial)) entry->session.pings.note(note, now);
}

void PinTable::note_error(SessionKey key, std::uint64_t serial, std::string_view word) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (Entry* const entry = find_in(shard, key, serial)) entry->session.last_error = word;
}

std::optional<Session> PinTable::close(SessionKey key, std::uint64_t serial) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = find_in(shard, key, serial);
  if (entry == nullptr) return std::nullopt;
  return take_out(shard, *entry);
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

std::vector<Session> PinTable::list() const {
  std::vector<Session> all;
  all.reserve(size());
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& entry : shard.entries) all.push_back(entry->session);
  }
  return all;
}

std::vector<Session> PinTable::list(BackendId backend) const {
  std::vector<Session> its;
  for (const Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& entry : shard.entries) {
      if (entry->session.backend == backend) its.push_back(entry->session);
    }
  }
  return its;
}

std::optional<Session> PinTable::get(SessionKey key) const {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const Entry* const entry = find_in(shard, key, 0);
  if (entry == nullptr) return std::nullopt;
  return entry->session;
}

}  // namespace pinion::session
