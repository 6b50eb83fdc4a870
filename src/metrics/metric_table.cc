#include "metrics/metric_table.h"

#include "metrics/collect.h"

namespace pinion::metrics {
namespace {

constexpr auto kCounter = MetricKind::counter;
constexpr auto kGauge = MetricKind::gauge;
constexpr auto kHistogram = MetricKind::histogram;

// clang-format off
constexpr Metric kTable[] = {
    {"pinion_sessions", kGauge, "", {"pool", "backend", "transport"},
     "Live sessions.", collect::sessions},
    {"pinion_sessions_total", kCounter, "", {"pool", "backend"},
     "Sessions that became live since the start; one that was moved counts at both backends.",
     collect::sessions_total},
    {"pinion_reserved_sessions", kGauge, "", {"pool", "backend"},
     "Sessions assigned whose handshake is not yet answered.", collect::reserved_sessions},
    {"pinion_pins", kGauge, "", {},
     "Session ids whose backend is remembered.", collect::pins},
    {"pinion_pins_limit", kGauge, "", {},
     "How many session ids can be remembered.", collect::pins_limit},
    {"pinion_unknown_sid_total", kCounter, "", {"pool"},
     "Requests with a session id that no backend has.", collect::unknown_sid_total},

    {"pinion_affinity_ids", kGauge, "", {},
     "Applications' own session ids whose backend is remembered.", collect::affinity_ids},
    {"pinion_affinity_evicted_total", kCounter, "", {},
     "Such ids that were forgotten for want of room.", collect::affinity_evicted_total},
    {"pinion_affinity_requests_total", kCounter, "", {"pool", "result"},
     "Handshakes and plain requests with such an id, and handshakes with pinion's cookie: followed to where it belongs; unknown; or its "
     "backend is away.", collect::affinity_requests_total},
    {"pinion_rebinds_total", kCounter, "", {"pool", "result"},
     "Sessions whose CONNECT named an id of another backend than the handshake chose: moved there, or left where they "
     "are and why. Unread or unjoined: the CONNECT could not be read, or the client spoke without any.", collect::rebinds_total},
    {"pinion_farewells_dropped_total", kCounter, "", {},
     "Sessions at the backend that a move has left which were not told, since too many were being told or the backend "
     "did not listen: it notices by its ping timeout.", collect::farewells_dropped_total},

    {"pinion_requests_total", kCounter, "", {"pool", "code"},
     "Requests answered, by status code. Pool is empty for requests that never got to one.", collect::requests_total},
    {"pinion_request_duration_seconds", kHistogram, "seconds", {},
     "Time from a request's head to the end of its answer.",
     collect::request_duration_seconds},
    {"pinion_retries_total", kCounter, "", {"pool"},
     "Requests sent again because the kept connection had died unused.", collect::retries_total},
    {"pinion_unrouted_requests_total", kCounter, "", {},
     "Requests that no route matched.", collect::unrouted_requests_total},
    {"pinion_head_errors_total", kCounter, "", {},
     "Requests refused because of their head.", collect::head_errors_total},
    {"pinion_shed_total", kCounter, "", {"reason"},
     "Sessions and connections refused for want of room.", collect::shed_total},

    {"pinion_admission_waiting", kGauge, "", {"pool"},
     "Handshakes that wait for room on a backend.", collect::admission_waiting},
    {"pinion_admissions_total", kCounter, "", {"pool", "result"},
     "Handshakes that could not be placed at once: admitted, expired, refused, or left by their client.",
     collect::admissions_total},
    {"pinion_admission_wait_seconds", kHistogram, "seconds", {"pool"},
     "How long those that were admitted had waited.", collect::admission_wait_seconds},

    {"pinion_connections", kGauge, "", {},
     "Open client connections.", collect::connections},
    {"pinion_connections_accepted_total", kCounter, "", {},
     "Client connections accepted.", collect::connections_accepted_total},
    {"pinion_max_connections", kGauge, "", {},
     "How many client connections are allowed.", collect::max_connections},
    {"pinion_closes_total", kCounter, "", {"reason", "side"},
     "Sessions and connections that ended, by reason and by the side that it came from.", collect::closes_total},

    {"pinion_frames_total", kCounter, "", {"direction", "opcode"},
     "WebSocket frames relayed.", collect::frames_total},
    {"pinion_frame_size_bytes", kHistogram, "bytes", {"direction"},
     "Payload sizes of the WebSocket frames relayed.", collect::frame_size_bytes},
    {"pinion_frame_errors_total", kCounter, "", {},
     "Tunnels whose frames could no longer be followed.", collect::frame_errors_total},
    {"pinion_polled_packets_total", kCounter, "", {"direction"},
     "Engine.IO packets relayed by polling.", collect::polled_packets_total},
    {"pinion_bytes_total", kCounter, "bytes", {"direction"},
     "Bytes relayed, heads left out.", collect::bytes_total},
    {"pinion_queued_bytes", kGauge, "bytes", {},
     "Bytes waiting to be sent, both directions.", collect::queued_bytes},
    {"pinion_buffered_bytes", kGauge, "bytes", {},
     "Memory taken for waiting bytes, in whole chunks.", collect::buffered_bytes},
    {"pinion_buffered_limit_bytes", kGauge, "bytes", {},
     "Limit of pinion_buffered_bytes; 0 means none.", collect::buffered_limit_bytes},
    {"pinion_paused_total", kCounter, "", {"direction"},
     "How often reading from a source was stopped, since its sink is slow or its client sends too much.",
     collect::paused_total},
    {"pinion_paused_seconds_total", kCounter, "seconds", {"direction"},
     "How long reading from sources was stopped, added up.", collect::paused_seconds_total},

    {"pinion_event_rate_pauses_total", kCounter, "", {"pool"},
     "How often a client was not read for a while, since it sent more than its event_rate.",
     collect::event_rate_pauses_total},
    {"pinion_backend_up", kGauge, "", {"pool", "backend"},
     "1 while the backend answers and its agent does not say down; drain and maint leave it at 1. 0 also while its name "
     "has no address.",
     collect::backend_up},
    {"pinion_backend_ready", kGauge, "", {"pool", "backend"},
     "1 while the backend takes new sessions: 0 also while it drains or is in maintenance.",
     collect::backend_ready},
    {"pinion_backend_level", kGauge, "", {"pool", "backend"},
     "By the thresholds of its pool: 0 calm, 1 busy, 2 full.", collect::backend_level},
    {"pinion_backend_level_changes_total", kCounter, "", {"pool", "backend"},
     "How often that level has changed.", collect::backend_level_changes_total},
    {"pinion_backend_load", kGauge, "", {"pool", "backend"},
     "Busy share that is to be expected of the backend's event loop; NaN while nothing is measured.",
     collect::backend_load},
    {"pinion_backend_work_rate", kGauge, "", {"pool", "backend"},
     "Frames, polled packets and requests that pass a second, a decaying average.",
     collect::backend_work_rate},
    {"pinion_backend_hot", kGauge, "", {"pool", "backend"},
     "1 while the backend's probes wait long.", collect::backend_hot},
    {"pinion_backend_ramping", kGauge, "", {"pool", "backend"},
     "1 while the backend has just joined or come back.", collect::backend_ramping},
    {"pinion_inflight_requests", kGauge, "", {"pool", "backend"},
     "Requests sent to the backend and not yet answered.", collect::inflight_requests},
    {"pinion_backend_queued_bytes", kGauge, "bytes", {"pool", "backend"},
     "Bytes waiting to be sent to the backend.", collect::backend_queued_bytes},
    {"pinion_backend_blocked_seconds_total", kCounter, "seconds", {"pool", "backend"},
     "How long bytes have waited for the backend because it did not read.",
     collect::backend_blocked_seconds_total},
    {"pinion_backend_busy_share", kGauge, "", {"pool", "backend"},
     "Share of time in which the backend's event loop is busy, as its probes tell; 0 while they tell nothing.",
     collect::backend_busy_share},
    {"pinion_backend_probe_wait_seconds", kGauge, "seconds", {"pool", "backend"},
     "How long the newest probes waited for the backend's event loop, on average.",
     collect::backend_probe_wait_seconds},
    {"pinion_backend_load_confidence", kGauge, "", {"pool", "backend"},
     "How far busy share and wait can be trusted, 0 to 1.", collect::backend_load_confidence},
    {"pinion_backend_request_busy_share", kGauge, "", {"pool", "backend"},
     "The same share as handshakes and POSTs tell it; 0 while there are too few.",
     collect::backend_request_busy_share},
    {"pinion_backend_request_weight", kGauge, "", {"pool", "backend"},
     "How much handshakes and POSTs count beside probes, for what the backend costs; 0: not at all.",
     collect::backend_request_weight},
    {"pinion_request_samples_total", kCounter, "", {"pool", "backend", "kind"},
     "Handshakes and POSTs that were measured as samples of the backend's event loop.",
     collect::request_samples_total},
    {"pinion_backend_reported_load", kGauge, "", {"pool", "backend"},
     "What the backend says of its own load, 1 being all that it can do; 0 while it says nothing.",
     collect::backend_reported_load},
    {"pinion_backend_push_latency_seconds", kGauge, "seconds", {"pool", "backend"},
     "How long the backend took lately to begin the answer to a POST of a polling session.",
     collect::backend_push_latency_seconds},
    {"pinion_load_reports_total", kCounter, "", {"pool", "backend", "result"},
     "Answers with a report of the backend's load, by whether it could be read.",
     collect::load_reports_total},
    {"pinion_agent_checks_total", kCounter, "", {"pool", "backend", "result"},
     "Checks of the backends' agents.", collect::agent_checks_total},
    {"pinion_probes_total", kCounter, "", {"pool", "backend", "result"},
     "Probes of backends.", collect::probes_total},
    {"pinion_name_lookups_total", kCounter, "", {"result"},
     "Look-ups of backends' host names; one that failed keeps the addresses that are known.",
     collect::name_lookups_total},
    {"pinion_upstream_connects_total", kCounter, "", {"result"},
     "Attempts to connect to a backend.", collect::upstream_connects_total},

    {"pinion_overload_used", kGauge, "", {"resource"},
     "Share that pinion has used of what it may: buffers, connections, and its loops' time.",
     collect::overload_used},
    {"pinion_overload_rung", kGauge, "", {"rung"},
     "1 while pinion gives this up because it runs out of something.", collect::overload_rung},
    {"pinion_overload_changes_total", kCounter, "", {"rung"},
     "How often it was given up or taken up again.", collect::overload_changes_total},
    {"pinion_loop_lag_seconds", kGauge, "seconds", {"worker"},
     "How late the worker's loop was when last measured.", collect::loop_lag_seconds},
    {"pinion_log_dropped_total", kCounter, "", {},
     "Log lines lost because writing them could not keep up or failed.", collect::log_dropped_total},
    {"pinion_reloads_total", kCounter, "", {"result"},
     "Reloads of the config, by whether all that they ask for was done.", collect::reloads_total},
    {"pinion_config_loaded_time_seconds", kGauge, "seconds", {},
     "When the config in force was read, in seconds since the epoch.",
     collect::config_loaded_time_seconds},
    {"pinion_admin_refused_total", kCounter, "", {"reason"},
     "Requests that the admin endpoint refused (no token, a page of another origin, an unknown Host), and connections "
     "(too many, or no descriptors left).", collect::admin_refused_total},
    {"pinion_build_info", kGauge, "", {"version"},
     "Always 1; the version is the label.", collect::build_info},
    {"process_resident_memory_bytes", kGauge, "bytes", {},
     "Resident memory of the process.", collect::resident_memory_bytes},
    {"process_start_time_seconds", kGauge, "seconds", {},
     "When the process started, in seconds since the epoch.", collect::start_time_seconds},
};
// clang-format on

}  // namespace

std::string_view to_string(MetricKind kind) noexcept {
  constexpr std::string_view kNames[] = {"counter", "gauge", "histogram"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::span<const Metric> metric_table() noexcept { return kTable; }

std::string metrics_scdoc() {
  std::string page;
  for (const Metric& metric : metric_table()) {
    page += '*';
    page += metric.name;
    page += '*';
    std::string_view separator = "{";
    for (const std::string_view label : metric.labels) {
      page += separator;
      page += label;
      separator = ",";
    }
    if (metric.labels.size() != 0) page += '}';
    page += " (";
    page += to_string(metric.kind);
    page += ")\n\t";
    page += metric.help;
    page += '\n';
  }
  return page;
}

}  // namespace pinion::metrics
