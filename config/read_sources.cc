// Sources: what is common to all, and the connector's own keys by its reader.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "config/connector_files.h"
#include "config/readers.h"
#include "config/scalars.h"
#include "rules/calendar.h"

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

// Of rates, unless it says else: as far back as engines remember figures, for those have to be converted.
constexpr rules::Duration kRatesLookback{days(100)};

void read_schedule(MappingReader& in, Source& source) {
  if (source.rates) source.lookback = kRatesLookback;
  source.every = in.duration("every", {1s, days(31)}).value_or(source.every);
  source.lookback = in.duration("lookback", {days(1), days(400)}).value_or(source.lookback);
  source.jitter = in.share("jitter", {0, 0.5}).value_or(source.jitter);
  source.deadline = in.duration("deadline", {1s, 2h}).value_or(source.deadline);
  source.most_bytes = in.size("max_body", {1u << 10, 1u << 30}).value_or(source.most_bytes);
  source.most_retries = static_cast<int>(in.integer("retries", {0, 20}).value_or(source.most_retries));
  source.stale_after = in.duration("stale_after", {1s, days(366)}).value_or(source.stale_after);
}

void read_client_and_units(MappingReader& in, const std::vector<std::string>& clients, Source& source) {
  const auto at_rates = in.get("rates", Shape::mapping);
  if (at_rates) source.rates = read_rates(*at_rates);
  const auto at_client = in.get("client", Shape::name);
  if (in.readable() && !in.has("client") && !in.has("rates")) {
    in.at().error("key \"client\" is missing", fmt::format("client: {}", kSourceKeys.find("client")->about));
  }
  if (const auto client = at_client ? at_client->name() : std::nullopt) {
    source.client = *client;
    if (std::find(clients.begin(), clients.end(), *client) == clients.end()) {
      at_client->unresolved(fmt::format("unknown client {}", in_quotes(*client)), *client, clients);
    }
  }
  const auto at_currency = in.get("currency", Shape::text);
  if (const auto code = at_currency ? at_currency->text() : std::nullopt) {
    source.currency = *code;
    if (at_rates) at_currency->at_key().error("rates are against their base, and have no currency");
    if (!is_currency(*code))
      at_currency->error(fmt::format("{} is not a currency", in_quotes(at_currency->node().text)),
                         "write its ISO 4217 code, such as EUR or USD");
  }
  const auto at_zone = in.get("timezone", Shape::text);
  if (const auto zone = at_zone ? at_zone->text() : std::nullopt) {
    source.timezone = *zone;
    if (!rules::Calendar::open(*zone, std::chrono::Monday)) {
      at_zone->unknown(fmt::format("unknown time zone {}", in_quotes(at_zone->node().text)), *zone,
                       rules::Calendar::zone_names());
    }
  }
}

// Google answers with an error page to those who ask too often.
void check_not_too_often(MappingReader& in, const Source& source) {
  const auto at_every = in.get("every", Shape::duration);
  if (!at_every) return;
  if (source.every < 1min) {
    at_every->error("Google Sheets are not read more often than every 1m");
  } else if (source.every < 5min) {
    at_every->warning("Google may refuse to answer so often", "every: 5m or longer");
  }
}

void read_checks(MappingReader& in, Source& source) {
  const auto at_checks = in.get("checks", Shape::mapping);
  if (!at_checks) return;
  MappingReader checks(*at_checks, kChecksKeys);
  const auto ignore = checks.get("ignore", Shape::texts);
  if (!ignore) return;
  for (const auto& item : ignore->items_or_one()) {
    if (const auto kind = item.choice(rules::kSourceFindingNames))
      source.ignored_findings.push_back(static_cast<rules::SourceFindingKind>(*kind));
  }
  std::sort(source.ignored_findings.begin(), source.ignored_findings.end());
}

void read_kind(MappingReader& in, const Scope& scope, ConnectorFiles& files, Source& source) {
  const auto at_connector = in.get("connector", Shape::choice);
  const auto with = in.get("with", Shape::by_connector);
  const auto secrets = in.get("secrets", Shape::by_connector);
  const auto written = at_connector ? at_connector->raw() : std::nullopt;
  if (!written) return;
  const auto known = connectors();
  const auto connector =
      std::find_if(known.begin(), known.end(), [&](const ConnectorKeys& c) { return c.name == *written; });
  source.connector = *written;
  if (connector == known.end()) {
    const Connector* described = files.find(*at_connector, *written);
    if (described == nullptr) return;
    if (source.rates)
      at_connector->error(fmt::format("{} has figures and no exchange rates", *written),
                          "rates come from csv or http_json");
    source.kind = read_connector_source(in, with, secrets, *described, scope, source);
    return;
  }
  if (connector->secrets->keys.empty() && secrets) {
    secrets->error(fmt::format("{} takes no secrets", *written));
  }
  if (source.connector == "push") {
    source.kind = PushSource{};
    if (with) MappingReader(*with, kNoKeys);
    return;
  }
  if (!with) {
    // `with:` without a value was reported when it was asked for.
    if (in.readable() && !in.has("with"))
      in.at().error(fmt::format("key \"with\" is missing; {} needs it", *written));
    return;
  }
  if (source.connector == "csv") {
    source.kind = read_csv(*with, scope, source);
  } else if (source.connector == "sql") {
    source.kind = read_sql(*with, secrets, scope, source);
  } else if (source.connector == "prometheus") {
    source.kind = read_prometheus(*with, secrets, scope, source);
  } else if (source.connector == "icalendar") {
    source.kind = read_icalendar(*with, secrets, scope, source);
  } else if (source.connector == "google_sheets") {
    source.kind = read_google_sheets(*with, secrets, scope, source);
    check_not_too_often(in, source);
  } else {
    source.kind = read_http_json(*with, secrets, scope, source);
  }
}

Source read_source(const Cursor& at, const Scope& scope, const std::vector<std::string>& clients,
                   ConnectorFiles& files, Names& names) {
  MappingReader in(at, kSourceKeys);
  Source source;
  const std::vector<std::string>& from_environment = at.reading().from_environment;
  const auto before = static_cast<std::ptrdiff_t>(from_environment.size());
  source.file_dir = at.directory();
  const auto at_name = in.get("name", Shape::name);
  if (const auto name = at_name ? at_name->name() : std::nullopt) {
    source.name = *name;
    names.claim(*at_name, *name);
  }
  read_client_and_units(in, clients, source);
  read_schedule(in, source);
  source.allow_private_addresses = in.boolean("allow_private_addresses").value_or(false);
  read_checks(in, source);
  read_kind(in, scope, files, source);
  std::transform(from_environment.begin() + before, from_environment.end(),
                 std::back_inserter(source.from_environment),
                 [](const std::string& value) { return Secret(value); });
  return source;
}

}  // namespace

std::vector<Source> read_sources(const std::vector<Cursor>& at, const Scope& scope,
                                 const std::vector<std::string>& clients, ConnectorFiles& files) {
  std::vector<Source> sources;
  Names names("source");
  for (const auto& cursor : at) sources.push_back(read_source(cursor, scope, clients, files, names));
  return sources;
}

void check_window_template(const Cursor& at, std::string_view text) {
  // What came out of the environment is not shown.
  const bool written = at.node().text == text;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) {
      at.error_at(written ? open : 0, "has a { without its }",
                  "{from} and {to} are the window's first and last day");
      return;
    }
    const auto inside = text.substr(open + 1, close - open - 1);
    const auto name = inside.substr(0, inside.find(':'));
    if (name != "from" && name != "to") {
      const std::vector<std::string> known{"from", "to"};
      const auto nearest = rules::nearest_name(name, known);
      at.error_at(written ? open + 1 : 0,
                  written ? fmt::format("unknown name {{{}}}", name) : "has an unknown name in braces",
                  nearest.empty() ? "{from} and {to} are the window's first and last day"
                                  : fmt::format("did you mean {{{}}}?", nearest));
      continue;
    }
    if (inside.size() == name.size()) continue;
    const std::string problem = check_date_format(inside.substr(name.size() + 1));
    if (!problem.empty())
      at.error_at(written ? open : 0, fmt::format("the date format of {{{}}} {}", name, problem));
  }
}

}  // namespace tightrope::config
