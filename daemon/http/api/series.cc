// GET /api/v1/series: a KPI by day with its target's bound, as known now or as known at an earlier time.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "daemon/explained.h"
#include "daemon/http/api/api.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"
#include "rules/cube.h"
#include "rules/event.h"

namespace tightrope::daemon::http {
namespace {

constexpr int kDefaultDays = 30;
constexpr std::uint64_t kEventsBetweenLooks = 64;  // at the time and at whether to stop

// A day, or the day that a time falls on in the client's zone.
using Date = std::variant<std::monostate, rules::Day, rules::Timestamp>;

Date parse_date(Parameters& parameters, std::string_view name) {
  const std::string& value = parameters.text(name);
  if (value.empty()) return std::monostate();
  if (const auto day = rules::parse_day(value)) return *day;
  if (const auto time = rules::parse_timestamp(value)) return *time;
  parameters.mistake(name, "is not a date; write 2026-11-20 or 2026-11-20T08:00:00Z");
  return std::monostate();
}

std::optional<rules::Day> day_of(const Date& date, const rules::Calendar& calendar) {
  if (const auto* day = std::get_if<rules::Day>(&date)) return *day;
  if (const auto* time = std::get_if<rules::Timestamp>(&date)) return calendar.day_of(*time);
  return std::nullopt;
}

// As asked for; completed from the client's strategy.
struct Query {
  std::string client, kpi, objective, target, entity_text, as_of_text;
  rules::Entity entity;
  Date from, to;
  std::optional<rules::Timestamp> as_of;
  rules::DayRange days{};
};

struct Found {
  const rules::Objective* objective = nullptr;
  const rules::Target* target = nullptr;
};

Found find_target(const rules::Strategy& strategy, const std::string& name) {
  for (const rules::Objective& objective : strategy.objectives) {
    for (const rules::Target& target : objective.targets) {
      if (target.name == name) return {&objective, &target};
    }
  }
  return {};
}

// What is wrong with the query, for people; nothing when it is complete now.
std::optional<std::string> complete(Query& query, const rules::Strategy& strategy,
                                    const rules::Calendar& calendar, rules::Timestamp now) {
  if (!query.as_of_text.empty()) {
    const auto meant = as_of_meant(query.as_of_text, calendar, now);
    if (const auto* problem = std::get_if<std::string>(&meant)) return "as_of: " + *problem;
    query.as_of = std::get<rules::Timestamp>(meant);
  }
  if (!query.target.empty()) {
    const Found found = find_target(strategy, query.target);
    if (!found.target) return "target: there is no target \"" + query.target + "\"";
    if (query.kpi.empty()) query.kpi = found.target->kpi;
    if (query.kpi != found.target->kpi)
      return "kpi: the target \"" + query.target + "\" is on " + found.target->kpi;
    if (query.objective.empty()) query.objective = found.objective->name;
    if (query.objective != found.objective->name) {
      return "objective: the target \"" + query.target + "\" belongs to " + found.objective->name;
    }
  }
  if (query.kpi.empty()) return "kpi: is required";
  if (!strategy.find_kpi(query.kpi)) return "kpi: there is no KPI \"" + query.kpi + "\"";
  const bool known =
      query.objective.empty() ||
      std::any_of(strategy.objectives.begin(), strategy.objectives.end(),
                  [&](const rules::Objective& objective) { return objective.name == query.objective; });
  if (!known) return "objective: there is no objective \"" + query.objective + "\"";
  auto entity = parse_entity(query.entity_text, strategy.dimensions);
  if (const auto* bad = std::get_if<BadEntity>(&entity)) return "entity: " + bad->text;
  query.entity = std::move(std::get<rules::Entity>(entity));
  query.days.last = day_of(query.to, calendar).value_or(calendar.day_of(query.as_of.value_or(now)));
  query.days.first = day_of(query.from, calendar).value_or(query.days.last - (kDefaultDays - 1));
  if (query.days.last < query.days.first) return "from: comes after to";
  return std::nullopt;
}

json::object series_json(const rules::Engine& engine, const Query& query) {
  const rules::Strategy& strategy = engine.strategy();
  const rules::Kpi* kpi = strategy.find_kpi(query.kpi);
  const Found found = find_target(strategy, query.target);
  json::array points;
  for (const rules::SeriesPoint& point :
       engine.series(query.kpi, query.entity, query.objective, query.target, query.days)) {
    json::object shown;
    shown["day"] = text(rules::to_string(point.day));
    shown["value"] = number(point.value);
    shown["maturity"] = number(point.maturity);
    if (found.target) {
      const bool low = point.bound && found.target->kind != rules::BoundKind::at_most;
      const bool high = point.bound && found.target->kind != rules::BoundKind::at_least;
      shown["low"] = low ? number(point.bound->low) : json::value(nullptr);
      shown["high"] = high ? number(point.bound->high) : json::value(nullptr);
    }
    points.push_back(std::move(shown));
  }
  json::object result;
  result["client"] = text(strategy.client);
  result["kpi"] = text(query.kpi);
  result["unit"] = text(rules::to_string(kpi ? kpi->unit : rules::Unit::number));
  result["currency"] = text(strategy.currency);
  result["entity"] = entity_json(query.entity, strategy.dimensions);
  result["objective"] = text(query.objective);
  result["target"] = text(query.target);
  result["from"] = text(rules::to_string(query.days.first));
  result["to"] = text(rules::to_string(query.days.last));
  // Figures of earlier days are not in memory any more, and have no points.
  result["heldFrom"] =
      text(rules::to_string(engine.calendar().day_of(engine.now()) - (rules::Cube::kDays - 1)));
  result["asOf"] = time_value(query.as_of);
  result["points"] = std::move(points);
  return result;
}

// What a figure needs of a strategy: no alerts are wanted of the past, so nothing is checked.
rules::Strategy without_checks(rules::Strategy strategy, const std::string& target) {
  for (rules::Objective& objective : strategy.objectives) {
    std::erase_if(objective.targets, [&](const rules::Target& one) { return one.name != target; });
  }
  strategy.playbooks.clear();
  return strategy;
}

struct Replayed {
  enum class End { whole, too_long, stopped, failed };
  End end = End::whole;
  json::object series;
  std::string error;
};

// The figures that were known at query.as_of, from the journal. Blocking; on the background thread.
Replayed replay(Journal& journal, rules::Strategy strategy, const Query& query,
                const std::atomic<bool>& stopping, std::chrono::steady_clock::duration most) {
  // Only to give up in time; nothing that is answered depends on it.
  const auto deadline = std::chrono::steady_clock::now() + most;
  Replayed result;
  rules::Engine engine(std::move(strategy));
  std::uint64_t seen = 0;
  const auto take = [&](const JournalEvent& journalled) {
    if (++seen % kEventsBetweenLooks == 0) {
      if (stopping) result.end = Replayed::End::stopped;
      if (std::chrono::steady_clock::now() > deadline) result.end = Replayed::End::too_long;
      if (result.end != Replayed::End::whole) return false;
    }
    if (journalled.at > *query.as_of) return true;
    const std::optional<rules::Event> event = rules::decode(journalled.payload);
    if (!event) {
      result.end = Replayed::End::failed;
      result.error = "event " + std::to_string(journalled.sequence) + " of the journal cannot be read";
      return false;
    }
    if (std::holds_alternative<rules::ObservationBatch>(*event)) engine.apply(*event);
    return true;
  };
  const std::optional<JournalError> error = journal.read_events(query.client, 0, take);
  if (error) {
    result.end = Replayed::End::failed;
    result.error = error->text;
  }
  if (result.end != Replayed::End::whole) return result;
  engine.apply(rules::Tick{.at = *query.as_of});
  result.series = series_json(engine, query);
  return result;
}

Response replay_response(Replayed replayed) {
  switch (replayed.end) {
    case Replayed::End::whole:
      return success(std::move(replayed.series));
    case Replayed::End::too_long:
      return error_response(503, ErrorType::timeout, "as_of: replaying the journal took too long");
    case Replayed::End::stopped:
      return unavailable("Tightrope is stopping");
    case Replayed::End::failed:
      break;
  }
  return error_response(500, ErrorType::execution, "as_of: " + replayed.error);
}

}  // namespace

asio::awaitable<Response> get_series(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "kpi", "entity", "from", "to", "as_of", "target", "objective"});
  Query query{.client = parameters.required("client"),
              .kpi = parameters.text("kpi"),
              .objective = parameters.text("objective"),
              .target = parameters.text("target"),
              .entity_text = parameters.text("entity"),
              .as_of_text = parameters.text("as_of"),
              .entity = {},
              .from = parse_date(parameters, "from"),
              .to = parse_date(parameters, "to"),
              .as_of = {}};
  const rules::Timestamp now = api.services.clock().now();
  ClientRuntime* const client = api.services.find_client(query.client);
  if (!client) parameters.mistake("client", "there is no such client");
  if (auto refused = parameters.refusal()) co_return std::move(*refused);

  std::optional<std::string> mistake;
  std::optional<rules::Strategy> strategy;
  json::object series;
  std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
    mistake = complete(query, engine.strategy(), engine.calendar(), now);
    if (mistake) return;
    query.entity = known_as(engine, std::move(query.entity));
    if (query.as_of) {
      strategy = without_checks(engine.strategy(), query.target);
    } else {
      series = series_json(engine, query);
    }
  };
  co_await client->view(std::move(read));
  if (mistake) co_return bad_request(*mistake);
  if (!strategy) co_return success(std::move(series));

  Replayed replayed;
  Journal& journal = api.services.journal();
  const std::chrono::steady_clock::duration most = api.services.configuration().http.request_timeout;
  const std::atomic<bool>& stopping = api.background.stopping();
  std::function<void()> job = [&] {
    replayed = replay(journal, std::move(*strategy), query, stopping, most);
  };
  const bool ran = co_await api.background.run(std::move(job));
  if (!ran) co_return unavailable("as_of: too many such questions at once", 5);
  co_return replay_response(std::move(replayed));
}

}  // namespace tightrope::daemon::http
