#include "proxy/open_watch.h"

#include "proxy/affinity.h"

namespace pinion::proxy {
namespace {

// For a packet that does not say its ping times: what engine.io 4 does by default.
constexpr Duration kDefaultTimeToLive = std::chrono::seconds{45};

}  // namespace

bool OpenWatch::feed(std::string_view payload, TimePoint now) {
  if (decided_) return true;
  switch (reader_.feed(payload)) {
    case engineio::OpenPacketReader::Status::need_more:
      return false;
    case engineio::OpenPacketReader::Status::found:
      open(now);
      break;
    case engineio::OpenPacketReader::Status::absent:
      reservation_.release();
      break;
  }
  decided_ = true;
  return true;
}

void OpenWatch::finish() noexcept {
  if (decided_) return;
  reader_.finish();
  reservation_.release();
  decided_ = true;
}

void OpenWatch::open(TimePoint now) {
  const engineio::OpenPacket& packet = reader_.packet();
  const Duration told = packet.ping_interval + packet.ping_timeout;
  const Duration time_to_live = told > Duration::zero() ? told : kDefaultTimeToLive;
  // By WebSocket nothing else is asked for that would have to wait.
  const auto joining = origin_.joins && origin_.transport == session::Transport::polling
                           ? session::Joining::awaited
                           : session::Joining::done;
  session::Session session{{.client = std::move(origin_.client),
                            .pool = origin_.pool,
                            .opened = now,
                            .last_seen = now,
                            .time_to_live = time_to_live,
                            .max_payload = packet.max_payload,
                            .worker = origin_.worker,
                            .transport = origin_.transport,
                            .has_tunnel = origin_.transport == session::Transport::websocket,
                            .dialect = origin_.dialect,
                            .joining = joining},
                           packet.sid};
  const BackendId backend = reservation_.backend()->id();
  const std::uint64_t serial = ledger_.open(reservation_, std::move(session));
  // One that lives elsewhere is not taken from there while the CONNECT may lead the session to it.
  const auto home = origin_.joins
                        ? belongs_elsewhere(ledger_, {origin_.pool, origin_.id}, backend, now)
                        : std::nullopt;
  const session::SessionKey key{origin_.pool, packet.sid};
  if (home) {
    ledger_.leave_to_connect(key, serial, std::move(origin_.id), origin_.keep);
  } else if (!origin_.id.empty()) {
    ledger_.bind(key, serial, origin_.id, backend, origin_.keep, now);
  }
  opened_ = OpenedSession{.sid = packet.sid, .serial = serial, .time_to_live = time_to_live};
}

}  // namespace pinion::proxy
