#include "admin/server.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "admin/connection.h"
#include "admin/endpoint.h"
#include "admin/guard.h"
#include "admin/lws_log.h"
#include "base/listen_socket.h"

namespace pinion::admin {
namespace {

constexpr unsigned kOwnDescriptors = 8;             // the listener, the wake-up event, room
constexpr std::chrono::seconds kLibraryMargin{30};  // its own deadlines come after ours
constexpr int kBacklog = 64;
constexpr mode_t kUnixMode = 0660;
constexpr int kAcceptsInATurn = 16;
constexpr std::chrono::microseconds kAcceptPause = std::chrono::seconds{1};

}  // namespace

/// The library's context, the connections and the thread that serves them.
class AdminServer::Service {
 public:
  Service(BoundSocket listener, const std::string& token, Control& control, log::Logger& log,
          const Limits& limits)
      : listener_(std::move(listener)),
        control_(control),
        log_(log),
        limits_(limits),
        endpoint_(Guard{token, listener_.address.ip()}, control, log) {}
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// False when the library refuses; it has told the log why.
  [[nodiscard]] bool start();
  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.address.port(); }

 private:
  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                      std::size_t size);
  int on_event(lws* wsi, lws_callback_reasons reason, std::string_view in);
  bool on_connection(Connection& connection, lws_callback_reasons reason, std::string_view in);
  void accept_all();
  void adopt(int fd);
  void pause_accepting(int error);

  BoundSocket listener_;
  Control& control_;
  log::Logger& log_;
  const Limits& limits_;
  Endpoint endpoint_;
  std::unordered_map<lws*, Connection> connections_;
  lws_context* context_ = nullptr;
  lws_vhost* vhost_ = nullptr;
  lws* listening_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

AdminServer::Service::~Service() {
  if (thread_.joinable()) {
    stopping_.store(true);
    lws_cancel_service(context_);
    thread_.join();
  }
  // Before the library closes the socket.
  listener_.file.remove();
  const LwsLogScope scope{log_};
  if (context_ != nullptr) lws_context_destroy(context_);
}

bool AdminServer::Service::start() {
  const LwsLogScope scope{log_};
  static constexpr std::array<lws_protocols, 2> kProtocols = {
      {{"http", callback, 0, 0, 0, nullptr, 0}, {nullptr, nullptr, 0, 0, 0, nullptr, 0}}};
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = kProtocols.data();
  info.user = this;
  info.uid = static_cast<decltype(info.uid)>(-1);
  info.gid = static_cast<decltype(info.gid)>(-1);
  info.fd_limit_per_thread = static_cast<unsigned>(limits_.connections) + kOwnDescriptors;
  info.max_http_header_data2 = static_cast<unsigned>(limits_.head);
  const auto longest = std::max(limits_.request, limits_.response) + kLibraryMargin;
  info.timeout_secs =
      static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(longest).count());
  info.timeout_secs_ah_idle = info.timeout_secs;  // while a head comes in
  // A request that cannot be parsed is handed to the raw callbacks, where it gets its 400.
  info.options = LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG;
  info.vhost_name = "admin";
  context_ = lws_create_context(&info);
  if (context_ == nullptr) return false;
  vhost_ = lws_get_vhost_by_name(context_, "admin");
  // The library closes what it is given.
  lws_sock_file_fd_type fd;
  fd.filefd = ::fcntl(listener_.socket.get(), F_DUPFD_CLOEXEC, 0);
  if (fd.filefd < 0) return false;
  listening_ = lws_adopt_descriptor_vhost(vhost_, LWS_ADOPT_RAW_FILE_DESC, fd, "http", nullptr);
  if (listening_ == nullptr) return false;
  thread_ = std::thread([this] {
    const LwsLogScope thread_scope{log_};
    while (!stopping_.load() && lws_service(context_, 0) >= 0) {
    }
  });
  return true;
}

int AdminServer::Service::callback(lws* wsi, lws_callback_reasons reason, void* /*user*/, void* in,
                                   std::size_t size) {
  lws_context* const context = lws_get_context(wsi);
  if (context == nullptr) return 0;
  auto* const service = static_cast<Service*>(lws_context_user(context));
  const auto* const bytes = static_cast<const char*>(in);
  return service->on_event(wsi, reason,
                           bytes == nullptr ? std::string_view{} : std::string_view{bytes, size});
}

int AdminServer::Service::on_event(lws* wsi, lws_callback_reasons reason, std::string_view in) {
  if (wsi == listening_) {
    if (reason == LWS_CALLBACK_RAW_RX_FILE) accept_all();
    if (reason == LWS_CALLBACK_TIMER) lws_rx_flow_control(wsi, 1);
    return 0;
  }
  if (reason == LWS_CALLBACK_WSI_DESTROY) connections_.erase(wsi);
  const auto found = connections_.find(wsi);
  if (found == connections_.end()) return 0;
  return on_connection(found->second, reason, in) ? 0 : -1;
}

bool AdminServer::Service::on_connection(Connection& connection, lws_callback_reasons reason,
                                         std::string_view in) {
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      return connection.on_head();
    case LWS_CALLBACK_HTTP_BODY:
      return connection.on_body(in);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      return connection.on_body_complete();
    case LWS_CALLBACK_HTTP_WRITEABLE:
      return connection.on_writable();
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      connection.on_upgrade();
      return false;
    case LWS_CALLBACK_RAW_ADOPT:
      connection.on_garbage();
      return false;
    case LWS_CALLBACK_TIMER:
      return connection.on_timer();
    default:
      return true;
  }
}

void AdminServer::Service::accept_all() {
  for (int i = 0; i < kAcceptsInATurn; ++i) {
    const int fd =
        ::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      adopt(fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pause_accepting(errno);
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void AdminServer::Service::adopt(int fd) {
  if (connections_.size() >= limits_.connections) {
    control_.count_refusal(metrics::AdminRefusal::connections);
    log_.debug("admin connection refused: too many", {{"limit", limits_.connections}});
    ::close(fd);
    return;
  }
  lws* const wsi = lws_adopt_socket_vhost(vhost_, fd);
  if (wsi == nullptr) {
    control_.count_refusal(metrics::AdminRefusal::descriptors);
    return;
  }
  connections_.try_emplace(wsi, wsi, endpoint_, limits_);
}

// The listener would stay readable and turn the loop for nothing.
void AdminServer::Service::pause_accepting(int error) {
  control_.count_refusal(metrics::AdminRefusal::descriptors);
  log_.warning("the admin endpoint cannot accept; raise the limit of open files",
               {{"why", std::generic_category().message(error)}});
  lws_rx_flow_control(listening_, 0);
  lws_set_timer_usecs(listening_, kAcceptPause.count());
}

AdminServer::AdminServer(Control& control, log::Logger& log, const Limits& limits) noexcept
    : control_(control), log_(log), limits_(limits) {}
AdminServer::AdminServer(Control& control, log::Logger& log) noexcept
    : AdminServer(control, log, Limits{}) {}
AdminServer::~AdminServer() = default;

std::expected<void, std::string> AdminServer::start(const SocketAddress& address,
                                                    const std::string& token) {
  const auto failed = [&address](int error) {
    return std::unexpected("the admin endpoint " + cannot_listen(address, error, "[admin].listen"));
  };
  auto listener = bind_socket(address, {.mode = kUnixMode});
  if (!listener) return failed(listener.error());
  if (::listen(listener->socket.get(), kBacklog) != 0) return failed(errno);
  auto service = std::make_unique<Service>(std::move(*listener), token, control_, log_, limits_);
  if (!service->start()) {
    return std::unexpected("the admin endpoint cannot start; see the log at level debug");
  }
  service_ = std::move(service);
  return {};
}

std::uint16_t AdminServer::port() const noexcept {
  return service_ == nullptr ? std::uint16_t{0} : service_->port();
}

void AdminServer::stop() noexcept { service_.reset(); }

}  // namespace pinion::admin
