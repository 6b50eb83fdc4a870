// The connections of a worker, by kind. Private to the worker.
//
// Threads: the worker's.
// Lifetime: the worker's.
#pragma once

#include "base/intrusive_list.h"
#include "proxy/downstream.h"
#include "proxy/farewell.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

namespace pinion::proxy {

// The lists own their elements: an element is freed by retire() alone.
struct Worker::Connections {
  IntrusiveList<Downstream, Downstream> downstreams;
  IntrusiveList<Downstream, ResumeLater> resuming;
  IntrusiveList<Tunnel, Tunnel> tunnels;
  IntrusiveList<Tunnel, DirtyTunnels> dirty;
  IntrusiveList<Tunnel, DirtyTunnels> paused;  // told, but for how long they are paused
  IntrusiveList<Farewell, Farewell> farewells;
};

}  // namespace pinion::proxy
