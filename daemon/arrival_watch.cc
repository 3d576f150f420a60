#include "daemon/arrival_watch.h"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "daemon/logging.h"
#include "daemon/metrics.h"

namespace tightrope::daemon {
namespace {

using Findings = std::vector<rules::SourceFinding>;

bool has(const Findings& list, const rules::SourceFinding& finding) {
  return std::ranges::any_of(
      list, [&](const rules::SourceFinding& other) { return rules::is_same_finding(other, finding); });
}

}  // namespace

ArrivalWatch::ArrivalWatch(const config::Source& source, const rules::Dimensions& dimensions,
                           Metrics& metrics, FindingStore* store)
    : source_(source.name),
      client_(source.client),
      metrics_(metrics),
      store_(store),
      log_(logger("source")),
      checks_(source.ignored_findings, source.rates.has_value(), dimensions) {}

asio::awaitable<void> ArrivalWatch::resume() {
  if (!store_) co_return;
  if (const auto bytes = store_->memory(source_)) {
    if (auto memory = collectors::ArrivalMemory::decode(*bytes)) checks_.resume(std::move(*memory), {});
    const auto& days = checks_.memory().days();
    if (!days.empty()) kept_ = days.rbegin()->first;
  }
  if (client_.empty()) co_return;
  auto asking = store_->known(client_, source_);
  Findings known = co_await std::move(asking);
  told_ = known;
  logged_ = known;
  checks_.resume(checks_.memory(), std::move(known));
}

void ArrivalWatch::go_on_from(const ArrivalWatch& before) {
  checks_.resume(before.checks_.memory(), before.checks_.findings());
  logged_ = before.logged_;
  told_ = before.told_;
  kept_ = before.kept_;
}

void ArrivalWatch::arrived(const collectors::Collected& collected, rules::Day today) {
  today_ = today;
  checks_.arrived(collected, today);
}

void ArrivalWatch::unreadable(std::string_view error, rules::Day today) {
  today_ = today;
  checks_.unreadable(error, today);
}

void ArrivalWatch::log_changes() {
  const Findings& now = checks_.findings();
  if (now == logged_) return;
  for (const rules::SourceFinding& finding : now) {
    if (has(logged_, finding)) continue;
    log_->warn("found source={} finding={} entity={} text={}", source_, to_string(finding.kind),
               quoted(rules::to_string(finding.entity)), quoted(finding.text));
    metrics_.source_found(source_, client_, finding.kind);
  }
  for (const rules::SourceFinding& finding : logged_) {
    if (has(now, finding)) continue;
    log_->info("found no more source={} finding={} entity={} text={}", source_, to_string(finding.kind),
               quoted(rules::to_string(finding.entity)), quoted(finding.text));
  }
  logged_ = now;
}

asio::awaitable<void> ArrivalWatch::tell() {
  log_changes();
  if (!store_) co_return;
  // Once a day is enough: of what came since, the next read has the days that matter.
  if (kept_ != today_) {
    kept_ = today_;
    store_->keep_memory(source_, checks_.memory().encode());
  }
  if (client_.empty() || told_ == checks_.findings()) co_return;
  Findings findings = checks_.findings();
  auto telling = store_->tell(client_, source_, findings);
  const Taken<Accepted> taken = co_await std::move(telling);
  if (taken) told_ = std::move(findings);
}

}  // namespace tightrope::daemon
