// GET /api/v1/explain: every number behind a verdict, as known now or as known at an earlier time.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "daemon/explained.h"
#include "daemon/http/api/api.h"
#include "daemon/http/api/explanation_json.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"
#include "rules/formula.h"
#include "rules/timeframe.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kMostCells = 20'000;
constexpr std::size_t kMostNamesCompared = 10'000;  // when the nearest is looked for

std::string unknown(const char* parameter, const std::string& what, const std::string& name,
                    const std::vector<std::string>& names) {
  const std::string nearest = rules::nearest_name(name, names);
  std::string problem = std::string(parameter) + ": there is no " + what + " \"" + name + "\"";
  if (!nearest.empty()) problem += "; did you mean \"" + nearest + "\"?";
  return problem;
}

struct Query {
  std::string target, entity_text, as_of_text;
  rules::Timestamp now;
  // Completed from the client's engine.
  rules::Entity entity;
  std::optional<rules::Timestamp> as_of;
};

// What the background thread works on: the explanation, or what it is replayed from.
struct Task {
  std::optional<Explained> explained;
  std::optional<rules::Strategy> strategy;
};

std::optional<rules::TargetView> find_target(const rules::Engine& engine, const std::string& name) {
  for (std::size_t i = 0; i < engine.target_count(); ++i) {
    if (engine.target(i).target->name == name) return engine.target(i);
  }
  return std::nullopt;
}

// What is wrong with the query, or "" and the task is prepared. On the engine's strand.
std::string prepare(Query& query, const rules::Engine& engine, Task& task) {
  const auto view = find_target(engine, query.target);
  if (!view) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < engine.target_count(); ++i) names.push_back(engine.target(i).target->name);
    return unknown("target", "target", query.target, names);
  }
  if (!query.as_of_text.empty()) {
    const auto meant = as_of_meant(query.as_of_text, engine.calendar(), query.now);
    if (const auto* problem = std::get_if<std::string>(&meant)) return "as_of: " + *problem;
    query.as_of = std::get<rules::Timestamp>(meant);
  }
  auto parsed = parse_entity(query.entity_text, engine.strategy().dimensions);
  if (const auto* bad = std::get_if<BadEntity>(&parsed)) return "entity: " + bad->text;
  query.entity = known_as(engine, std::move(std::get<rules::Entity>(parsed)));
  const auto depth = static_cast<std::size_t>(view->target->per.depth);
  if (depth > 0 && query.entity.path.empty()) {
    return "entity: is required: the target is checked per " +
           level_name(view->target->per, engine.strategy().dimensions);
  }
  if (std::ranges::find(view->entities, query.entity) == view->entities.end()) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(kMostNamesCompared, view->entities.size()); ++i)
      names.push_back(to_string(view->entities[i]));
    return unknown("entity", "entity of the target " + query.target, to_string(query.entity), names);
  }
  if (query.as_of) {
    task.strategy = strategy_for(engine.strategy(), query.target);
  } else {
    task.explained = explained_by(engine, query.target, query.entity);
    if (!task.explained) return "entity: nothing was learnt of it yet";
  }
  return "";
}

struct Answer {
  enum class End { whole, nothing_known, given_up, failed };
  End end = End::whole;
  json::object explanation;
  std::string error;
};

Answer failed(const JournalError& error) {
  return {.end = Answer::End::failed, .explanation = {}, .error = error.text};
}

// As it was known then. One reading: the window of then is known beforehand, so its history is read with it.
Answer answer_as_of(Journal& journal, rules::Strategy strategy, const Query& query, const GiveUp& give_up) {
  const std::string client = strategy.client;
  const rules::Objective& objective = strategy.objectives.front();
  const rules::Target& target = *std::ranges::find(objective.targets, query.target, &rules::Target::name);
  const auto calendar = strategy.open_calendar();
  const rules::DayRange days = rules::timeframe_now(*calendar, {target.over, 0}, *query.as_of).days;
  FigureHistory history(question_of(strategy, objective, target, query.entity, days));
  auto outcome = replay_as_of(
      journal, client, std::move(strategy), *query.as_of,
      [&history](const rules::ObservationBatch& batch) { history.take(batch); }, give_up);
  if (const auto* error = std::get_if<JournalError>(&outcome)) return failed(*error);
  if (std::holds_alternative<GivenUp>(outcome))
    return {.end = Answer::End::given_up, .explanation = {}, .error = {}};
  const auto& replayed = std::get<AsOf>(outcome);
  std::optional<Explained> explained;
  if (replayed.engine) explained = explained_by(*replayed.engine, query.target, query.entity);
  if (!explained) return {.end = Answer::End::nothing_known, .explanation = {}, .error = {}};
  explained->history = std::move(history);
  explained->reach = replayed.reach;
  return {.end = Answer::End::whole, .explanation = explanation_json(*explained, kMostCells), .error = {}};
}

Answer answer_now(Journal& journal, Explained& explained, const GiveUp& give_up) {
  const auto read = read_history(journal, explained, give_up);
  if (const auto* error = std::get_if<JournalError>(&read)) return failed(*error);
  if (std::holds_alternative<GivenUp>(read))
    return {.end = Answer::End::given_up, .explanation = {}, .error = {}};
  return {.end = Answer::End::whole, .explanation = explanation_json(explained, kMostCells), .error = {}};
}

Response response_of(Answer answer, bool stopping) {
  switch (answer.end) {
    case Answer::End::whole:
      return success(std::move(answer.explanation));
    case Answer::End::nothing_known:
      return bad_request("as_of: nothing was known of the entity then");
    case Answer::End::given_up:
      if (stopping) return unavailable("Tightrope is stopping");
      return error_response(503, ErrorType::timeout, "reading the journal took too long");
    case Answer::End::failed:
      break;
  }
  return error_response(500, ErrorType::execution, answer.error);
}

}  // namespace

asio::awaitable<Response> get_explanation(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "target", "entity", "as_of"});
  const std::string client_name = parameters.required("client");
  Query query{.target = parameters.required("target"),
              .entity_text = parameters.text("entity"),
              .as_of_text = parameters.text("as_of"),
              .now = api.services.clock().now(),
              .entity = {},
              .as_of = {}};
  if (auto refused = parameters.refusal()) co_return std::move(*refused);
  ClientRuntime* const client = api.services.find_client(client_name);
  if (!client) co_return bad_request(unknown("client", "client", client_name, client_names(api, "")));

  std::string mistake;
  Task task;
  std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
    mistake = prepare(query, engine, task);
  };
  co_await client->view(std::move(read));
  if (!mistake.empty()) co_return bad_request(mistake);

  Answer answer;
  Journal& journal = api.services.journal();
  const std::atomic<bool>& stopping = api.background.stopping();
  const std::chrono::steady_clock::duration most = api.services.configuration().http.request_timeout;
  std::function<void()> job = [&] {
    // Only to give up in time; nothing that is answered depends on it.
    const auto deadline = std::chrono::steady_clock::now() + most;
    const GiveUp give_up = [&] { return stopping || std::chrono::steady_clock::now() > deadline; };
    answer = task.strategy ? answer_as_of(journal, std::move(*task.strategy), query, give_up)
                           : answer_now(journal, *task.explained, give_up);
  };
  const bool ran = co_await api.background.run(std::move(job));
  if (!ran) co_return unavailable("too many such questions at once", 5);
  co_return response_of(std::move(answer), stopping);
}

}  // namespace tightrope::daemon::http
