#include "base/owned_fd.h"

#include <unistd.h>

namespace pinion {

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace pinion
