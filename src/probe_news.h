// Tells the news of backends what their probes were like: the rooms of probes and of the proxy do
// not know each other.
//
// Threads: the main thread.
// Lifetime: the news outlive it.
#pragma once

#include "health/backend_probe.h"
#include "proxy/backend_news.h"

namespace pinion {

class ProbeNews final : public health::ProbeEvents {
 public:
  explicit ProbeNews(proxy::BackendNews& news) noexcept : news_(news) {}

  void on_probe(balance::Backend& backend, const health::ProbeOutcome& outcome) noexcept override;

 private:
  proxy::BackendNews& news_;
};

}  // namespace pinion
