#include "memory_keeper.h"

#include <malloc.h>

namespace pinion {
namespace {

constexpr Duration kEvery = std::chrono::milliseconds{250};
// What is less is kept: a hundred KiB or so that the next ones will want.
constexpr std::size_t kPeopleWorth = 64;
constexpr std::size_t kBytesWorth = std::size_t{1} << 20U;

}  // namespace

MemoryKeeper::MemoryKeeper(uv::Loop& loop, proxy::Shared& shared)
    : loop_(loop),
      shared_(shared),
      people_(kPeopleWorth),
      bytes_(kBytesWorth),
      timer_(loop, as_ticker()) {
  timer_.start(kEvery, kEvery);
}

void MemoryKeeper::on_tick() noexcept {
  const TimePoint now = loop_.now();
  const bool fewer = people_.update(
      shared_.connections.load(std::memory_order_relaxed) + shared_.ledger.table().size(), now);
  const bool less = bytes_.update(shared_.budget.used(), now);
  if (!fewer && !less) return;
  const TimePoint began = monotonic_now();
  (void)::malloc_trim(0);
  shared_.log.debug(
      "memory given back",
      {{"took_us", static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                                  monotonic_now() - began)
                                                  .count())}});
}

}  // namespace pinion
