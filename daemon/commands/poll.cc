// `tightrope poll`: one source read once, to see what it gives. Nothing is kept but refresh tokens that the
// vendor has changed, where there is a path for them.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "collectors/arrival_checks.h"
#include "daemon/clock.h"
#include "daemon/commands/command.h"
#include "daemon/commands/reading.h"
#include "daemon/token_store.h"

namespace tightrope::daemon::commands {
namespace {

struct PollOptions {
  std::string config_file;
  std::string source;
  std::string storage_path;  // "" keeps nothing
  std::string now;           // "" is the wall clock
  std::string days;          // "" is the source's lookback
};

// Remembers tokens as long as the command runs, and that there were any.
class UnkeptTokens final : public collectors::TokenStore {
 public:
  std::optional<config::Secret> load(const std::string& key) override { return store_->load(key); }
  void save(const std::string& key, const config::Secret& refresh_token) override {
    store_->save(key, refresh_token);
    lost_ = true;
  }
  bool lost() const noexcept { return lost_; }

 private:
  const std::unique_ptr<collectors::TokenStore> store_ = collectors::make_memory_token_store();
  bool lost_ = false;
};

// "7" days that end today, or "2026-11-01..2026-11-20"; nothing for anything else.
std::optional<rules::DayRange> parse_days(const std::string& text, rules::Day today) {
  const auto dots = text.find("..");
  if (dots != std::string::npos) {
    const auto first = rules::parse_day(std::string_view(text).substr(0, dots));
    const auto last = rules::parse_day(std::string_view(text).substr(dots + 2));
    if (!first || !last || *last < *first) return std::nullopt;
    return rules::DayRange{.first = *first, .last = *last};
  }
  if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const int days = std::stoi(text);
  if (days < 1) return std::nullopt;
  return rules::DayRange{.first = today - (days - 1), .last = today};
}

int poll(const PollOptions& options, std::ostream& out, std::ostream& err) {
  const auto configuration = load_configuration(options.config_file, err);
  if (!configuration) return kFailure;
  const config::Source* source = named_source(*configuration, options.source, err);
  if (!source) return kFailure;
  if (std::holds_alternative<config::PushSource>(source->kind)) {
    err << "figures are pushed to \"" << source->name << "\": there is nothing to poll\n";
    return kFailure;
  }
  rules::Timestamp now = system_time();
  if (!options.now.empty()) {
    const auto given = rules::parse_timestamp(options.now);
    if (!given) {
      err << "--now: \"" << options.now << "\" is not a time; write 2026-11-20T08:00:00Z\n";
      return kUsage;
    }
    now = *given;
  }
  const collectors::Translation translation = translation_of(*source, *configuration);
  const rules::Calendar& calendar = translation.source_calendar();
  const rules::Day today = calendar.day_of(now);
  const auto lookback = std::chrono::ceil<std::chrono::days>(source->lookback).count();
  const std::string days =
      options.days.empty() ? std::to_string(std::max<std::int64_t>(lookback, 1)) : options.days;
  const auto range = parse_days(days, today);
  if (!range) {
    err << "--days: \"" << days
        << "\" is neither a number of days nor two days; write 7 or 2026-11-01..2026-11-20\n";
    return kUsage;
  }
  UnkeptTokens unkept;
  FileTokenStore kept(options.storage_path);
  collectors::TokenStore& token_store =
      options.storage_path.empty() ? static_cast<collectors::TokenStore&>(unkept) : kept;
  const auto reading = read_source(*source, *configuration, calendar, *range, now, token_store);
  if (unkept.lost())
    err << "warning: the vendor gave a new refresh token; poll with --storage.path so that it is kept\n";
  if (const auto* problem = std::get_if<std::string>(&reading)) {
    err << "source " << source->name << ": " << *problem << "\n";
    return kFailure;
  }
  const auto& collected = std::get<collectors::Collected>(reading);
  const config::Client* client = configuration->find_client(source->client);
  const rules::Strategy strategy = client ? client->strategy : rules::Strategy();  // rates need none
  const rules::ObservationBatch batch = translation.apply(collected.batch, range->first);
  for (const auto& row : batch.rows) {
    out << collectors::observation_json(source->client, batch, row, translation.client_calendar(), strategy)
        << "\n";
  }
  collectors::ArrivalChecks checks(source->ignored_findings, source->rates.has_value(),
                                   configuration->dimensions);
  checks.arrived(collected, today);
  for (const rules::SourceFinding& finding : checks.findings())
    err << "finding " << to_string(finding.kind) << ": " << finding.text << "\n";
  err << fmt::format("{} rows read, {} of other days than {} to {}, {} observations, {} requests, {} bytes\n",
                     collected.rows_read, collected.rows_outside, to_string(range->first),
                     to_string(range->last), batch.rows.size(), collected.requests, collected.bytes);
  if (!collected.partial.empty()) err << "the answer may lack figures: " << collected.partial << "\n";
  return kGood;
}

}  // namespace

void add_poll(CommandLine& line) {
  Command command =
      line.command("poll", "Poll one source once and print what it gives, a JSON object per line");
  auto options = std::make_shared<PollOptions>();
  command.option("--config.file", options->config_file, "The configuration (YAML)").required();
  command.option("SOURCE", options->source, "Name of a source").required();
  command.option("--now", options->now, "The time to poll as if it were now, such as 2026-11-20T08:00:00Z");
  command.option("--days", options->days,
                 "So many days that end today, or 2026-11-01..2026-11-20; else the lookback");
  command.option("--storage.path", options->storage_path,
                 "Directory of the daemon's storage: refresh tokens that a vendor has changed are read "
                 "and kept there");
  command.does([options](std::ostream& out, std::ostream& err) { return poll(*options, out, err); });
}

}  // namespace tightrope::daemon::commands
