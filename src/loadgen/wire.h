// What all connections of a run share.
//
// Threads: the loop's.
// Lifetime: outlives every connection.
#pragma once

#include "base/chunk_queue.h"
#include "base/socket_address.h"
#include "http/head.h"
#include "http/head_parser.h"
#include "loadgen/measurements.h"
#include "loadgen/random.h"
#include "uv/loop.h"

namespace pinion::loadgen {

struct Wire {
  uv::Loop& loop;
  ChunkPool& chunks;
  Measurements& measured;
  Random& random;
  SocketAddress address;
  http::HeadLimits limits{};
  http::ResponseHead head{};  // scratch of whoever reads one
};

}  // namespace pinion::loadgen
