// Settings of the daemon itself: exported series, journal, HTTP.
#include <fmt/format.h>

#include <algorithm>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {

using namespace std::chrono_literals;

std::vector<ExportRule> read_exports(const std::vector<Cursor>& at, const Scope& scope) {
  std::vector<ExportRule> rules;
  for (const auto& cursor : at) {
    MappingReader in(cursor, kExportKeys);
    ExportRule rule;
    const auto at_kpi = in.get("kpi", Shape::text);
    if (const auto glob = at_kpi ? at_kpi->text() : std::nullopt) {
      rule.kpi = *glob;
      const auto kpis = scope.library.kpis();
      const bool any = std::any_of(kpis.begin(), kpis.end(), [&glob](const rules::Kpi& kpi) {
        return rules::glob_match(*glob, kpi.name);
      });
      if (!any && scope.broken.count(*glob) == 0) {
        at_kpi->unresolved(fmt::format("no KPI is called {}", in_quotes(at_kpi->node().text)), *glob,
                           scope.kpi_names());
      }
    }
    if (const auto levels = in.get("levels", Shape::names)) {
      for (const auto& item : levels->items()) {
        const auto name = item.name();
        const auto level = name ? scope.find_level(item, *name) : std::nullopt;
        if (level) rule.levels.push_back(*level);
      }
      if (levels->node().items.empty() && levels->node().kind == NodeKind::sequence)
        levels->error("names no level");
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

JournalSettings read_journal(const Cursor& at) {
  MappingReader in(at, kJournalKeys);
  JournalSettings journal;
  journal.retention = in.duration("retention", {24h, 24h * 3653}).value_or(journal.retention);
  journal.snapshot_every = in.duration("snapshot_every", {1s, 24h}).value_or(journal.snapshot_every);
  journal.most_queued_bytes = in.size("queue", {1u << 20, 16ull << 30}).value_or(journal.most_queued_bytes);
  return journal;
}

HttpSettings read_http(const Cursor& at) {
  MappingReader in(at, kHttpKeys);
  HttpSettings http;
  http.most_body_bytes = in.size("max_body", {1u << 10, 1u << 30}).value_or(http.most_body_bytes);
  http.most_connections =
      static_cast<std::uint32_t>(in.integer("max_connections", {1, 65'536}).value_or(http.most_connections));
  http.request_timeout = in.duration("timeout", {1s, 1h}).value_or(http.request_timeout);
  http.bearer_token = in.secret("bearer_token").value_or(Secret());
  return http;
}

}  // namespace tightrope::config
