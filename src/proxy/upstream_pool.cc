#include "proxy/upstream_pool.h"

#include <algorithm>
#include <utility>

#include "proxy/worker.h"

namespace pinion::proxy {

std::unique_ptr<Upstream> UpstreamPool::take(balance::Backend& backend,
                                             UpstreamEvents& events) noexcept {
  const auto found = resting_.find(backend.id());
  if (found == resting_.end()) return nullptr;
  while (!found->second.empty()) {
    auto upstream = std::move(found->second.back());
    found->second.pop_back();
    // What the kernel has, but the loop has not told of yet, would be taken for the answer to what
    // is about to be asked (RFC 9112, 9.2); and an end could cost a request that is sent once.
    if (upstream->stream().nothing_has_come()) {
      upstream->use(events);
      return upstream;
    }
    upstream->abandon();
    worker_.retire(std::move(upstream));
  }
  return nullptr;
}

void UpstreamPool::give_back(std::unique_ptr<Upstream> upstream) {
  const auto& pool = worker_.config().pools[upstream->backend().identity().pool];
  Resting& resting = resting_[upstream->backend().id()];
  if (resting.size() >= pool.keep_alive_connections || worker_.shutting_down()) {
    upstream->abandon();
    worker_.retire(std::move(upstream));
    return;
  }
  upstream->rest(pool.keep_alive);
  resting.push_back(std::move(upstream));
}

void UpstreamPool::discard(Upstream& upstream) noexcept {
  Resting& resting = resting_[upstream.backend().id()];
  const auto at = std::find_if(resting.begin(), resting.end(),
                               [&](const auto& kept) { return kept.get() == &upstream; });
  if (at == resting.end()) return;
  worker_.retire(std::move(*at));
  resting.erase(at);
}

void UpstreamPool::clear() noexcept { resting_.clear(); }

}  // namespace pinion::proxy
