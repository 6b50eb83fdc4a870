#include "uv/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace pinion::uv {

// Where threads leave their answers. It is never destroyed, since one may come after main() has
// returned.
class Resolver::Desk {
 public:
  static Desk& of_process() {
    static Desk& desk = *new Desk;
    return desk;
  }

  std::uint64_t open(Mailbox& mailbox) {
    const std::lock_guard lock(mutex_);
    mailboxes_.emplace(++last_, &mailbox);
    return last_;
  }
  void close(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    mailboxes_.erase(number);
  }
  void leave(std::uint64_t number, Mailbox::Task task) {
    const std::lock_guard lock(mutex_);
    if (const auto at = mailboxes_.find(number); at != mailboxes_.end()) {
      at->second->post(std::move(task));
    }
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Mailbox*> mailboxes_;  // guarded by mutex_
  std::uint64_t last_ = 0;                                 // guarded by mutex_
};

Resolver::Found Resolver::ask_system(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (status != 0) return {{}, ::gai_strerror(status)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  Found looked;
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

Resolver::Resolver(Loop& loop, LookUp look_up)
    : look_up_(std::move(look_up)),
      mailbox_(std::make_unique<Mailbox>(loop)),
      number_(Desk::of_process().open(*mailbox_)) {}

Resolver::~Resolver() { Desk::of_process().close(number_); }

void Resolver::resolve(std::string host, std::uint16_t port, Answer answer) {
  Question question{std::move(host), port, std::move(answer)};
  if (under_way_ < kAtOnce) return ask(question);
  waiting_.push_back(std::move(question));
}

void Resolver::ask(const Question& question) {
  ++under_way_;
  const auto work = [this, number = number_, question, look_up = look_up_] {
    Found looked = look_up(question.host, question.port);
    // `this` is used on the loop only, and only while the mailbox, and so the Resolver, is there.
    Desk::of_process().leave(number, [this, question, looked = std::move(looked)] {
      answered(question, looked.addresses, looked.error);
    });
  };
  try {
    std::thread(work).detach();
  } catch (const std::system_error&) {
    mailbox_->post([this, question] { answered(question, {}, "no thread can be made to ask"); });
  }
}

void Resolver::answered(const Question& question, std::vector<SocketAddress> addresses,
                        const char* error) {
  --under_way_;
  if (!waiting_.empty()) {
    const Question next = std::move(waiting_.front());
    waiting_.pop_front();
    ask(next);
  }
  question.answer(std::move(addresses), error);
}

}  // namespace pinion::uv
