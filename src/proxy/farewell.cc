#include "proxy/farewell.h"

#include "engineio/session_target.h"
#include "http/head_text.h"
#include "proxy/worker.h"

namespace pinion::proxy {

namespace {

std::string closing_request(std::string head, std::string_view target) {
  http::set_method(head, "POST");
  http::set_target(head, target);
  for (const std::string_view name : {"content-length", "content-type", "connection"}) {
    http::drop_field(head, name);
  }
  http::add_field(head, "Content-Type", "text/plain;charset=UTF-8");
  http::add_field(head, "Content-Length", "1");
  http::add_field(head, "Connection", "close");
  return std::move(head) + '1';
}

}  // namespace

Farewell::Farewell(Worker& worker, balance::Backend& backend, std::string_view target,
                   std::string head)
    : worker_(worker), backend_(backend), request_(closing_request(std::move(head), target)) {}

Farewell::Farewell(Worker& worker, std::unique_ptr<Rebind> opening, std::string head)
    : worker_(worker),
      backend_(opening->backend()),
      request_(std::move(head)),
      opening_(std::move(opening)) {}

Farewell::~Farewell() {
  drop_opening();
  if (upstream_ != nullptr) upstream_->abandon();
}

void Farewell::start() {
  if (opening_ == nullptr) return take_leave();
  opening_->go_on_for(*this, worker_.now() + kTimeToOpen);
}

void Farewell::on_rebound(metrics::RebindResult result) noexcept {
  if (result == metrics::RebindResult::refused) return end();
  const std::string& sid = opening_->sid();
  if (sid.empty()) return give_up();
  request_ = closing_request(request_, engineio::with_sid(http::target_of(request_), sid));
  worker_.retire(std::move(opening_));
  take_leave();
}

void Farewell::take_leave() {
  worker_.wheel().arm(*this, worker_.now() + kTime);
  upstream_ = std::make_unique<Upstream>(worker_, worker_.upstreams(), backend_);
  if (upstream_->connect(*this) != 0) give_up();
}

void Farewell::on_upstream_ready() noexcept {
  worker_.count_connect(metrics::ConnectResult::ok);
  backend_.health().connected();
  upstream_->stream().start_reading();
  if (upstream_->stream().write({request_}) != 0) give_up();
}

void Farewell::on_upstream_refused(int status) noexcept {
  const bool refused = BackendNews::says_nobody_listens(status);
  worker_.count_connect(refused ? metrics::ConnectResult::refused : metrics::ConnectResult::error);
  give_up();
}

std::size_t Farewell::upstream_read_room() noexcept { return 1024; }

void Farewell::give_up() {
  worker_.counters().farewells_dropped.add();
  end();
}

void Farewell::end() {
  if (over_) return;
  over_ = true;
  disarm();
  drop_opening();
  if (upstream_ != nullptr) {
    upstream_->abandon();
    worker_.retire(std::move(upstream_));
  }
  worker_.retire(*this);
}

// It may be the one whose callback this is.
void Farewell::drop_opening() {
  if (opening_ == nullptr) return;
  opening_->abandon();
  worker_.retire(std::move(opening_));
}

}  // namespace pinion::proxy
