// Where a log goes that nobody reads. Declared before its Logger, it outlives it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace pinion::admin {

struct NullFile {
  NullFile() : fd(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {}
  ~NullFile() { ::close(fd); }
  NullFile(const NullFile&) = delete;
  NullFile& operator=(const NullFile&) = delete;

  const int fd;
};

}  // namespace pinion::admin
