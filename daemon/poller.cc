#include "daemon/poller.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <utility>

#include "daemon/arrival_watch.h"
#include "daemon/deadline.h"
#include "daemon/logging.h"
#include "daemon/metrics.h"

namespace tightrope::daemon {
namespace {

constexpr std::int64_t kMostDays = 1000;  // of one poll

double seconds(Duration duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Poller::Failure Poller::failure_of(const collectors::CollectError& error) {
  using collectors::FailureKind;
  const bool may_pass = error.kind == FailureKind::temporary || error.kind == FailureKind::throttled;
  return {.reason = std::string(to_string(error.kind)),
          .text = error.text,
          .to_schedule = {.may_pass = may_pass, .retry_after = error.retry_after}};
}

PollPolicy policy_of(const config::Source& source) noexcept {
  PollPolicy policy;
  policy.every = source.every;
  policy.jitter = source.jitter;
  policy.most_retries = source.most_retries;
  return policy;
}

Duration stale_after(const config::Source& source) noexcept {
  if (source.stale_after > Duration(0)) return source.stale_after;
  return std::max<Duration>(source.every * 3, std::chrono::minutes(1));
}

SourceStatus first_status(const config::Source& source) {
  SourceStatus status;
  status.name = source.name;
  status.client = source.client;
  status.connector = source.connector;
  status.every = source.every;
  status.pushed = std::holds_alternative<config::PushSource>(source.kind);
  return status;
}

std::optional<Timestamp> newest_end(const rules::ObservationBatch& batch, const rules::Calendar& calendar) {
  // Buckets sort by day, and the whole day before its hours; but it ends after all of them.
  std::optional<rules::Bucket> newest;
  for (const auto& row : batch.rows) {
    if (row.value.is_missing()) continue;
    if (!newest || row.bucket.day > newest->day) {
      newest = row.bucket;
    } else if (row.bucket.day == newest->day && !newest->whole_day()) {
      if (row.bucket.whole_day() || row.bucket.hour > newest->hour) newest = row.bucket;
    }
  }
  if (!newest) return std::nullopt;
  return calendar.end_of(*newest);
}

Poller::Poller(config::Source source, std::unique_ptr<collectors::Collector> collector,
               collectors::Translation translation, PollerContext context, SourceStatus status)
    : source_(std::move(source)),
      collector_(std::move(collector)),
      translation_(std::move(translation)),
      context_(std::move(context)),
      log_(logger("poller")),
      status_(std::move(status)) {}

asio::awaitable<void> Poller::run() {
  schedule_.emplace(policy_of(source_), seed_of(source_.name), context_.clock.now());
  for (;;) {
    status_.next_poll = schedule_->next_poll();
    co_await context_.clock.sleep_until(schedule_->next_poll());
    co_await poll();
  }
}

asio::awaitable<void> Poller::poll() {
  Slots::Slot slot = co_await context_.slots.take();
  const Timestamp began = context_.clock.now();
  const Timestamp deadline = began + source_.deadline;
  schedule_->begin(began);
  status_.breaker = schedule_->breaker();
  status_.last_attempt = began;
  for (;;) {
    Tried tried = co_await collect(deadline);
    std::optional<Failure> failed;
    if (auto* figures = std::get_if<Figures>(&tried)) {
      failed = co_await hand_over(std::move(*figures));
    } else {
      failed = std::move(std::get<Failure>(tried));
    }
    if (!failed) {
      co_await look(failed);
      end(began, failed);
      co_return;
    }
    const Failure& failure = *failed;
    const Timestamp now = context_.clock.now();
    const std::optional<Timestamp> again = schedule_->retry(now, failure.to_schedule, deadline);
    if (!again) {
      co_await look(failed);
      end(began, failed);
      co_return;
    }
    log_->debug("try failed, again in {:.1f}s source={} try={} reason={} error={}", seconds(*again - now),
                source_.name, schedule_->tries() - 1, failure.reason, quoted(failure.text));
    // Whoever backs off keeps nobody from polling.
    slot = Slots::Slot();
    co_await context_.clock.sleep_until(*again);
    slot = co_await context_.slots.take();
  }
}

asio::awaitable<Poller::Tried> Poller::collect(Timestamp deadline) {
  const Timestamp now = context_.clock.now();
  const rules::Day today = translation_.source_calendar().day_of(now);
  const auto lookback = std::chrono::ceil<std::chrono::days>(source_.lookback).count();
  const int days = static_cast<int>(std::clamp<std::int64_t>(lookback, 1, kMostDays));
  const collectors::CollectRequest request{
      .days = {.first = today - (days - 1), .last = today}, .now = now, .deadline = deadline};
  Tried tried;
  try {
    auto work = collector_->collect(request);
    collectors::CollectResult result = co_await with_deadline(context_.clock, deadline, std::move(work));
    if (result) {
      tried = Figures{.first = request.days.first, .collected = std::move(*result)};
    } else {
      tried = failure_of(result.error());
    }
  } catch (const DeadlinePassed&) {
    const auto limit = std::chrono::duration<double>(source_.deadline).count();
    tried = Failure{
        .reason = "timeout", .text = fmt::format("no complete answer within {}s", limit), .to_schedule = {}};
  } catch (const boost::system::system_error&) {
    throw;  // cancelled
  } catch (const std::exception& error) {
    tried = Failure{.reason = "internal", .text = error.what(), .to_schedule = {}};
  }
  co_return tried;
}

asio::awaitable<void> Poller::look(const std::optional<Failure>& failure) {
  if (!context_.watch) co_return;
  if (failure && failure->reason == to_string(collectors::FailureKind::bad_data))
    context_.watch->unreadable(failure->text, translation_.source_calendar().day_of(context_.clock.now()));
  auto telling = context_.watch->tell();
  co_await std::move(telling);
}

asio::awaitable<std::optional<Poller::Failure>> Poller::hand_over(Figures figures) {
  collectors::Collected& collected = figures.collected;
  // Before the figures are given away; it is told when they are safe.
  if (context_.watch)
    context_.watch->arrived(collected, translation_.source_calendar().day_of(collected.batch.learnt));
  const std::optional<Timestamp> end = newest_end(collected.batch, translation_.source_calendar());
  std::optional<rules::Coverage> covered;
  if (collected.complete) covered = translation_.coverage(*collected.complete);
  auto handing = context_.hand_over(translation_.apply(std::move(collected.batch), figures.first), covered);
  const Taken<Accepted> taken = co_await std::move(handing);
  std::optional<Failure> failure;
  if (!taken) {
    const Refusal refusal = taken.error();
    const bool overloaded = refusal.kind == Refusal::Kind::overloaded;
    failure = Failure{.reason = overloaded ? "overloaded" : "not_durable",
                      .text = refusal.text,
                      .to_schedule = {.may_pass = true, .retry_after = {}}};
    co_return failure;
  }
  const auto& newest = collected.newest;
  if (newest) status_.newest_day = std::max(status_.newest_day.value_or(*newest), *newest);
  if (end) status_.newest_end = std::max(status_.newest_end.value_or(*end), *end);
  status_.observations_total += taken->changed;
  status_.restated_total += taken->restated;
  status_.rows_read_total += collected.rows_read;
  if (partial_.news(collected.partial)) {
    if (collected.partial.empty()) {
      log_->info("answers are whole again source={}", source_.name);
    } else {
      log_->warn("answers may lack figures, none are taken back source={} reason={}", source_.name,
                 quoted(collected.partial));
    }
  }
  if (outside_.news(taken->outside > 0 ? "outside" : "") && taken->outside > 0) {
    log_->warn(
        "figures left out: they are older than what is kept, or of days that are not yet here source={} "
        "figures={} of={}",
        source_.name, taken->outside, collected.rows_read);
  }
  context_.metrics.source_received(source_.name, source_.client, taken->changed, taken->restated);
  log_->debug("polled source={} rows={} changed={} restated={} outside={} requests={} bytes={}", source_.name,
              collected.rows_read, taken->changed, taken->restated, taken->outside, collected.requests,
              collected.bytes);
  co_return failure;
}

void Poller::end(Timestamp began, const std::optional<Failure>& failure) {
  const Timestamp now = context_.clock.now();
  const BreakerState before = status_.breaker;
  if (failure) {
    schedule_->failed(now);
    status_.last_error = failure->text;
    status_.last_error_reason = failure->reason;
  } else {
    schedule_->succeeded(now);
    status_.last_success = now;
    status_.last_error.clear();
    status_.last_error_reason.clear();
  }
  status_.last_duration = now - began;
  status_.failures_in_row = schedule_->failures_in_row();
  status_.breaker = schedule_->breaker();
  status_.next_poll = schedule_->next_poll();
  if (repeated_.news(failure ? failure->reason + ": " + failure->text : std::string())) {
    if (failure) {
      log_->warn("poll failed, next in {:.0f}s source={} reason={} error={}",
                 seconds(schedule_->next_poll() - now), source_.name, failure->reason, quoted(failure->text));
    } else {
      log_->info("poll succeeds again source={}", source_.name);
    }
  }
  if (before == BreakerState::closed && status_.breaker == BreakerState::open) {
    log_->warn("source left alone but for probes after {} failed polls, next in {:.0f}s source={}",
               status_.failures_in_row, seconds(schedule_->next_poll() - now), source_.name);
  }
  context_.metrics.source_polled(status_, !failure, seconds(status_.last_duration));
}

}  // namespace tightrope::daemon
