#include "rules/recommend.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>

#include "rules/entity.h"
#include "rules/template.h"

namespace tightrope::rules {
namespace {

constexpr double kHoursPerDay = 24;
// What an hour of work costs, in units of the client's currency, to weigh effort against worth.
constexpr double kHourOfWork = 60;
// The share of playbooks that help, before anything was measured: as likely as not.
constexpr double kPriorSuccess = 0.5;

// The numbers that a playbook's texts and formulas may name.
class Numbers {
 public:
  Numbers(const Playbook& playbook, const Situation& situation) : situation_(situation) {
    step_ = std::min(playbook.max_step, situation.needed_step);
    max_step_ = playbook.max_step;
    for (const auto& [name, formula] : playbook.values) {
      own_.insert_or_assign(name, TemplateNumber{evaluate(formula), formula.unit()});
    }
  }

  double evaluate(const Formula& formula) const {
    std::vector<double> inputs;
    for (const Input& input : formula.inputs()) inputs.push_back(figure(input));
    return formula.evaluate(inputs);
  }

  std::optional<TemplateNumber> find(std::string_view name) const {
    if (const auto own = own_.find(name); own != own_.end()) return own->second;
    for (const auto& [known, unit] : playbook_values()) {
      if (known != name) continue;
      const bool of_kpi = name == "value" || name == "bound";
      return TemplateNumber{value(name), of_kpi ? situation_.kpi_unit : unit};
    }
    const Input input{.name = std::string(name), .kind = Name::Kind::kpi};
    return TemplateNumber{situation_.figure(input), situation_.unit_of(name)};
  }

  double step() const noexcept { return step_; }

 private:
  double figure(const Input& input) const {
    if (input.kind != Name::Kind::value) return situation_.figure(input);
    if (const auto own = own_.find(input.name); own != own_.end()) return own->second.value;
    return value(input.name);
  }

  double value(std::string_view name) const {
    if (name == "step") return step_;
    if (name == "max_step") return max_step_;
    if (name == "bid_after") {
      const Input click_price{.name = "cpc", .kind = Name::Kind::kpi};
      return situation_.figure(click_price) * (1 - step_);
    }
    if (name == "budget_after") return situation_.value("spend_per_day") * (1 - step_);
    return situation_.value(name);
  }

  const Situation& situation_;
  double step_ = 0;
  double max_step_ = 0;
  std::map<std::string, TemplateNumber, std::less<>> own_;
};

bool names(const std::vector<std::string>& globs, std::string_view text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(),
                                      [text](const std::string& glob) { return glob_match(glob, text); });
}

bool is_for(const Playbook& playbook, std::string_view channel) {
  if (!playbook.folded_channels.compiled()) return names(playbook.channels, channel);
  return playbook.channels.empty() || playbook.folded_channels.match(channel);
}

// Whether the advice is about a step: its text, or a value in it, is made from one.
bool changes_by_steps(const Playbook& playbook) {
  static constexpr std::array<std::string_view, 4> kOfStep{"step", "max_step", "bid_after", "budget_after"};
  for (const std::string_view name : kOfStep) {
    if (playbook.advise.find("{" + std::string(name) + "}") != std::string::npos ||
        playbook.advise.find("{" + std::string(name) + ":") != std::string::npos) {
      return true;
    }
    for (const auto& value : playbook.values) {
      const auto& inputs = value.second.inputs();
      if (std::any_of(inputs.begin(), inputs.end(),
                      [name](const Input& input) { return input.name == name; })) {
        return true;
      }
    }
  }
  return false;
}

// How far down the path of drivers the playbook's stands, from 1; 0 when it does not.
std::size_t depth_of(const Playbook& playbook, const Situation& situation) {
  const auto place = std::find(situation.drivers.begin(), situation.drivers.end(), playbook.driver);
  if (playbook.driver.empty() || place == situation.drivers.end()) return 0;
  return static_cast<std::size_t>(place - situation.drivers.begin()) + 1;
}

bool applies(const Playbook& playbook, const Situation& situation, const Numbers& numbers) {
  if (!playbook.kpi.empty() && playbook.kpi != situation.kpi) return false;
  if (!playbook.driver.empty() && depth_of(playbook, situation) == 0) return false;
  if (playbook.finding && std::find(situation.findings.begin(), situation.findings.end(),
                                    *playbook.finding) == situation.findings.end()) {
    return false;
  }
  if (!names(playbook.clients, situation.client)) return false;
  // Advice for search is none for an objective of search and mail.
  if (!playbook.channels.empty() && situation.channels.empty()) return false;
  if (!std::all_of(situation.channels.begin(), situation.channels.end(),
                   [&](const std::string& channel) { return is_for(playbook, channel); })) {
    return false;
  }
  if (const auto last = situation.last_done(playbook.name);
      last && situation.now - *last < playbook.cooldown) {
    return false;
  }
  if (!playbook.when) return true;
  const double holds = numbers.evaluate(*playbook.when);
  return !std::isnan(holds) && holds != 0;
}

struct Ranked {
  Advice advice;
  double value;       // a day's worth less the effort
  std::size_t depth;  // of its driver; 0 for one that names none
};

}  // namespace

std::string_view to_string(RecommendationState state) noexcept {
  static constexpr std::array<std::string_view, 5> kNames{"open", "did", "declined", "later", "expired"};
  return kNames[static_cast<std::size_t>(state)];
}

std::vector<Advice> advise(std::span<const Playbook> playbooks, const Situation& situation) {
  std::vector<Ranked> ranked;
  for (const Playbook& playbook : playbooks) {
    const Numbers numbers(playbook, situation);
    if (!applies(playbook, situation, numbers)) continue;
    // One careful step closes only part of a wide gap.
    const bool partly = changes_by_steps(playbook) && situation.needed_step > 0;
    const double relief = partly ? std::min(1.0, numbers.step() / situation.needed_step) : 1;
    const double worth = situation.stake_per_hour * kHoursPerDay * kPriorSuccess * relief;
    const double hours = std::chrono::duration<double, std::ratio<3600>>(playbook.effort).count();
    const auto lookup = [&](std::string_view name) -> std::optional<TemplateValue> {
      if (std::string text = situation.text(name); !text.empty()) return TemplateValue(std::move(text));
      if (const auto number = numbers.find(name)) return TemplateValue(*number);
      return std::nullopt;
    };
    ranked.push_back({.advice = {.playbook = &playbook,
                                 .text = render_template(playbook.advise, lookup, situation.currency),
                                 .worth_per_day = worth},
                      .value = worth - hours * kHourOfWork,
                      .depth = depth_of(playbook, situation)});
  }
  // What doubts the figures leads; then what treats the cause, and the cause of the cause before that; among
  // those, what is worth more.
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    const bool doubts = a.advice.playbook->finding.has_value();
    if (doubts != b.advice.playbook->finding.has_value()) return doubts;
    if (a.depth != b.depth) return a.depth > b.depth;
    return a.value > b.value;
  });
  std::vector<Advice> result;
  for (Ranked& entry : ranked) result.push_back(std::move(entry.advice));
  return result;
}

}  // namespace tightrope::rules
