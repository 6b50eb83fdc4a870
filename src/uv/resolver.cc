#include "uv/resolver.h"

#include <algorithm>
#include <utility>

namespace pinion::uv {

struct Resolver::Request {
  uv_getaddrinfo_t raw{};
  std::weak_ptr<const bool> owner;
  std::uint16_t port = 0;
  Answer answer;
};

Resolver::Resolver(Loop& loop) : loop_(loop), alive_(std::make_shared<const bool>(true)) {}
Resolver::~Resolver() = default;

void Resolver::resolve(const std::string& host, std::uint16_t port, Answer answer) {
  auto request = std::make_unique<Request>();
  request->owner = alive_;
  request->port = port;
  request->answer = std::move(answer);
  request->raw.data = request.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(loop_.raw(), &request->raw, &Resolver::on_answer, host.c_str(),
                                    nullptr, &hints);
  if (status != 0) {
    request->answer({}, describe(status));
    return;
  }
  (void)request.release();  // on_answer takes it back
}

void Resolver::on_answer(uv_getaddrinfo_t* raw, int status, addrinfo* found) {
  const std::unique_ptr<Request> request(static_cast<Request*>(raw->data));
  const std::unique_ptr<addrinfo, decltype(&uv_freeaddrinfo)> list(found, &uv_freeaddrinfo);
  if (request->owner.expired()) return;
  if (status != 0) {
    request->answer({}, describe(status));
    return;
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    auto address = SocketAddress::from_sockaddr(at->ai_addr);
    if (!address) continue;
    address->set_port(request->port);
    const auto same = [&](const SocketAddress& a) { return a.to_string() == address->to_string(); };
    if (std::none_of(addresses.begin(), addresses.end(), same)) addresses.push_back(*address);
  }
  const char* const error = addresses.empty() ? "no address found" : nullptr;
  request->answer(std::move(addresses), error);
}

}  // namespace pinion::uv
