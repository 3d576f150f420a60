// GET /api/v1/objectives: each client's objectives as a tree, and what serves none of them.
#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/http/api/clients_page.h"
#include "daemon/http/api/presentation.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"

namespace tightrope::daemon::http {
namespace {

constexpr std::size_t kDefaultClients = 100;
constexpr std::size_t kMostUnaligned = 100;  // of one client, those that spend most
constexpr int kDeepest = 32;                 // of the tree: parents that form a ring would have no end

struct Counts {
  std::uint32_t on_target = 0, watch = 0, off_target = 0, unknown = 0;

  void add(rules::VerdictState state) noexcept {
    switch (state) {
      case rules::VerdictState::on_target:
        ++on_target;
        break;
      case rules::VerdictState::watch:
        ++watch;
        break;
      case rules::VerdictState::off_target:
        ++off_target;
        break;
      case rules::VerdictState::unknown:
        ++unknown;
        break;
    }
  }
  void add(const Counts& other) noexcept {
    on_target += other.on_target;
    watch += other.watch;
    off_target += other.off_target;
    unknown += other.unknown;
  }
  // The first there is of off target, watch, unknown, on target. Null: there is nothing to say.
  json::value worst() const {
    if (off_target > 0) return text(to_string(rules::VerdictState::off_target));
    if (watch > 0) return text(to_string(rules::VerdictState::watch));
    if (unknown > 0) return text(to_string(rules::VerdictState::unknown));
    if (on_target > 0) return text(to_string(rules::VerdictState::on_target));
    return nullptr;
  }
  json::object json() const {
    json::object result;
    result["onTarget"] = on_target;
    result["watch"] = watch;
    result["offTarget"] = off_target;
    result["unknown"] = unknown;
    return result;
  }
};

json::object target_json(const rules::Engine& engine, const rules::TargetView& view) {
  const rules::Target& target = *view.target;
  const rules::Strategy& strategy = engine.strategy();
  Counts counts;
  double worst_gap = rules::kUndefined;
  double room_used = rules::kUndefined;
  for (const rules::Verdict verdict : view.verdicts) {
    counts.add(verdict.state);
    room_used = std::fmax(room_used, verdict.room_used);
    if (!(verdict.gap_ratio <= worst_gap) && verdict.gap_ratio == verdict.gap_ratio)
      worst_gap = verdict.gap_ratio;
  }
  const rules::Bound* bound = target.bound_on(engine.calendar().day_of(engine.now()));
  json::object result;
  result["name"] = text(target.name);
  result["kpi"] = text(target.kpi);
  result["unit"] = text(rules::to_string(view.kpi->unit));
  result["kind"] = text(rules::to_string(target.kind));
  const bool has_low = bound && target.kind != rules::BoundKind::at_most;
  const bool has_high = bound && target.kind != rules::BoundKind::at_least;
  result["low"] = has_low ? number(bound->low) : json::value(nullptr);
  result["high"] = has_high ? number(bound->high) : json::value(nullptr);
  result["text"] = text(bound_text(target, *view.kpi, bound, strategy.currency));
  result["window"] = text(to_string(target.over));
  result["per"] = text(level_name(target.per, strategy.dimensions));
  result["severity"] = text(rules::to_string(target.severity));
  result["pace"] = target.pace;
  result["status"] = counts.worst();
  result["verdicts"] = counts.json();
  result["worstGap"] = number(worst_gap);
  result["roomUsed"] = number(room_used);
  json::array guards;
  for (const std::string& guard : target.guards) guards.push_back(text(guard));
  result["guards"] = std::move(guards);
  return result;
}

// What an objective and all below it come to.
struct Health {
  Counts counts;
  double room_used = rules::kUndefined;  // the most of all verdicts

  void add(const Health& other) noexcept {
    counts.add(other.counts);
    room_used = std::fmax(room_used, other.room_used);
  }
};

// A client's objectives while its tree is made.
class Tree {
 public:
  explicit Tree(const rules::Engine& engine) : engine_(engine), summaries_(engine.objectives()) {
    for (std::size_t i = 0; i < engine.target_count(); ++i) targets_.push_back(engine.target(i));
  }

  json::array top() const {
    json::array result;
    for (const rules::ObjectiveSummary& summary : summaries_) {
      if (summary.objective->parent.empty()) result.push_back(node(summary, 0).first);
    }
    return result;
  }

 private:
  static Counts own_counts(const rules::ObjectiveSummary& summary) {
    return {.on_target = summary.on_target,
            .watch = summary.watch,
            .off_target = summary.off_target,
            .unknown = summary.unknown};
  }

  // With the verdicts of the objective and all below it.
  std::pair<json::object, Health> node(const rules::ObjectiveSummary& summary, int depth) const {
    const rules::Objective& objective = *summary.objective;
    const Counts own = own_counts(summary);
    Health all{own, summary.room_used};
    json::array children;
    for (const rules::ObjectiveSummary& child : summaries_) {
      if (child.objective->parent != objective.name || depth >= kDeepest) continue;
      auto [json, health] = node(child, depth + 1);
      children.push_back(std::move(json));
      all.add(health);
    }
    json::array targets;
    for (const rules::TargetView& view : targets_) {
      if (view.objective == summary.objective) targets.push_back(target_json(engine_, view));
    }
    json::object result;
    result["name"] = text(objective.name);
    result["why"] = text(objective.why);
    result["owner"] = text(objective.owner);
    result["status"] = all.counts.worst();
    result["roomUsed"] = number(all.room_used);
    result["ownStatus"] = own.worst();
    result["verdicts"] = own.json();
    result["firing"] = summary.firing;
    result["stakePerHour"] = number(summary.stake_per_hour);
    result["worstGap"] = number(summary.worst_gap);
    result["spend"] = number(summary.spend);
    result["budget"] = nullptr;
    if (objective.budget) {
      json::object budget;
      budget["amount"] = number(objective.budget->amount);
      budget["per"] = text(to_string(objective.budget->per));
      budget["used"] = number(summary.budget_used);
      budget["periodElapsed"] = number(summary.period_elapsed);
      result["budget"] = std::move(budget);
    }
    result["targets"] = std::move(targets);
    result["children"] = std::move(children);
    return {std::move(result), all};
  }

  const rules::Engine& engine_;
  std::vector<rules::ObjectiveSummary> summaries_;
  std::vector<rules::TargetView> targets_;
};

json::object client_json(const rules::Engine& engine) {
  const rules::Strategy& strategy = engine.strategy();
  const std::vector<rules::UnalignedEntity> unaligned = engine.unaligned();
  json::array shown;
  double spend = 0;
  for (const rules::UnalignedEntity& one : unaligned) {
    spend += one.spend;
    if (shown.size() >= kMostUnaligned) continue;
    json::object entry;
    entry["entity"] = entity_json(one.entity, strategy.dimensions);
    entry["spend"] = number(one.spend);
    shown.push_back(std::move(entry));
  }
  json::object result;
  result["client"] = text(strategy.client);
  result["currency"] = text(strategy.currency);
  result["timezone"] = text(strategy.timezone);
  result["spendAlignedRatio"] = number(engine.spend_aligned_ratio());
  result["unaligned"] = std::move(shown);
  result["unalignedCount"] = unaligned.size();
  result["unalignedSpend"] = number(spend);
  result["objectives"] = Tree(engine).top();
  return result;
}

}  // namespace

asio::awaitable<Response> get_objectives(Api& api, const Request& request) {
  Parameters parameters(request, {"client", "limit", "cursor"});
  Page page(parameters, kDefaultClients, 1);
  std::function<json::object(const rules::Engine&)> show = client_json;
  co_return co_await clients_page(api, parameters, std::move(page), std::move(show));
}

}  // namespace tightrope::daemon::http
