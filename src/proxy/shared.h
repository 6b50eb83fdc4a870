// What all workers share. Everything here is immutable or safe to use from any thread.
//
// Lifetime: made by the composition root before the workers, outlives them.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "balance/admission_queue.h"
#include "balance/assigner.h"
#include "balance/registry.h"
#include "base/chunk_queue.h"
#include "log/access_log.h"
#include "log/log.h"
#include "proxy/backend_news.h"
#include "proxy/overload.h"
#include "proxy/session_ledger.h"

namespace pinion::proxy {

class Worker;

struct Shared {
  balance::Registry& registry;
  balance::SharedTurns& turns;
  balance::SharedAdmissions& admissions;
  SessionLedger& ledger;
  BackendNews& news;
  BufferBudget& budget;
  log::Logger& log;
  log::AccessLog& access_log;
  std::size_t max_connections = 0;
  std::string cookie_key{};  // for pools that have none of their own
  OverloadState overload{};
  std::atomic<std::size_t> connections{0};    // client connections of all workers
  std::atomic<std::size_t> closing_bytes{0};  // that sessions hold which close for want of budget
  std::vector<Worker*> workers{};             // by index; complete before the first of them runs
};

}  // namespace pinion::proxy
