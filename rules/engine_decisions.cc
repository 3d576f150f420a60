// What people did with recommendations.
#include <fmt/format.h>

#include <algorithm>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

bool is_final(RecommendationState state) noexcept {
  return state == RecommendationState::did || state == RecommendationState::declined;
}

// A slip of the thumb is put right; what was acted upon since is not rewritten.
bool may_be_replaced(const Recommendation& recommendation, Timestamp at) noexcept {
  if (!is_final(recommendation.state)) return true;
  return recommendation.decided_at && at - *recommendation.decided_at <= Engine::kTimeToReplaceDecision;
}

std::string refusal(const Recommendation& recommendation, const Calendar& calendar) {
  std::string text = recommendation.state == RecommendationState::did ? "it was carried out before"
                                                                      : "it was declined before";
  if (!recommendation.decided_by.empty()) text += ", by " + recommendation.decided_by;
  if (recommendation.decided_at) text += ", on " + calendar.format_with_zone(*recommendation.decided_at);
  return text + fmt::format("; a decision can be replaced for {} minutes",
                            std::chrono::floor<std::chrono::minutes>(Engine::kTimeToReplaceDecision).count());
}

}  // namespace

// Those that wait for an answer at their time are asked again.
void Engine::State::ask_again() {
  while (!reminders.empty() && reminders.begin()->first <= now) {
    const CheckKey key = reminders.begin()->second;
    reminders.erase(reminders.begin());
    for (Recommendation& recommendation : live.at(key).alert.recommendations) {
      const bool due = recommendation.until && *recommendation.until <= now;
      if (recommendation.state == RecommendationState::later && due) {
        recommendation.state = RecommendationState::open;
      }
    }
  }
}

void Engine::State::set_reminders(CheckKey key, const LiveAlert& live_alert) {
  for (const Recommendation& recommendation : live_alert.alert.recommendations) {
    if (recommendation.state == RecommendationState::later && recommendation.until) {
      reminders.insert({*recommendation.until, key});
    }
  }
}

void Engine::State::drop_reminders(CheckKey key, const LiveAlert& live_alert) {
  for (const Recommendation& recommendation : live_alert.alert.recommendations) {
    if (recommendation.until) reminders.erase({*recommendation.until, key});
  }
}

void Engine::State::decide(const Decision& decision, Recommendation& recommendation, const Entity& entity) {
  // The playbook did not rest when it was recommended, so what is taken back leaves it as it was: rested.
  const auto carried_out = done.find({recommendation.playbook, entity});
  if (recommendation.state == RecommendationState::did && carried_out != done.end() &&
      carried_out->second == recommendation.decided_at) {
    done.erase(carried_out);
  }
  recommendation.decided_at = decision.at;
  recommendation.decided_by = decision.by;
  recommendation.reason = decision.reason;
  recommendation.until = decision.until;
  switch (decision.kind) {
    case DecisionKind::did:
      recommendation.state = RecommendationState::did;
      done[{recommendation.playbook, entity}] = decision.at;
      break;
    case DecisionKind::declined:
      recommendation.state = RecommendationState::declined;
      break;
    case DecisionKind::later:
      recommendation.state = RecommendationState::later;
      break;
  }
}

void Engine::State::take(const Decision& decision, Effects& effects) {
  const auto find = [&](LiveAlert& live_alert) -> Recommendation* {
    auto& all = live_alert.alert.recommendations;
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Recommendation& one) { return one.id == decision.recommendation; });
    return found == all.end() ? nullptr : &*found;
  };
  for (auto& [key, live_alert] : live) {
    Recommendation* const found = find(live_alert);
    if (found == nullptr) continue;
    if (!may_be_replaced(*found, decision.at)) {
      effects.refused = refusal(*found, calendar);
      return;
    }
    drop_reminders(key, live_alert);
    decide(decision, *found, live_alert.entity);
    set_reminders(key, live_alert);
    tell(AlertChange::Kind::decided, key, live_alert, effects);
    return;
  }
  for (LiveAlert& past : resolved) {
    Recommendation* const found = find(past);
    if (found == nullptr) continue;
    if (!may_be_replaced(*found, decision.at)) {
      effects.refused = refusal(*found, calendar);
      return;
    }
    decide(decision, *found, past.entity);
    effects.alerts.push_back({AlertChange::Kind::decided, now, past.alert});
    return;
  }
  effects.refused = "no recommendation has this id";
}

}  // namespace tightrope::rules
