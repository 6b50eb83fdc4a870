// Nobody deletes itself: an object that is done inside one of its own callbacks is handed to its
// worker and freed after the turn.
#pragma once

namespace pinion::proxy {

class Retirable {
 public:
  virtual ~Retirable() = default;
  Retirable() = default;
  Retirable(const Retirable&) = delete;
  Retirable& operator=(const Retirable&) = delete;
};

}  // namespace pinion::proxy
