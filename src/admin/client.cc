#include "admin/client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/clock.h"

namespace pinion::admin {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} * 1024 * 1024;  // of an answer

using Error = std::unexpected<std::string>;

Error failed_with(int error) { return Error{std::generic_category().message(error)}; }

/// A connected socket and the time by which everything has to be done.
class Wire {
 public:
  explicit Wire(TimePoint deadline) noexcept : deadline_(deadline) {}
  ~Wire() { close(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  std::expected<void, std::string> connect(const SocketAddress& to) {
    close();
    fd_ = ::socket(to.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return failed_with(errno);
    if (::connect(fd_, to.raw(), to.raw_size()) == 0) return {};
    if (errno != EINPROGRESS) return failed_with(errno);
    if (!wait_for(POLLOUT)) return Error{"timed out"};
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return failed_with(error);
    return {};
  }

  std::expected<void, std::string> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno == EAGAIN) {
        if (!wait_for(POLLOUT)) return Error{"timed out"};
      } else if (errno != EINTR) {
        return failed_with(errno);
      }
    }
    return {};
  }

  /// The next bytes; 0 at the end of the stream.
  std::expected<std::size_t, std::string> receive(std::array<char, 16384>& into) {
    for (;;) {
      const ssize_t count = ::recv(fd_, into.data(), into.size(), 0);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno == EAGAIN) {
        if (!wait_for(POLLIN)) return Error{"timed out"};
      } else if (errno != EINTR) {
        return failed_with(errno);
      }
    }
  }

 private:
  void close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  /// False when the deadline comes first.
  bool wait_for(short events) {
    for (;;) {
      const auto left = to_ms(deadline_ - monotonic_now());
      if (left <= 0) return false;
      pollfd waiting{fd_, events, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return true;  // the next call will say what is wrong
    }
  }

  TimePoint deadline_;
  int fd_ = -1;
};

struct Head {
  int status = 0;
  std::size_t size = 0;  // bytes, the empty line included
  std::size_t body_size = 0;
};

/// Reads the head of an answer of ours: it always has a Content-Length.
std::expected<Head, std::string> read_head(std::string_view message) {
  const Error not_ours{"what answers there is not pinion's admin endpoint"};
  const auto end = message.find("\r\n\r\n");
  if (end == std::string_view::npos || !message.starts_with("HTTP/1.")) return not_ours;
  Head head{.status = 0, .size = end + 4, .body_size = 0};
  std::string_view rest = message.substr(0, end);
  const auto first_line = rest.substr(0, rest.find("\r\n"));
  const auto status =
      first_line.size() >= 12 ? parse_decimal(first_line.substr(9, 3)) : std::nullopt;
  if (!status) return not_ours;
  head.status = static_cast<int>(*status);
  rest.remove_prefix(first_line.size());
  while (!rest.empty()) {
    rest.remove_prefix(2);
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size());
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return not_ours;
    if (!iequals(line.substr(0, colon), "content-length")) continue;
    const auto length = parse_decimal(trim_ows(line.substr(colon + 1)));
    if (!length || *length > kMostBytes) return not_ours;
    head.body_size = *length;
    return head;
  }
  return not_ours;
}

std::expected<Response, std::string> receive_answer(Wire& wire) {
  std::string message;
  std::array<char, 16384> piece{};
  Head head;
  while (head.size == 0 || message.size() < head.size + head.body_size) {
    const auto count = wire.receive(piece);
    if (!count) return Error{count.error()};
    if (*count == 0) {
      return Error{message.empty() ? "the connection was closed without an answer"
                                   : "the answer was cut short"};
    }
    message.append(piece.data(), *count);
    if (message.size() > kMostBytes) return Error{"the answer is too large"};
    if (head.size != 0 || message.find("\r\n\r\n") == std::string::npos) continue;
    const auto read = read_head(message);
    if (!read) return Error{read.error()};
    head = *read;
  }
  return Response{.status = head.status, .body = message.substr(head.size, head.body_size)};
}

}  // namespace

std::string Client::message_of(std::string_view method, std::string_view target,
                               std::string_view body) const {
  std::string host = address_.is_unix() ? "localhost" : address_.host;
  if (host.find(':') != std::string::npos) host = '[' + host + ']';
  if (!address_.is_unix()) host += ':' + address_.port;
  std::string message =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: pinion\r\nConnection: close\r\n",
                  method, target, host);
  if (!token_.empty()) message += fmt::format("Authorization: Bearer {}\r\n", token_);
  if (!body.empty()) {
    message += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  message += "\r\n";
  message += body;
  return message;
}

Client::Client(std::string url, Address address, std::string token,
               std::chrono::milliseconds timeout) noexcept
    : url_(std::move(url)),
      address_(std::move(address)),
      token_(std::move(token)),
      timeout_(timeout) {}

std::expected<Client, std::string> Client::create(const std::string& url, std::string token,
                                                  std::chrono::milliseconds timeout) {
  constexpr std::string_view kScheme = "http://";
  std::string_view text = url;
  if (text.starts_with(kScheme)) {
    text.remove_prefix(kScheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);
  } else if (text.find("://") != std::string_view::npos) {
    return Error{
        fmt::format("{} is not the address of an admin endpoint; it reads "
                    "http://HOST:PORT or unix:/PATH",
                    url)};
  }
  auto address = parse_address(text);
  if (!address) {
    return Error{
        fmt::format("{}: {}; it reads http://HOST:PORT or unix:/PATH", url, address.error())};
  }
  return Client{url, std::move(*address), std::move(token), timeout};
}

std::expected<Response, std::string> Client::request(std::string_view method,
                                                     std::string_view target,
                                                     std::string_view body) const {
  const auto no_answer = [this](std::string why) {
    if (!why.empty()) why[0] = ascii_lower(why[0]);
    return Error{fmt::format("no answer from {}: {}", url_, why)};
  };
  const auto addresses = resolve(address_);
  if (!addresses) return no_answer(addresses.error());
  Wire wire{monotonic_now() + timeout_};
  std::expected<void, std::string> connected;
  for (const SocketAddress& address : *addresses) {
    connected = wire.connect(address);
    if (connected) break;
  }
  if (!connected) return no_answer(connected.error());
  if (const auto sent = wire.send(message_of(method, target, body)); !sent)
    return no_answer(sent.error());
  auto answer = receive_answer(wire);
  if (!answer) return no_answer(answer.error());
  return answer;
}

}  // namespace pinion::admin
