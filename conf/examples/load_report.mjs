// Lets a Node chat server tell pinion how much it has to do: a line in the head of each HTTP answer,
// those to pinion's probes included. Copy this file beside your server:
//
//   import { report_load } from './load_report.mjs';
//   const io = new Server(http_server);
//   report_load(http_server, { queue: () => jobs.length });   // after Socket.IO was attached
//
// pinion takes the utilization without being told to. To go by the queue instead, 50 jobs being all
// that one process can have:
//
//   [pool.health]
//   load_metric = "queue"
//   load_full = 50
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/**
 * @param server a node:http server
 * @param metrics functions that give numbers of your own, by name
 * @param window milliseconds over which the utilization is taken
 * @returns a function that ends it
 */
export function report_load(server, metrics = {}, window = 1000) {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let before = performance.eventLoopUtilization();
  let load = { utilization: 0, delay_ms: 0 };
  const look = () => {
    const now = performance.eventLoopUtilization();
    // The histogram counts from one expected tick to the next, so its resolution is no delay.
    const delay_ms = Math.max(0, delay.mean / 1e6 - 10) || 0;
    load = { utilization: performance.eventLoopUtilization(now, before).utilization, delay_ms };
    before = now;
    delay.reset();
  };
  const timer = setInterval(look, window).unref();

  const line = () => {
    const named = { event_loop_delay_ms: load.delay_ms };
    for (const [name, value] of Object.entries(metrics)) named[name] = value();
    const list = Object.entries(named).map(([name, value]) => `named_metrics.${name}=${value}`);
    return `TEXT application_utilization=${load.utilization.toFixed(4)}, ${list.join(', ')}`;
  };
  // When the head is written, which of a long poll is much later than when it was asked for.
  const report = (request, response) => {
    const { writeHead } = response;
    response.writeHead = (...head) => {
      if (!response.headersSent) response.setHeader('endpoint-load-metrics', line());
      return writeHead.apply(response, head);
    };
  };
  server.prependListener('request', report);
  return () => {
    clearInterval(timer);
    delay.disable();
    server.off('request', report);
  };
}
