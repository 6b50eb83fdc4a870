#include "proxy/farewell.h"

#include "http/head_text.h"
#include "proxy/worker.h"

namespace pinion::proxy {

Farewell::Farewell(Worker& worker, balance::Backend& backend, std::string_view target,
                   std::string head)
    : worker_(worker), backend_(backend), request_(std::move(head)) {
  http::set_method(request_, "POST");
  http::set_target(request_, target);
  for (const std::string_view name : {"content-length", "content-type", "connection"}) {
    http::drop_field(request_, name);
  }
  http::add_field(request_, "Content-Type", "text/plain;charset=UTF-8");
  http::add_field(request_, "Content-Length", "1");
  http::add_field(request_, "Connection", "close");
  request_ += '1';
}

Farewell::~Farewell() {
  if (upstream_ != nullptr) upstream_->abandon();
}

void Farewell::start() {
  worker_.wheel().arm(*this, worker_.now() + kTime);
  upstream_ = std::make_unique<Upstream>(worker_, worker_.upstreams(), backend_);
  if (upstream_->connect(*this) != 0) end();
}

void Farewell::on_upstream_ready() noexcept {
  worker_.count_connect(metrics::ConnectResult::ok);
  upstream_->stream().start_reading();
  if (upstream_->stream().write({request_}) != 0) end();
}

void Farewell::on_upstream_refused(int status) noexcept {
  const bool refused = BackendNews::says_nobody_listens(status);
  worker_.count_connect(refused ? metrics::ConnectResult::refused : metrics::ConnectResult::error);
  end();
}

std::size_t Farewell::upstream_read_room() noexcept { return 1024; }

void Farewell::end() {
  if (upstream_ == nullptr) return;
  disarm();
  upstream_->abandon();
  worker_.retire(std::move(upstream_));
  worker_.retire(*this);
}

}  // namespace pinion::proxy
