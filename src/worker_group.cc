#include "worker_group.h"

#include <algorithm>
#include <utility>

#include "base/latch.h"

namespace pinion {
namespace {

constexpr Duration kPublishTime = std::chrono::milliseconds{100};
constexpr int kTurnsToSettle = 2;

// What one worker gets of the listeners.
struct WorkerSocket {
  std::string name;
  uv::OwnedFd socket;
  bool is_unix = false;
};

std::vector<WorkerSocket> take_sockets(std::vector<OpenListener>& listeners, std::size_t worker) {
  std::vector<WorkerSocket> sockets;
  sockets.reserve(listeners.size());
  for (OpenListener& each : listeners) {
    sockets.push_back({.name = each.name,
                       .socket = std::move(each.bound.sockets[worker]),
                       .is_unix = each.bound.address.is_unix()});
  }
  return sockets;
}

}  // namespace

void WorkerGroup::make(const std::shared_ptr<const config::Config>& config,
                       const balance::BackendSets& backends, std::vector<OpenListener> listeners) {
  keep_files(listeners);
  for (unsigned i = 0; i < config->proxy.workers; ++i) {
    counters_.push_back(std::make_unique<metrics::WorkerCounters>(config->pools.size()));
    workers_.push_back(std::make_unique<proxy::Worker>(
        shared_, *counters_.back(),
        proxy::Worker::Setup{.index = i, .config = config, .backends = backends}));
    for (WorkerSocket& each : take_sockets(listeners, i)) {
      workers_.back()->listen(std::move(each.name), std::move(each.socket), each.is_unix);
    }
  }
}

void WorkerGroup::keep_files(std::vector<OpenListener>& listeners) {
  for (OpenListener& each : listeners) {
    if (each.bound.address.is_unix())
      files_.insert_or_assign(each.name, std::move(each.bound.file));
  }
}

void WorkerGroup::count_pools(std::size_t pools) {
  for (const auto& counters : counters_) counters->pools.grow(pools);
}

void WorkerGroup::start(const std::function<void()>& done) {
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker, done] {
      worker.run();
      done();
    });
  }
}

void WorkerGroup::join() {
  for (std::thread& thread : threads_) thread.join();
}

void WorkerGroup::set_backends(const balance::BackendSets& backends) {
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, backends] { worker.set_backends(backends); });
  }
}

void WorkerGroup::follow(const std::shared_ptr<const config::Config>& config,
                         const balance::BackendSets& backends, std::vector<OpenListener> open,
                         const std::vector<std::string>& close) {
  for (const std::string& name : close) files_.erase(name);
  keep_files(open);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->post([&worker = *workers_[i], config, backends, close,
                       sockets = take_sockets(open, i)]() mutable {
      worker.set_config(config);
      worker.set_backends(backends);
      for (WorkerSocket& each : sockets) {
        worker.listen(std::move(each.name), std::move(each.socket), each.is_unix);
      }
      worker.stop_listening(close);
    });
  }
}

void WorkerGroup::shut_down(Duration grace) {
  files_.clear();
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, grace] { worker.shut_down(grace); });
  }
}

// To all workers, since a session's polls may wait on any of them.
void WorkerGroup::close_sessions(std::span<const session::Session> sessions,
                                 metrics::CloseReason reason) {
  std::vector<std::uint64_t> serials;
  serials.reserve(sessions.size());
  for (const session::Session& session : sessions) {
    const bool moves = reason == metrics::CloseReason::moved;
    // Its CONNECT may have led it elsewhere since it was chosen.
    if (moves && !shared_.ledger.is_where_it_was(session)) continue;
    serials.push_back(session.serial);
    if (!session.has_tunnel) {
      shared_.ledger.close({session.pool, session.sid}, session.serial, reason);
    } else if (moves) {
      shared_.ledger.send_away(session);
    }
  }
  std::ranges::sort(serials);
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, serials, reason] { worker.close_sessions(serials, reason); });
  }
}

void WorkerGroup::publish_tunnels() {
  have_all([](proxy::Worker& worker) { worker.publish_dirty(); }, kPublishTime);
}

void WorkerGroup::settle() {
  // Listeners are closed after the turn in which a worker is told: the second task is in another.
  for (int turn = 0; turn < kTurnsToSettle; ++turn) {
    have_all([](proxy::Worker&) {}, kSettleTime / kTurnsToSettle);
  }
}

void WorkerGroup::have_all(void (*task)(proxy::Worker&), Duration most) {
  // Shared with the tasks, since a worker that is late must find it although nobody waits any more.
  const auto all_done = std::make_shared<Latch>(workers_.size());
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, task, all_done] {
      task(worker);
      all_done->count_down();
    });
  }
  (void)all_done->wait_for(most);
}

}  // namespace pinion
