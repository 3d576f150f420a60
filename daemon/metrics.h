// The daemon's own metrics, in prometheus-cpp's registry. The KPI families are not here: see exposition.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/journal.h"
#include "daemon/outbox.h"
#include "daemon/source_status.h"
#include "rules/engine.h"

namespace prometheus {
class Registry;
}

namespace tightrope::daemon {

// Any thread. Labels come only from the configuration, so their number is bounded.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  // The counters of errors stand at 0 before the first one, so that its increase is seen. For a source that
  // is polled, and for a receiver.
  void source_configured(std::string_view source, std::string_view client);
  void receiver_configured(std::string_view receiver);
  // After each poll: its duration, and an error by its reason.
  void source_polled(const SourceStatus& status, bool succeeded, double seconds);
  void source_received(std::string_view source, std::string_view client, std::uint64_t observations,
                       std::uint64_t restated);
  // A finding has begun.
  void source_found(std::string_view source, std::string_view client, rules::SourceFindingKind finding);
  void source_state(const SourceStatus& status, rules::Timestamp now);  // at scrape time
  void notified(const OutboxEvent& event);
  void engine_applied(std::string_view client, double seconds, const rules::Effects& effects,
                      rules::Timestamp at);
  void engine_state(std::string_view client, const rules::EngineStats& stats);  // at scrape time
  void journal_state(const JournalStats& stats);                                // at scrape time
  // By how much the time of events is ahead of the system's clock; nothing where it is not.
  void clock_state(rules::Duration ahead);
  void outbox_state(const std::vector<OutboxBacklog>& backlog);  // at scrape time
  void process_state();                                          // at scrape time; reads /proc/self
  void reloaded(bool successful, rules::Timestamp at);
  void http_answered(std::string_view handler, int status, double seconds);
  // Label sets of clients, sources and receivers that are no longer configured are removed.
  void forget_absent(const std::vector<std::string>& clients, const std::vector<std::string>& sources,
                     const std::vector<std::string>& receivers);

  prometheus::Registry& registry();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace tightrope::daemon
