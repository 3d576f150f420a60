#include "daemon/journalled_findings.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tightrope::daemon {

std::optional<JournalError> JournalledFindings::open() {
  std::vector<Record> records;
  if (auto error = journal_.read_records(kArrivalMemories, records)) return error;
  for (Record& record : records) memories_.emplace(std::move(record.key), std::move(record.value));
  return std::nullopt;
}

asio::awaitable<Taken<Accepted>> JournalledFindings::tell(std::string client, std::string source,
                                                          std::vector<rules::SourceFinding> findings) {
  ClientRuntime* const runtime = clients_.find(client);
  Taken<Accepted> taken = Accepted();
  if (!runtime) co_return taken;
  rules::SourceFindings told{.at = {}, .source = std::move(source), .findings = std::move(findings)};
  auto telling = runtime->tell(std::move(told));
  taken = co_await std::move(telling);
  co_return taken;
}

asio::awaitable<std::vector<rules::SourceFinding>> JournalledFindings::known(std::string client,
                                                                             std::string source) {
  std::vector<rules::SourceFinding> findings;
  if (ClientRuntime* const runtime = clients_.find(client)) {
    std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
      findings = engine.findings_of(source);
    };
    co_await runtime->view(std::move(read));
  }
  co_return findings;
}

asio::awaitable<void> JournalledFindings::keep_only(std::string client, std::vector<std::string> sources) {
  ClientRuntime* const runtime = clients_.find(client);
  if (!runtime) co_return;
  std::vector<std::string> known;
  std::function<void(const rules::Engine&)> read = [&known](const rules::Engine& engine) {
    known = engine.sources_with_findings();
  };
  co_await runtime->view(std::move(read));
  for (const std::string& source : known) {
    if (std::ranges::find(sources, source) != sources.end()) continue;
    auto telling = tell(client, source, {});
    co_await std::move(telling);
  }
}

std::optional<std::string> JournalledFindings::memory(const std::string& source) {
  auto found = memories_.extract(source);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

void JournalledFindings::keep_memory(std::string source, std::string bytes) {
  std::vector<RecordChange> changes{
      {.table = std::string(kArrivalMemories), .key = std::move(source), .value = std::move(bytes)}};
  journal_.write(std::move(changes), [](const std::optional<JournalError>&) {});
}

}  // namespace tightrope::daemon
