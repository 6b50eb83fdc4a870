#include "loadgen/contact.h"

#include <utility>

namespace pinion::loadgen {

Contact::Contact(uv::Loop& loop, ChunkPool& chunks, Owner& owner)
    : loop_(loop), chunks_(chunks), owner_(owner), timer_(loop, *this), resolver_(loop) {}

void Contact::find(const std::string& host, std::uint16_t port) {
  resolver_.resolve(host, port, [this](std::vector<SocketAddress> addresses, const char* error) {
    addresses_ = std::move(addresses);
    try_next(error == nullptr ? "" : error);
  });
}

/// @param why the one before was of no use
void Contact::try_next(std::string_view why) {
  timer_.stop();
  if (addresses_.empty()) return owner_.on_no_contact(why);
  trying_ = addresses_.front();
  addresses_.erase(addresses_.begin());
  const int status = uv::Stream::connect(stream_, loop_, chunks_, trying_, *this);
  if (status != 0) return try_next(uv::describe(status));
  timer_.start(kTimeout, Duration{0});
}

void Contact::on_connected(int status) noexcept {
  stream_.close();
  if (status != 0) return try_next(uv::describe(status));
  timer_.stop();
  owner_.on_contact(trying_);
}

void Contact::on_tick() noexcept {
  stream_.close();
  try_next("no answer within 5 s");
}

}  // namespace pinion::loadgen
