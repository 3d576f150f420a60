#include "daemon/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "daemon/labelled_metrics.h"
#include "daemon/process_figures.h"

#ifndef TIGHTROPE_VERSION
#error "TIGHTROPE_VERSION comes from the build"
#endif

namespace tightrope::daemon {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

// Bounds of histograms, in seconds.
const Histogram::BucketBoundaries kQuick{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                         0.1,    0.25,   0.5,   1,      2.5,   5,    10};
const Histogram::BucketBoundaries kPatient{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                           2.5,  5,     10,   30,  60,   300, 3600};

double unix_seconds(rules::Timestamp time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// A counter of prometheus-cpp only grows by steps; totals that are kept elsewhere are followed.
void follow(Counter& counter, double total) {
  if (total > counter.Value()) counter.Increment(total - counter.Value());
}
void follow(Counter& counter, std::uint64_t total) {
  follow(counter, static_cast<double>(total));
}

std::string_view reason_of(OutboxEvent::Kind kind) {
  switch (kind) {
    case OutboxEvent::Kind::delivered:
      return "";
    case OutboxEvent::Kind::failed_try:
      return "failed_try";
    case OutboxEvent::Kind::refused:
      return "refused";
    case OutboxEvent::Kind::too_old:
      return "too_old";
    case OutboxEvent::Kind::dropped:
      return "dropped";
    case OutboxEvent::Kind::superseded:
      return "";
  }
  return "";
}

}  // namespace

struct Metrics::Families {
  std::mutex mutex;  // protects all but the registry, which has its own
  prometheus::Registry registry;

  Labelled<Counter> journal_events{
      registry, "tightrope_journal_appended_events_total", "Events made durable.", {}};
  Labelled<Counter> journal_bytes{
      registry, "tightrope_journal_appended_bytes_total", "Bytes of events made durable.", {}};
  Labelled<Counter> journal_commits{
      registry, "tightrope_journal_commits_total", "Commits of the journal.", {}};
  Labelled<Counter> journal_failed{
      registry, "tightrope_journal_failed_commits_total", "Commits that failed.", {}};
  Labelled<Gauge> journal_queued{
      registry, "tightrope_journal_queued_bytes", "Bytes waiting to be made durable.", {}};
  Labelled<Gauge> journal_file{registry, "tightrope_journal_file_bytes", "Size of the journal's files.", {}};
  Labelled<Gauge> clock_ahead{
      registry,
      "tightrope_clock_ahead_seconds",
      "How far the time of events is ahead of the system's clock, which was set back.",
      {}};
  Labelled<Gauge> journal_last{
      registry, "tightrope_journal_last_commit_seconds", "How long the newest commit took.", {}};

  Labelled<Gauge> engine_cells{registry, "tightrope_engine_cells", "Figures in memory.", {"client"}};
  Labelled<Gauge> engine_cell_bytes{
      registry, "tightrope_engine_cell_bytes", "Memory of the figures.", {"client"}};
  Labelled<Gauge> engine_entities{
      registry, "tightrope_engine_entities", "Campaigns and other entities known.", {"client"}};
  Labelled<Gauge> engine_checks{
      registry, "tightrope_engine_checks", "Targets times the entities they are checked on.", {"client"}};
  Labelled<Counter> engine_events{registry, "tightrope_engine_events_total", "Events applied.", {"client"}};
  Labelled<Gauge> engine_last{registry,
                              "tightrope_engine_last_event_timestamp_seconds",
                              "Time of the newest event applied.",
                              {"client"}};
  Labelled<Histogram> engine_apply{
      registry, "tightrope_engine_apply_seconds", "How long applying an event took.", {"client"}};
  Labelled<Counter> engine_changes{
      registry, "tightrope_engine_alert_changes_total", "Steps in the lives of alerts.", {"client", "kind"}};

  Labelled<Gauge> source_success{registry,
                                 "tightrope_source_last_success_timestamp_seconds",
                                 "When the source was last read or pushed to without an error.",
                                 {"source", "client"}};
  Labelled<Gauge> source_next{registry,
                              "tightrope_source_next_poll_timestamp_seconds",
                              "When the source is read next.",
                              {"source", "client"}};
  Labelled<Gauge> source_age{registry,
                             "tightrope_source_data_age_seconds",
                             "Time since the end of the newest day or hour with a figure.",
                             {"source", "client"}};
  Labelled<Gauge> source_stale{registry,
                               "tightrope_source_stale",
                               "1 while the source has had no success for too long.",
                               {"source", "client"}};
  Labelled<Histogram> source_duration{
      registry, "tightrope_source_poll_duration_seconds", "How long polls took.", {"source", "client"}};
  Labelled<Counter> source_errors{registry,
                                  "tightrope_source_errors_total",
                                  "Polls that failed, by reason.",
                                  {"source", "client", "reason"}};
  Labelled<Counter> source_observations{registry,
                                        "tightrope_source_observations_total",
                                        "Figures that were new or different.",
                                        {"source", "client"}};
  Labelled<Counter> source_restated{registry,
                                    "tightrope_source_restated_total",
                                    "Figures that replaced another one of a day that was over.",
                                    {"source", "client"}};

  Labelled<Gauge> source_findings{registry,
                                  "tightrope_source_findings",
                                  "What is strange about the source's figures now, by finding.",
                                  {"source", "client", "finding"}};
  Labelled<Counter> source_found{registry,
                                 "tightrope_source_findings_begun_total",
                                 "Findings that began.",
                                 {"source", "client", "finding"}};

  Labelled<Counter> notifications{
      registry, "tightrope_notifications_total", "Tries to hand a notification to a receiver.", {"receiver"}};
  Labelled<Counter> notifications_failed{registry,
                                         "tightrope_notifications_failed_total",
                                         "Tries that failed and notifications given up, by reason.",
                                         {"receiver", "reason"}};
  Labelled<Histogram> notification_latency{registry,
                                           "tightrope_notification_latency_seconds",
                                           "From a notification's making to its delivery.",
                                           {"receiver"}};

  Labelled<Gauge> outbox_messages{
      registry, "tightrope_outbox_messages", "Messages not yet delivered.", {"receiver", "integration"}};
  Labelled<Gauge> outbox_oldest{registry,
                                "tightrope_outbox_oldest_seconds",
                                "For how long the oldest of them has waited; 0 when there is none.",
                                {"receiver", "integration"}};
  Labelled<Counter> outbox_superseded{registry,
                                      "tightrope_outbox_superseded_total",
                                      "Messages not sent because a newer one says all of them.",
                                      {"receiver", "integration"}};

  Labelled<Gauge> reload_successful{registry,
                                    "tightrope_config_last_reload_successful",
                                    "1 when the newest reload of the configuration went well.",
                                    {}};
  Labelled<Gauge> reload_time{registry,
                              "tightrope_config_last_reload_success_timestamp_seconds",
                              "When the configuration in force was loaded.",
                              {}};
  Labelled<Gauge> build_info{
      registry, "tightrope_build_info", "1, with what the program was built from.", {"version", "compiler"}};

  Labelled<Counter> http_requests{
      registry, "tightrope_http_requests_total", "Requests answered.", {"handler", "code"}};
  Labelled<Histogram> http_duration{registry,
                                    "tightrope_http_request_duration_seconds",
                                    "From a request's last byte to its answer's last.",
                                    {"handler"}};

  Labelled<Counter> process_cpu{
      registry, "process_cpu_seconds_total", "Total user and system CPU time spent.", {}};
  Labelled<Gauge> process_resident{registry, "process_resident_memory_bytes", "Resident memory size.", {}};
  Labelled<Gauge> process_virtual{registry, "process_virtual_memory_bytes", "Virtual memory size.", {}};
  Labelled<Gauge> process_open{registry, "process_open_fds", "Number of open file descriptors.", {}};
  Labelled<Gauge> process_most{registry, "process_max_fds", "Maximum number of open file descriptors.", {}};
  Labelled<Gauge> process_start{
      registry, "process_start_time_seconds", "Start time of the process since 1970.", {}};

  void keep_only(std::string_view label, const std::vector<std::string>& list) {
    for (Labelled<Gauge>* family :
         {&engine_cells, &engine_cell_bytes, &engine_entities, &engine_checks, &engine_last, &source_success,
          &source_next, &source_age, &source_stale, &source_findings, &outbox_messages, &outbox_oldest}) {
      family->keep_only(label, list);
    }
    for (Labelled<Counter>* family :
         {&engine_events, &engine_changes, &source_errors, &source_observations, &source_restated,
          &source_found, &notifications, &notifications_failed, &outbox_superseded}) {
      family->keep_only(label, list);
    }
    for (Labelled<Histogram>* family : {&engine_apply, &source_duration, &notification_latency}) {
      family->keep_only(label, list);
    }
  }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {
  families_->build_info.at({TIGHTROPE_VERSION, __VERSION__}).Set(1);
}

Metrics::~Metrics() = default;

void Metrics::source_configured(std::string_view source, std::string_view client) {
  const std::lock_guard lock(families_->mutex);
  for (const std::string_view reason : kPollFailures)
    families_->source_errors.at({std::string(source), std::string(client), std::string(reason)});
  for (const std::string_view finding : rules::kSourceFindingNames)
    families_->source_found.at({std::string(source), std::string(client), std::string(finding)});
}

void Metrics::receiver_configured(std::string_view receiver) {
  const std::lock_guard lock(families_->mutex);
  const std::string name(receiver);
  families_->notifications.at({name});
  using Kind = OutboxEvent::Kind;
  for (const Kind kind : {Kind::failed_try, Kind::refused, Kind::too_old, Kind::dropped})
    families_->notifications_failed.at({name, std::string(reason_of(kind))});
}

void Metrics::source_polled(const SourceStatus& status, bool succeeded, double seconds) {
  const std::lock_guard lock(families_->mutex);
  families_->source_duration.at({status.name, status.client}, kPatient).Observe(seconds);
  // Rates need the series before the first increase.
  families_->source_observations.at({status.name, status.client});
  families_->source_restated.at({status.name, status.client});
  if (!succeeded) {
    const std::string reason = status.last_error_reason.empty() ? "unknown" : status.last_error_reason;
    families_->source_errors.at({status.name, status.client, reason}).Increment();
  }
}

void Metrics::source_received(std::string_view source, std::string_view client, std::uint64_t observations,
                              std::uint64_t restated) {
  const std::lock_guard lock(families_->mutex);
  const std::vector<std::string> labels{std::string(source), std::string(client)};
  families_->source_observations.at(labels).Increment(static_cast<double>(observations));
  families_->source_restated.at(labels).Increment(static_cast<double>(restated));
}

void Metrics::source_found(std::string_view source, std::string_view client,
                           rules::SourceFindingKind finding) {
  const std::lock_guard lock(families_->mutex);
  families_->source_found.at({std::string(source), std::string(client), std::string(to_string(finding))})
      .Increment();
}

void Metrics::source_state(const SourceStatus& status, rules::Timestamp now) {
  const std::lock_guard lock(families_->mutex);
  const std::vector<std::string> labels{status.name, status.client};
  if (status.last_success) families_->source_success.at(labels).Set(unix_seconds(*status.last_success));
  if (status.next_poll) families_->source_next.at(labels).Set(unix_seconds(*status.next_poll));
  if (status.newest_end) {
    const auto age = std::max(now - *status.newest_end, rules::Duration(0));
    families_->source_age.at(labels).Set(std::chrono::duration<double>(age).count());
  }
  families_->source_stale.at(labels).Set(status.stale ? 1 : 0);
  if (status.pushed) return;
  std::array<int, rules::kSourceFindingKinds> findings{};
  for (const rules::SourceFinding& finding : status.findings)
    ++findings[static_cast<std::size_t>(finding.kind)];
  for (std::size_t kind = 0; kind < findings.size(); ++kind) {
    families_->source_findings.at({status.name, status.client, std::string(rules::kSourceFindingNames[kind])})
        .Set(findings[kind]);
  }
}

void Metrics::notified(const OutboxEvent& event) {
  const std::lock_guard lock(families_->mutex);
  if (event.kind == OutboxEvent::Kind::superseded)
    return families_->outbox_superseded.at({event.receiver, event.integration}).Increment();
  const bool tried = event.kind == OutboxEvent::Kind::delivered ||
                     event.kind == OutboxEvent::Kind::failed_try || event.kind == OutboxEvent::Kind::refused;
  Counter& tries = families_->notifications.at({event.receiver});
  if (tried) tries.Increment();
  if (event.kind == OutboxEvent::Kind::delivered) {
    families_->notification_latency.at({event.receiver}, kPatient)
        .Observe(std::chrono::duration<double>(event.latency).count());
  } else {
    families_->notifications_failed.at({event.receiver, std::string(reason_of(event.kind))}).Increment();
  }
}

void Metrics::engine_applied(std::string_view client, double seconds, const rules::Effects& effects,
                             rules::Timestamp at) {
  const std::lock_guard lock(families_->mutex);
  const std::string name(client);
  families_->engine_events.at({name}).Increment();
  families_->engine_apply.at({name}, kQuick).Observe(seconds);
  families_->engine_last.at({name}).Set(unix_seconds(at));
  for (const rules::AlertChange& change : effects.alerts) {
    families_->engine_changes.at({name, std::string(rules::to_string(change.kind))}).Increment();
  }
}

void Metrics::engine_state(std::string_view client, const rules::EngineStats& stats) {
  const std::lock_guard lock(families_->mutex);
  const std::string name(client);
  families_->engine_cells.at({name}).Set(static_cast<double>(stats.cells));
  families_->engine_cell_bytes.at({name}).Set(static_cast<double>(stats.cell_bytes));
  families_->engine_entities.at({name}).Set(static_cast<double>(stats.entities));
  families_->engine_checks.at({name}).Set(static_cast<double>(stats.checks));
}

void Metrics::journal_state(const JournalStats& stats) {
  const std::lock_guard lock(families_->mutex);
  follow(families_->journal_events.at({}), stats.events_total);
  follow(families_->journal_bytes.at({}), stats.bytes_total);
  follow(families_->journal_commits.at({}), stats.commits_total);
  follow(families_->journal_failed.at({}), stats.failed_commits_total);
  families_->journal_queued.at({}).Set(static_cast<double>(stats.queued_bytes));
  families_->journal_file.at({}).Set(static_cast<double>(stats.file_bytes));
  families_->journal_last.at({}).Set(stats.last_commit_seconds);
}

void Metrics::clock_state(rules::Duration ahead) {
  const std::lock_guard lock(families_->mutex);
  const double seconds = std::chrono::duration<double>(ahead).count();
  families_->clock_ahead.at({}).Set(std::max(seconds, 0.0));
}

void Metrics::outbox_state(const std::vector<OutboxBacklog>& backlog) {
  const std::lock_guard lock(families_->mutex);
  std::vector<std::string> integrations;
  for (const OutboxBacklog& each : backlog) {
    families_->outbox_messages.at({each.receiver, each.integration}).Set(static_cast<double>(each.messages));
    families_->outbox_oldest.at({each.receiver, each.integration})
        .Set(std::chrono::duration<double>(each.oldest).count());
    families_->outbox_superseded.at({each.receiver, each.integration});
    integrations.push_back(each.integration);
  }
  // A reload may take one from a receiver that stays.
  for (Labelled<Gauge>* family : {&families_->outbox_messages, &families_->outbox_oldest})
    family->keep_only("integration", integrations);
  families_->outbox_superseded.keep_only("integration", integrations);
}

void Metrics::process_state() {
  const std::optional<ProcessFigures> figures = read_process_figures();
  if (!figures) return;
  const std::lock_guard lock(families_->mutex);
  follow(families_->process_cpu.at({}), figures->cpu_seconds);
  families_->process_resident.at({}).Set(static_cast<double>(figures->resident_bytes));
  families_->process_virtual.at({}).Set(static_cast<double>(figures->virtual_bytes));
  families_->process_open.at({}).Set(static_cast<double>(figures->open_descriptors));
  families_->process_most.at({}).Set(static_cast<double>(figures->most_descriptors));
  families_->process_start.at({}).Set(figures->start_time_seconds);
}

void Metrics::reloaded(bool successful, rules::Timestamp at) {
  const std::lock_guard lock(families_->mutex);
  families_->reload_successful.at({}).Set(successful ? 1 : 0);
  if (successful) families_->reload_time.at({}).Set(unix_seconds(at));
}

void Metrics::http_answered(std::string_view handler, int status, double seconds) {
  const std::lock_guard lock(families_->mutex);
  const std::string name(handler);
  families_->http_requests.at({name, std::to_string(status)}).Increment();
  families_->http_duration.at({name}, kQuick).Observe(seconds);
}

void Metrics::forget_absent(const std::vector<std::string>& clients, const std::vector<std::string>& sources,
                            const std::vector<std::string>& receivers) {
  const std::lock_guard lock(families_->mutex);
  std::vector<std::string> kept = clients;
  kept.emplace_back();  // of sources that belong to no client
  families_->keep_only("client", kept);
  families_->keep_only("source", sources);
  families_->keep_only("receiver", receivers);
}

prometheus::Registry& Metrics::registry() {
  return families_->registry;
}

}  // namespace tightrope::daemon
