// The daemon's own metrics.
#include "daemon/metrics.h"

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <algorithm>

#include "collectors/collector.h"
#include "daemon/sample_text.h"
#include "tests/daemon/exposition_reader.h"

namespace tightrope::daemon {
namespace {

using testing::Dialect;
using testing::Exposition;
using testing::read_exposition;
using namespace std::chrono_literals;

constexpr rules::Timestamp kNow{std::chrono::milliseconds(1'800'000'000'500)};

std::string text_of(Metrics& metrics, MetricsFormat format = MetricsFormat::text) {
  SampleText out;
  write_families(out, metrics.registry().Collect(), format);
  std::vector<std::string_view> parts;
  out.parts(parts);
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

Exposition read(Metrics& metrics) {
  const Exposition page = read_exposition(text_of(metrics));
  EXPECT_EQ(page.faults, std::vector<std::string>());
  return page;
}

SourceStatus shop() {
  SourceStatus status;
  status.name = "shop";
  status.client = "acme";
  status.last_success = kNow - 60s;
  status.next_poll = kNow + 60s;
  status.newest_end = kNow - 2h;
  status.findings.resize(2);
  for (rules::SourceFinding& finding : status.findings) finding.kind = rules::SourceFindingKind::empty_day;
  return status;
}

// Something of everything.
void fill(Metrics& metrics) {
  metrics.source_polled(shop(), true, 0.5);
  SourceStatus failed = shop();
  failed.last_error_reason = "timeout";
  metrics.source_polled(failed, false, 30);
  metrics.source_received("shop", "acme", 12, 3);
  metrics.source_state(shop(), kNow);
  metrics.source_found("shop", "acme", rules::SourceFindingKind::empty_day);
  metrics.notified({.kind = OutboxEvent::Kind::delivered,
                    .receiver = "oncall",
                    .integration = "oncall/slack[0]",
                    .latency = 20ms,
                    .text = ""});
  metrics.notified({.kind = OutboxEvent::Kind::failed_try,
                    .receiver = "oncall",
                    .integration = "oncall/slack[0]",
                    .latency = 0ms,
                    .text = "no"});
  metrics.notified({.kind = OutboxEvent::Kind::dropped,
                    .receiver = "oncall",
                    .integration = "oncall/slack[0]",
                    .latency = 0ms,
                    .text = "no"});
  rules::Effects effects;
  effects.alerts.push_back({.kind = rules::AlertChange::Kind::fired, .at = kNow, .alert = {}});
  metrics.engine_applied("acme", 0.002, effects, kNow);
  metrics.engine_state("acme", {.entities = 2, .cells = 30, .checks = 4, .cell_bytes = 5000});
  JournalStats journal;
  journal.events_total = 7;
  journal.bytes_total = 700;
  journal.commits_total = 5;
  journal.failed_commits_total = 1;
  journal.queued_bytes = 10;
  journal.file_bytes = 4096;
  journal.last_commit_seconds = 0.0005;
  metrics.journal_state(journal);
  metrics.outbox_state({{"oncall", "oncall/slack[0]", 3, 90s}, {"oncall", "oncall/webhook[0]", 0, 0s}});
  metrics.notified({.kind = OutboxEvent::Kind::superseded,
                    .receiver = "oncall",
                    .integration = "oncall/slack[0]",
                    .latency = 0ms,
                    .text = ""});
  metrics.process_state();
  metrics.reloaded(true, kNow);
  metrics.http_answered("alerts", 200, 0.001);
  metrics.http_answered("alerts", 400, 0.001);
}

TEST(MetricsTest, WhatWaitsIsShownForEachIntegrationThatIsConfigured) {
  Metrics metrics;
  fill(metrics);
  const Exposition page = read(metrics);
  EXPECT_EQ(page.value("tightrope_outbox_messages", {{"integration", "oncall/slack[0]"}}), 3);
  EXPECT_EQ(page.value("tightrope_outbox_oldest_seconds", {{"integration", "oncall/slack[0]"}}), 90);
  EXPECT_EQ(page.value("tightrope_outbox_messages", {{"integration", "oncall/webhook[0]"}}), 0);
  EXPECT_EQ(page.value("tightrope_outbox_superseded_total", {{"integration", "oncall/slack[0]"}}), 1);
  metrics.outbox_state({{"oncall", "oncall/slack[0]", 0, 0s}});
  EXPECT_EQ(read(metrics).count("tightrope_outbox_messages"), 1u) << "the other is no longer configured";
}

TEST(MetricsTest, EveryEventIsCounted) {
  Metrics metrics;
  fill(metrics);
  const Exposition page = read(metrics);
  EXPECT_EQ(page.value("tightrope_source_poll_duration_seconds_count", {{"source", "shop"}}), 2);
  EXPECT_EQ(page.value("tightrope_source_poll_duration_seconds_sum", {{"source", "shop"}}), 30.5);
  EXPECT_EQ(page.value("tightrope_source_errors_total",
                       {{"source", "shop"}, {"client", "acme"}, {"reason", "timeout"}}),
            1);
  EXPECT_EQ(page.value("tightrope_source_observations_total", {{"source", "shop"}}), 12);
  EXPECT_EQ(page.value("tightrope_source_restated_total", {{"source", "shop"}}), 3);
  EXPECT_EQ(page.value("tightrope_source_last_success_timestamp_seconds", {{"source", "shop"}}),
            1'799'999'940.5);
  EXPECT_EQ(page.value("tightrope_source_next_poll_timestamp_seconds", {{"source", "shop"}}),
            1'800'000'060.5);
  EXPECT_EQ(page.value("tightrope_source_data_age_seconds", {{"source", "shop"}}), 7200);
  EXPECT_EQ(page.value("tightrope_source_stale", {{"source", "shop"}}), 0);
  EXPECT_EQ(page.value("tightrope_source_findings", {{"source", "shop"}, {"finding", "empty_day"}}), 2);
  EXPECT_EQ(page.value("tightrope_source_findings", {{"source", "shop"}, {"finding", "schema_drift"}}), 0);
  EXPECT_EQ(
      page.value("tightrope_source_findings_begun_total", {{"source", "shop"}, {"finding", "empty_day"}}), 1);
  EXPECT_EQ(page.value("tightrope_notifications_total", {{"receiver", "oncall"}}), 2);
  EXPECT_EQ(
      page.value("tightrope_notifications_failed_total", {{"receiver", "oncall"}, {"reason", "failed_try"}}),
      1);
  EXPECT_EQ(
      page.value("tightrope_notifications_failed_total", {{"receiver", "oncall"}, {"reason", "dropped"}}), 1);
  EXPECT_EQ(
      page.value("tightrope_notification_latency_seconds_bucket", {{"receiver", "oncall"}, {"le", "0.025"}}),
      1);
  EXPECT_EQ(page.value("tightrope_engine_events_total", {{"client", "acme"}}), 1);
  EXPECT_EQ(page.value("tightrope_engine_cells", {{"client", "acme"}}), 30);
  EXPECT_EQ(page.value("tightrope_engine_checks", {{"client", "acme"}}), 4);
  EXPECT_EQ(page.value("tightrope_engine_last_event_timestamp_seconds", {{"client", "acme"}}),
            1'800'000'000.5);
  EXPECT_EQ(page.value("tightrope_engine_alert_changes_total", {{"client", "acme"}, {"kind", "fired"}}), 1);
  EXPECT_EQ(page.value("tightrope_engine_apply_seconds_bucket", {{"client", "acme"}, {"le", "+Inf"}}), 1);
  EXPECT_EQ(page.value("tightrope_engine_apply_seconds_bucket", {{"client", "acme"}, {"le", "1.0"}}), 1);
  EXPECT_EQ(page.value("tightrope_journal_appended_events_total"), 7);
  EXPECT_EQ(page.value("tightrope_journal_failed_commits_total"), 1);
  EXPECT_EQ(page.value("tightrope_journal_last_commit_seconds"), 0.0005);
  EXPECT_EQ(page.value("tightrope_config_last_reload_successful"), 1);
  EXPECT_EQ(page.value("tightrope_config_last_reload_success_timestamp_seconds"), 1'800'000'000.5);
  EXPECT_EQ(page.value("tightrope_http_requests_total", {{"handler", "alerts"}, {"code", "400"}}), 1);
  EXPECT_EQ(page.value("tightrope_http_request_duration_seconds_count", {{"handler", "alerts"}}), 2);
  EXPECT_EQ(page.count("tightrope_build_info"), 1u);
}

TEST(MetricsTest, ErrorCountersStandAtZeroBeforeTheFirstError) {
  Metrics metrics;
  metrics.source_configured("shop", "acme");
  metrics.receiver_configured("oncall");
  const Exposition page = read(metrics);
  for (const std::string reason : {"temporary", "timeout", "bad_data", "unauthorized", "not_durable"}) {
    EXPECT_EQ(page.value("tightrope_source_errors_total",
                         {{"source", "shop"}, {"client", "acme"}, {"reason", reason}}),
              0)
        << reason;
  }
  EXPECT_EQ(page.count("tightrope_source_errors_total"), kPollFailures.size());
  EXPECT_EQ(page.value("tightrope_notifications_total", {{"receiver", "oncall"}}), 0);
  for (const std::string reason : {"failed_try", "refused", "too_old", "dropped"}) {
    EXPECT_EQ(
        page.value("tightrope_notifications_failed_total", {{"receiver", "oncall"}, {"reason", reason}}), 0)
        << reason;
  }
}

TEST(MetricsTest, EveryReasonForWhichACollectorFailsIsCounted) {
  using collectors::FailureKind;
  for (const FailureKind kind : {FailureKind::temporary, FailureKind::throttled, FailureKind::unauthorized,
                                 FailureKind::rejected, FailureKind::bad_data}) {
    EXPECT_NE(std::ranges::find(kPollFailures, collectors::to_string(kind)), kPollFailures.end());
  }
}

TEST(MetricsTest, TotalsOfTheJournalAreFollowedAndNotAdded) {
  Metrics metrics;
  JournalStats journal;
  for (const std::uint64_t total : {5u, 9u, 9u}) {
    journal.events_total = total;
    metrics.journal_state(journal);
  }
  EXPECT_EQ(read(metrics).value("tightrope_journal_appended_events_total"), 9);
}

TEST(MetricsTest, FailedReloadKeepsTheTimeOfTheLastGoodOne) {
  Metrics metrics;
  metrics.reloaded(true, kNow);
  metrics.reloaded(false, kNow + 1h);
  const Exposition page = read(metrics);
  EXPECT_EQ(page.value("tightrope_config_last_reload_successful"), 0);
  EXPECT_EQ(page.value("tightrope_config_last_reload_success_timestamp_seconds"), 1'800'000'000.5);
}

TEST(MetricsTest, DataAheadOfTheClockIsNotYoungerThanNow) {
  Metrics metrics;
  SourceStatus status = shop();
  status.newest_end = kNow + 3h;
  metrics.source_state(status, kNow);
  EXPECT_EQ(read(metrics).value("tightrope_source_data_age_seconds"), 0);
}

TEST(MetricsTest, UnknownTimesHaveNoSample) {
  Metrics metrics;
  SourceStatus status = shop();
  status.last_success.reset();
  status.newest_end.reset();
  metrics.source_state(status, kNow);
  const Exposition page = read(metrics);
  EXPECT_EQ(page.count("tightrope_source_last_success_timestamp_seconds"), 0u);
  EXPECT_EQ(page.count("tightrope_source_data_age_seconds"), 0u);
}

TEST(MetricsTest, WhatIsNoLongerConfiguredIsForgotten) {
  Metrics metrics;
  fill(metrics);
  metrics.forget_absent({"other"}, {"shop"}, {});
  Exposition page = read(metrics);
  EXPECT_EQ(page.count("tightrope_engine_events_total"), 0u);
  EXPECT_EQ(page.count("tightrope_source_observations_total"), 0u);  // of a client that is gone
  EXPECT_EQ(page.count("tightrope_notifications_total"), 0u);
  EXPECT_EQ(page.count("tightrope_build_info"), 1u);
  fill(metrics);
  page = read(metrics);
  EXPECT_EQ(page.value("tightrope_source_observations_total"), 12);  // and begins again
}

TEST(MetricsTest, CountersOfASourceThatBelongsToNoClientOutliveAReload) {
  Metrics metrics;
  metrics.source_received("ecb", "", 12, 3);
  metrics.source_received("old_bank", "", 1, 0);
  metrics.forget_absent({"acme"}, {"ecb"}, {});
  const Exposition page = read(metrics);
  EXPECT_EQ(page.value("tightrope_source_observations_total", {{"source", "ecb"}}), 12);
  EXPECT_EQ(page.count("tightrope_source_observations_total"), 1u);
}

TEST(MetricsTest, ProcessFiguresAreThoseOfThisProcess) {
  Metrics metrics;
  metrics.process_state();
  const Exposition page = read(metrics);
  EXPECT_GT(page.value("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(page.value("process_virtual_memory_bytes"), page.value("process_resident_memory_bytes"));
  EXPECT_GE(page.value("process_open_fds"), 3);
  EXPECT_GE(page.value("process_max_fds"), page.value("process_open_fds"));
  EXPECT_GE(page.value("process_cpu_seconds_total"), 0);
  EXPECT_GT(page.value("process_start_time_seconds"), 1e9);
}

TEST(MetricsTest, OpenMetricsIsReadable) {
  Metrics metrics;
  fill(metrics);
  const Exposition page =
      read_exposition(text_of(metrics, MetricsFormat::openmetrics) + "# EOF\n", Dialect::openmetrics);
  EXPECT_EQ(page.faults, std::vector<std::string>());
  EXPECT_EQ(page.families.at("tightrope_source_observations").type, "counter");
  EXPECT_EQ(page.value("tightrope_source_observations_total"), 12);
}

TEST(MetricsTest, PromtoolHasNothingToSay) {
  Metrics metrics;
  fill(metrics);
  const testing::Promtool said = testing::check_with_promtool(text_of(metrics));
  if (!said.found) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(said.output, "");
  EXPECT_EQ(said.status, 0);
}

prometheus::MetricFamily family(prometheus::MetricType type) {
  prometheus::MetricFamily result;
  result.name = "x";
  result.help = "a \"quoted\" back\\slash\nand line";
  result.type = type;
  result.metric.resize(1);
  result.metric[0].label = {{"l", "v\"\\\n"}};
  return result;
}

TEST(WriteFamiliesTest, HelpAndLabelsAreEscaped) {
  for (const auto& [format, dialect] : {std::pair(MetricsFormat::text, Dialect::text),
                                        std::pair(MetricsFormat::openmetrics, Dialect::openmetrics)}) {
    SampleText out;
    write_families(out, {family(prometheus::MetricType::Gauge)}, format);
    if (dialect == Dialect::openmetrics) out.append("# EOF\n");
    std::vector<std::string_view> parts;
    out.parts(parts);
    const Exposition page = read_exposition(parts.front(), dialect);
    EXPECT_EQ(page.faults, std::vector<std::string>());
    EXPECT_EQ(page.families.at("x").help, "a \"quoted\" back\\slash\nand line");
    EXPECT_EQ(page.families.at("x").samples.front().labels.at("l"), "v\"\\\n");
  }
}

TEST(WriteFamiliesTest, NotANumberIsSpeltAsPrometheusReadsIt) {
  prometheus::MetricFamily gauge = family(prometheus::MetricType::Gauge);
  gauge.metric[0].gauge.value = std::numeric_limits<double>::quiet_NaN();
  SampleText out;
  write_families(out, {gauge}, MetricsFormat::text);
  std::vector<std::string_view> parts;
  out.parts(parts);
  EXPECT_TRUE(parts.front().ends_with(" NaN\n"));
}

}  // namespace
}  // namespace tightrope::daemon
