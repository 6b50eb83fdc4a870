#include "uv/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "uv/mailbox.h"

namespace pinion::uv {

// Outlives the Resolver for as long as a thread may still come with an answer.
struct Resolver::Desk {
  std::mutex mutex;
  std::unique_ptr<Mailbox> mailbox;  // guarded by mutex; none when the Resolver is gone

  void leave(Mailbox::Task task) {
    const std::lock_guard lock(mutex);
    if (mailbox != nullptr) mailbox->post(std::move(task));
  }
};

namespace {

struct Looked {
  std::vector<SocketAddress> addresses;
  const char* error = nullptr;
};

Looked look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (status != 0) return {{}, ::gai_strerror(status)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  Looked looked;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    auto address = SocketAddress::from_sockaddr(at->ai_addr);
    if (!address) continue;
    address->set_port(port);
    const auto same = [&](const SocketAddress& a) { return a.to_string() == address->to_string(); };
    if (std::none_of(looked.addresses.begin(), looked.addresses.end(), same)) {
      looked.addresses.push_back(*address);
    }
  }
  if (looked.addresses.empty()) looked.error = "no address found";
  return looked;
}

}  // namespace

Resolver::Resolver(Loop& loop) : desk_(std::make_shared<Desk>()) {
  desk_->mailbox = std::make_unique<Mailbox>(loop);
}

Resolver::~Resolver() {
  const std::lock_guard lock(desk_->mutex);
  desk_->mailbox.reset();
}

void Resolver::resolve(std::string host, std::uint16_t port, Answer answer) {
  Question question{std::move(host), port, std::move(answer)};
  if (under_way_ < kAtOnce) return ask(std::move(question));
  waiting_.push_back(std::move(question));
}

void Resolver::ask(Question question) {
  ++under_way_;
  const auto work = [this, desk = desk_, question] {
    Looked looked = look_up(question.host, question.port);
    // `this` is used on the loop only, and only while the mailbox, and so the Resolver, is there.
    desk->leave([this, question, looked = std::move(looked)] {
      answered(question, looked.addresses, looked.error);
    });
  };
  try {
    std::thread(work).detach();
  } catch (const std::system_error&) {
    desk_->leave([this, question] { answered(question, {}, "no thread can be made to ask"); });
  }
}

void Resolver::answered(const Question& question, std::vector<SocketAddress> addresses,
                        const char* error) {
  --under_way_;
  if (!waiting_.empty()) {
    Question next = std::move(waiting_.front());
    waiting_.pop_front();
    ask(std::move(next));
  }
  question.answer(std::move(addresses), error);
}

}  // namespace pinion::uv
