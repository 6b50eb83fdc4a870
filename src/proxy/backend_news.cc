#include "proxy/backend_news.h"

#include "uv/loop.h"

namespace pinion::proxy {

void BackendNews::reached(balance::Backend& backend) {
  if (!backend.health().connected()) return;
  log_.info("backend is up",
            {{"pool", backend.identity().pool_name}, {"backend", backend.identity().name}});
}

void BackendNews::missed(balance::Backend& backend, int status, TimePoint now) {
  if (backend.health().connect_failed(now)) {
    log_.warning("backend is down: it cannot be connected to; it is tried again with backoff",
                 {{"pool", backend.identity().pool_name},
                  {"backend", backend.identity().name},
                  {"address", backend.identity().address.to_string()},
                  {"why", uv::describe(status)}});
  }
  // A process that does not listen any more has lost its sessions.
  if (status == UV_ECONNREFUSED || status == UV_ENOENT) ledger_.drop_backend(backend.id());
}

}  // namespace pinion::proxy
