// `pace:` of a target: a bound that is a total by the end of a period.
#include <fmt/format.h>

#include <array>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

using Kind = rules::Window::Kind;
using Profile = rules::Pacing::Profile;

constexpr std::array<Profile, 2> kProfiles{Profile::linear, Profile::weekdays};

// The period before must still be in memory, and must say on which side it failed.
void check_rollover(const Cursor& at, const rules::Target& target) {
  const Kind kind = target.over.kind;
  if (kind != Kind::week && kind != Kind::month) {
    at.error(
        fmt::format("rollover takes from the week or month before, and over is {}", to_string(target.over)),
        "leave rollover out, or write over: week or month");
  }
  if (target.kind == rules::BoundKind::between) {
    at.error("rollover needs a bound on one side, and this target is between two",
             "write at_most or at_least");
  }
}

void read_mapping(const Cursor& at, rules::Target& target) {
  MappingReader in(at, kPacingKeys);
  if (const auto profile = in.choice("profile")) target.pacing.profile = kProfiles[*profile];
  target.pacing.corridor = in.share("corridor", {0, 1}).value_or(target.pacing.corridor);
  const auto rollover = in.get("rollover", Shape::boolean);
  target.pacing.rollover = rollover && rollover->boolean().value_or(false);
  if (target.pacing.rollover) check_rollover(*rollover, target);
}

// True, false, or a profile.
void read_word(const Cursor& at, rules::Target& target) {
  const auto value = at.text();
  if (!value) return;
  const auto names = kTargetKeys.find("pace")->choices;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (*value != names[i]) continue;
    target.pace = true;
    target.pacing.profile = kProfiles[i];
    return;
  }
  if (const auto truth = parse_boolean(*value)) {
    target.pace = *truth;
    return;
  }
  const bool yes = *value == "yes" || *value == "on" || *value == "True" || *value == "TRUE";
  const bool no = *value == "no" || *value == "off" || *value == "False" || *value == "FALSE";
  const std::vector<std::string> known{"true", "false", "linear", "weekdays"};
  at.error(fmt::format("{} is not one of true, false, linear, weekdays", in_quotes(at.node().text)),
           yes  ? "write true"
           : no ? "write false"
                : did_you_mean(rules::nearest_name(*value, known)));
}

}  // namespace

void read_pace(MappingReader& in, const rules::Kpi* kpi, rules::Target& target) {
  const auto at = in.get("pace", Shape::pacing);
  if (!at) return;
  if (at->node().kind == NodeKind::mapping) {
    target.pace = true;
    read_mapping(*at, target);
  } else {
    read_word(*at, target);
  }
  if (!target.pace) return;
  const Kind kind = target.over.kind;
  if (kind != Kind::week && kind != Kind::month && kind != Kind::quarter && kind != Kind::flight) {
    at->error(fmt::format("pace needs a period with an end, and over is {}", to_string(target.over)),
              "write over: week, month, quarter or a flight such as 2026-11-01..2026-12-24");
  }
  if (kpi != nullptr && !rules::is_volume(*kpi)) {
    at->error(fmt::format(
        "pace needs a total such as conversions or spend, and {} is {}", kpi->name,
        kpi->formula.is_quotient() ? "a quotient" : fmt::format("measured in {}", to_string(kpi->unit))));
  }
}

}  // namespace tightrope::config
