#include "proxy/owed_answer.h"

#include <utility>

namespace pinion::proxy {

using session::Condition;

OwedAnswer::~OwedAnswer() {
  if (told_ == session::Waiting{}) return;
  ledger_.tell_waiting(key(), serial_, told_, {}, Duration::zero());
}

void OwedAnswer::tell_waiting(std::size_t bytes, bool stalled) noexcept {
  const session::Waiting waiting{.bytes = bytes,
                                 .condition = stalled ? Condition::stalled : Condition::flowing};
  ledger_.tell_waiting(key(), serial_, std::exchange(told_, waiting), waiting, Duration::zero());
}

bool OwedAnswer::lose(metrics::CloseReason reason) noexcept {
  return ledger_.close(key(), serial_, reason);
}

}  // namespace pinion::proxy
