// `tightrope import`: history from a file into the journal, day by day, as if each day had been learnt when
// it ended.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/clock.h"
#include "daemon/commands/command.h"
#include "daemon/commands/known_before.h"
#include "daemon/commands/reading.h"
#include "daemon/journalled_engine.h"

namespace tightrope::daemon::commands {
namespace {

constexpr std::uint64_t kMostFileBytes = 8ull << 30;  // the operator's own file, read once
constexpr rules::Duration kLongestReading = std::chrono::hours(6);
constexpr std::size_t kProgressEvery = 100;  // days
constexpr std::int64_t kSpareDays = 30;      // of a retention that is recommended
constexpr std::int64_t kMostDays = 3'653;    // of journal.retention

struct ImportOptions {
  std::string config_file;
  std::string storage_path = "data";
  std::string known_at;  // "": each day's end
  std::string file;
  std::string source;
};

struct Totals {
  std::size_t days = 0;
  std::uint64_t figures = 0;
  std::uint64_t journalled = 0;
  std::uint64_t changed = 0;
  std::uint64_t restated = 0;
  std::uint64_t outside = 0;
};

// The source as configured, but reading the file. Nothing when its connector cannot.
std::optional<config::Source> reading_from(config::Source source, const std::string& file) {
  auto* csv = std::get_if<config::CsvSource>(&source.kind);
  if (!csv) return std::nullopt;
  csv->url.clear();
  csv->path = std::filesystem::absolute(file).string();
  source.most_bytes = kMostFileBytes;
  source.deadline = kLongestReading;
  return source;
}

// The figures of a file, by the day they belong to.
std::map<rules::Day, rules::ObservationBatch> by_day(const rules::ObservationBatch& all) {
  std::map<rules::Day, std::vector<const rules::ObservationBatch::Row*>> rows;
  for (const auto& row : all.rows) rows[row.bucket.day].push_back(&row);
  std::map<rules::Day, rules::ObservationBatch> days;
  for (const auto& [day, of_day] : rows) {
    rules::BatchBuilder builder(all.source, all.learnt);
    for (const auto* row : of_day)
      builder.add(builder.entity(all.entities[row->entity]), builder.metric(all.metrics[row->metric]),
                  row->bucket, row->value);
    days.emplace(day, std::move(builder).take());
  }
  return days;
}

// Hands one batch over and waits. The context is the engine's strand: nothing else runs on it.
Outcome hand_over(asio::io_context& io, JournalledEngine& engine, rules::ObservationBatch batch) {
  std::optional<Outcome> outcome;
  auto work = asio::make_work_guard(io);
  engine.observe(std::move(batch), JournalledEngine::Learnt::as_given, std::nullopt,
                 [&](const Outcome& given) {
                   outcome = given;
                   work.reset();
                 });
  io.restart();
  while (!outcome) io.run_one();
  io.poll();
  return std::move(*outcome);
}

std::optional<JournalError> save(asio::io_context& io, JournalledEngine& engine) {
  std::optional<std::optional<JournalError>> saved;
  auto work = asio::make_work_guard(io);
  engine.save([&](std::optional<JournalError> error) { saved = std::move(error); });
  io.restart();
  while (!saved) io.run_one();
  io.poll();
  return std::move(*saved);
}

// What is to be imported.
struct Import {
  const std::map<rules::Day, rules::ObservationBatch>& days;
  std::optional<rules::Timestamp> known_at;  // nothing: each day at its end
  rules::Timestamp now;
};

rules::Timestamp known_when(const Import& import, const rules::Calendar& of_client, rules::Day day) {
  return import.known_at.value_or(std::min(of_client.start_of(day + 1) - rules::Duration(1), import.now));
}

// Nothing after saying what went wrong.
std::optional<Totals> import_into(const config::Client& client, const Import& import, Journal& journal,
                                  std::ostream& err) {
  asio::io_context io(1);
  const auto clock = make_system_clock(io.get_executor());
  const std::string& name = client.strategy.client;
  const auto engine = std::make_shared<JournalledEngine>(io.get_executor(), *clock, journal, name,
                                                         [](double, const rules::Effects&, Timestamp) {});
  if (const auto started = engine->recover(client); started.error) {
    err << started.error->text << "\n";
    return std::nullopt;
  }
  Totals totals;
  const rules::Calendar& of_client = engine->engine().calendar();
  auto days = import.days;
  for (auto& [day, batch] : days) {
    batch.learnt = known_when(import, of_client, day);
    batch = engine->named(std::move(batch));
    totals.figures += batch.rows.size();
  }
  if (const auto error = drop_known(journal, name, days)) {
    err << error->text << "\n";
    return std::nullopt;
  }
  for (auto& [day, batch] : days) {
    const Outcome outcome = hand_over(io, *engine, std::move(batch));
    if (outcome.error) {
      err << "stopped at " << to_string(day) << " of " << name << ": " << outcome.error->text << "\n"
          << "the days before it are imported; import the file again to go on\n";
      return std::nullopt;
    }
    ++totals.days;
    totals.changed += outcome.changed;
    totals.restated += outcome.restated;
    totals.outside += outcome.outside;
    if (totals.days % kProgressEvery == 0)
      err << totals.days << " of " << days.size() << " days, up to " << to_string(day) << "\n";
  }
  if (const auto error = save(io, *engine))
    err << "no snapshot, the next start replays what was imported: " << error->text << "\n";
  return totals;
}

void print(const Totals& totals, std::ostream& out) {
  const std::uint64_t known = totals.figures - totals.changed - totals.outside;
  out << fmt::format("{} figures: {} new or different, {} of them restated, {} known already", totals.figures,
                     totals.changed, totals.restated, known);
  if (totals.outside > 0)
    out << fmt::format(", {} too old to be shown and kept for backtests", totals.outside);
  out << "\n";
}

// The daemon prunes events by when they became known; said before anybody counts on what was imported.
void warn_of_retention(const Import& import, const rules::Calendar& calendar, rules::Duration retention,
                       std::ostream& err) {
  const auto known = [&](rules::Day day) { return known_when(import, calendar, day); };
  const auto first_kept = std::ranges::find_if(
      import.days, [&](const auto& of_day) { return known(of_day.first) >= import.now - retention; });
  const auto dropped = std::distance(import.days.begin(), first_kept);
  if (dropped == 0) return;
  const auto needed = std::chrono::ceil<std::chrono::days>(import.now - known(import.days.begin()->first));
  const auto kept = std::chrono::floor<std::chrono::days>(retention);
  err << fmt::format(
      "{} of the days, up to {}, became known longer ago than journal.retention ({}d): backtests have them "
      "until "
      "the daemon runs, which drops them; to keep them, write journal: {{retention: {}d}}\n",
      dropped, to_string(std::prev(first_kept)->first), kept.count(),
      std::min(needed.count() + kSpareDays, kMostDays));
}

int import(const ImportOptions& options, std::ostream& out, std::ostream& err) {
  const auto configuration = load_configuration(options.config_file, err);
  if (!configuration) return kFailure;
  const config::Source* configured = named_source(*configuration, options.source, err);
  if (!configured) return kFailure;
  std::optional<rules::Timestamp> known_at;
  if (!options.known_at.empty()) {
    known_at = rules::parse_timestamp(options.known_at);
    if (!known_at) {
      err << "--known-at: \"" << options.known_at << "\" is not a time; write 2026-11-20T08:00:00Z\n";
      return kUsage;
    }
    // The journal goes forward only: until then all that is learnt would be too old.
    if (*known_at > system_time()) {
      err << "--known-at: " << options.known_at << " lies ahead; nothing can be known from then\n";
      return kUsage;
    }
  }
  const auto source = reading_from(*configured, options.file);
  if (!source) {
    err << "source \"" << configured->name << "\" has the connector " << configured->connector
        << ": a file needs a source with the connector csv, whose mapping says what its columns are\n";
    return kFailure;
  }

  OpenedJournal opened = open_sqlite_journal(
      {.directory = options.storage_path, .most_queued_bytes = configuration->journal.most_queued_bytes});
  if (opened.error) {
    err << opened.error->text << "\n";
    return kFailure;
  }
  const rules::Timestamp now = system_time();
  const collectors::Translation translation = translation_of(*source, *configuration);
  const rules::Calendar& calendar = translation.source_calendar();
  constexpr rules::Day kOldest = rules::day_from_ymd(std::chrono::year(1970) / 1 / 1);
  const rules::DayRange every_day{.first = kOldest, .last = calendar.day_of(now) + 1};
  const auto no_tokens = collectors::make_memory_token_store();  // a file needs none
  auto reading = read_source(*source, *configuration, calendar, every_day, now, *no_tokens);
  if (const auto* problem = std::get_if<std::string>(&reading)) {
    err << options.file << ": " << *problem << "\n";
    return kFailure;
  }
  const auto& collected = std::get<collectors::Collected>(reading);

  const auto days = by_day(translation.apply(collected.batch));
  out << fmt::format("{} rows read, {} entities, {} days from {} to {}\n", collected.rows_read,
                     collected.batch.entities.size(), days.size(),
                     days.empty() ? std::string("-") : to_string(days.begin()->first),
                     days.empty() ? std::string("-") : to_string(days.rbegin()->first));
  if (collected.rows_outside > 0) {
    err << fmt::format(
        "{} row{} of days after tomorrow or before 1970 {} left out; is date_format of the source right?\n",
        collected.rows_outside, collected.rows_outside == 1 ? "" : "s",
        collected.rows_outside == 1 ? "was" : "were");
  }
  const bool for_all = source->client.empty();  // rates that belong to nobody
  for (const config::Client& client : configuration->clients) {
    if (!for_all && client.strategy.client != source->client) continue;
    const Import import{days, known_at, now};
    const auto totals = import_into(client, import, *opened.journal, err);
    if (!totals) return kFailure;
    if (for_all) out << client.strategy.client << ": ";
    print(*totals, out);
  }
  warn_of_retention({days, known_at, now}, calendar, configuration->journal.retention, err);
  return kGood;
}

}  // namespace

void add_import(CommandLine& line) {
  Command command =
      line.command("import", "Load history from a CSV file into the journal; the daemon must not run");
  auto options = std::make_shared<ImportOptions>();
  command.option("--config.file", options->config_file, "The configuration (YAML)").required();
  command.option("--storage.path", options->storage_path, "Directory of the journal; made if missing")
      .with_default();
  command.option("--known-at", options->known_at, "When all of it became known; else each day at its end");
  command
      .option("--source", options->source, "The source, with the connector csv, whose mapping the file has")
      .required();
  command.option("FILE", options->file, "The file").required().existing_file();
  command.does([options](std::ostream& out, std::ostream& err) { return import(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
