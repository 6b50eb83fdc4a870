// The load generator: opens sessions through a proxy, makes them work, and says in one line of JSON
// what that cost.
//
//   load MODE --port P [--sessions N] [--seconds S] [--warmup S] [--settle S] [--size BYTES]
//        [--rate N] [--slow N] [--storm N] [--storm-rate N] [--proxy PID,...] [--backend PID,...]
//
// MODE: see websocket_load.h and http_load.h. Counts and CPU times are taken at the same two
// moments.
#include "load_options.h"
#include "measurement.h"

int main(int argc, char** argv) {
  using namespace pinion::bench;
  const Options options = read_options(argc, argv);
  Measurement measurement{options};
  const Result result = measurement.run();
  print(result, measurement.tally());
}
