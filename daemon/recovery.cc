#include "daemon/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace tightrope::daemon {
namespace {

// The first error of a document, as one line.
std::string first_problem(const config::Errors& errors) {
  return errors.empty() ? std::string("unknown") : errors.front().path + ": " + errors.front().problem;
}

bool restore(Recovered& into, const Snapshot& snapshot) {
  auto strategy = config::read_strategy(snapshot.document);
  auto* readable = std::get_if<rules::Strategy>(&strategy);
  if (!readable) return false;
  into.engine = rules::Engine::restore(std::move(*readable), snapshot.state);
  if (!into.engine) return false;
  into.document = snapshot.document;
  into.applied = snapshot.upto;
  into.newest = std::max(snapshot.at, into.engine->now());
  return true;
}

// Whether the first event held is the first there ever was.
std::variant<bool, JournalError> holds_everything(Journal& journal, std::string_view client) {
  std::optional<Sequence> noted;
  if (auto error = first_event_noted(journal, client, noted)) return std::move(*error);
  if (!noted) return false;
  Sequence first = 0;
  auto error = journal.read_events(client, 0, [&first](const JournalEvent& event) {
    first = event.sequence;
    return false;
  });
  if (error) return std::move(*error);
  return *noted == first;
}

}  // namespace

std::optional<JournalError> first_event_noted(Journal& journal, std::string_view client,
                                              std::optional<Sequence>& first) {
  std::vector<Record> records;
  if (auto error = journal.read_records(kFirstEvents, records)) return error;
  const auto noted = std::ranges::find(records, client, &Record::key);
  if (noted == records.end()) return std::nullopt;
  Sequence number = 0;
  const char* const end = noted->value.data() + noted->value.size();
  const auto parsed = std::from_chars(noted->value.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) first = number;
  return std::nullopt;
}

std::variant<rules::Effects, std::string> replay_event(Recovered& into, const rules::Event& event) {
  into.newest = std::max(into.newest, rules::time_of(event));
  const auto* change = std::get_if<rules::StrategyChange>(&event);
  if (!change) {
    if (!into.engine) return "the events do not begin with a strategy";
    return into.engine->apply(event);
  }
  auto strategy = config::read_strategy(change->document);
  auto* readable = std::get_if<rules::Strategy>(&strategy);
  if (!readable) {
    return fmt::format("the strategy adopted at {} cannot be read by this version: {}",
                       rules::to_rfc3339(change->at), first_problem(std::get<config::Errors>(strategy)));
  }
  into.document = change->document;
  if (into.engine) return into.engine->adopt(std::move(*readable), change->at);
  into.engine.emplace(std::move(*readable));
  return into.engine->apply(event);
}

std::variant<Recovered, JournalError> recover_engine(Journal& journal, std::string_view client) {
  Recovered recovered;
  std::optional<Snapshot> snapshot;
  if (auto error = journal.read_snapshot(client, snapshot)) return std::move(*error);
  if (snapshot && !restore(recovered, *snapshot)) {
    recovered = Recovered();
    auto everything = holds_everything(journal, client);
    if (auto* error = std::get_if<JournalError>(&everything)) return std::move(*error);
    if (!std::get<bool>(everything)) {
      return JournalError{
          .kind = JournalFailure::corrupt,
          .text = fmt::format("client {}: the snapshot of {} was taken by another version, and the events "
                              "before it were dropped by retention; start the version that took it, or "
                              "move the storage away to begin anew",
                              client, rules::to_rfc3339(snapshot->at))};
    }
  }
  const bool from_snapshot = recovered.engine.has_value();
  std::string problem;
  Sequence at = 0;
  auto error = journal.read_events(client, recovered.applied, [&](const JournalEvent& stored) {
    at = stored.sequence;
    const auto event = rules::decode(stored.payload);
    if (!event) {
      problem = "it is not an event of a version known here";
      return false;
    }
    auto replayed = replay_event(recovered, *event);
    if (auto* why = std::get_if<std::string>(&replayed)) {
      problem = std::move(*why);
      return false;
    }
    if (!from_snapshot && recovered.first == 0) recovered.first = stored.sequence;
    recovered.applied = stored.sequence;
    ++recovered.replayed;
    return true;
  });
  if (error) return std::move(*error);
  if (!problem.empty()) {
    return JournalError{.kind = JournalFailure::corrupt,
                        .text = fmt::format("client {}: event {} of the journal cannot be replayed: {}",
                                            client, at, problem)};
  }
  return recovered;
}

}  // namespace tightrope::daemon
