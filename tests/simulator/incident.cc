#include "tests/simulator/incident.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tightrope::simulator {
namespace {

struct Named {
  IncidentKind kind;
  std::string_view name;
  double factor;
};
constexpr std::array<Named, 4> kKinds{{
    {IncidentKind::cpc_jump, "cpc_jump", 1.6},
    {IncidentKind::cvr_drop, "cvr_drop", 0.4},
    {IncidentKind::tracking_break, "tracking_break", 1},
    {IncidentKind::spend_stop, "spend_stop", 1},
}};

const Named& named(IncidentKind kind) noexcept {
  return *std::find_if(kKinds.begin(), kKinds.end(), [kind](const Named& n) { return n.kind == kind; });
}

}  // namespace

std::string_view to_string(IncidentKind kind) noexcept {
  return named(kind).name;
}

std::optional<IncidentKind> parse_incident_kind(std::string_view text) noexcept {
  for (const Named& candidate : kKinds) {
    if (candidate.name == text) return candidate.kind;
  }
  return std::nullopt;
}

double usual_factor(IncidentKind kind) noexcept {
  return named(kind).factor;
}

int Incidents::add(Incident incident) {
  incident.id = static_cast<int>(all_.size()) + 1;
  all_.push_back(std::move(incident));
  return all_.back().id;
}

int Incidents::recover(std::string_view account, std::string_view campaign, Instant at) {
  int ended = 0;
  for (Incident& incident : all_) {
    if (incident.account != account || incident.campaign != campaign) continue;
    if (incident.until && *incident.until <= at) continue;
    incident.until = std::max(at, incident.from);  // empty when it lies ahead
    ++ended;
  }
  return ended;
}

Disturbance Incidents::at(std::string_view account, std::string_view campaign, Instant time) const noexcept {
  Disturbance sum;
  for (const Incident& incident : all_) {
    if (time < incident.from || (incident.until && time >= *incident.until)) continue;
    if (incident.campaign != campaign || incident.account != account) continue;
    switch (incident.kind) {
      case IncidentKind::cpc_jump:
        sum.cpc_factor *= incident.factor;
        break;
      case IncidentKind::cvr_drop:
        sum.cvr_factor *= incident.factor;
        break;
      case IncidentKind::tracking_break:
        sum.tracked = false;
        break;
      case IncidentKind::spend_stop:
        sum.serving = false;
        break;
    }
  }
  return sum;
}

}  // namespace tightrope::simulator
