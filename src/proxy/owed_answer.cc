#include "proxy/owed_answer.h"

namespace pinion::proxy {

using session::Condition;

OwedAnswer::~OwedAnswer() {
  if (told_) ledger_.tell_waiting(key(), serial_, {}, Duration::zero());
}

void OwedAnswer::tell_waiting(std::size_t bytes, bool stalled) noexcept {
  told_ = true;
  ledger_.tell_waiting(
      key(), serial_,
      {.bytes = bytes, .condition = stalled ? Condition::stalled : Condition::flowing},
      Duration::zero());
}

bool OwedAnswer::lose(metrics::CloseReason reason) noexcept {
  return ledger_.close(key(), serial_, reason);
}

}  // namespace pinion::proxy
