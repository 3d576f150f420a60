// What goes wrong in a campaign, from when to when.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::simulator {

using Instant = std::chrono::sys_seconds;

enum class IncidentKind { cpc_jump, cvr_drop, tracking_break, spend_stop };
std::string_view to_string(IncidentKind kind) noexcept;
std::optional<IncidentKind> parse_incident_kind(std::string_view text) noexcept;
// The factor where none is given: prices 1.6 times as high, conversion rates 0.4 times; 1 where it has no
// meaning.
double usual_factor(IncidentKind kind) noexcept;

struct Incident {
  int id = 0;  // from 1, in the order staged
  IncidentKind kind = IncidentKind::cpc_jump;
  std::string account;
  std::string campaign;
  double factor = 1;
  Instant from{};
  std::optional<Instant> until;  // none: until somebody ends it
};

// What the incidents in force at one instant do to a campaign together.
struct Disturbance {
  double cpc_factor = 1;
  double cvr_factor = 1;
  bool tracked = true;  // false: conversions happen and nobody records them
  bool serving = true;  // false: no impressions, so no figures at all
};

// All incidents, past and to come. Staging one in the past restates figures, as platforms do.
class Incidents {
 public:
  // Its id.
  int add(Incident incident);
  // Ends those of the campaign that are in force at `at`; how many there were. One that was to begin later
  // never does.
  int recover(std::string_view account, std::string_view campaign, Instant at);
  Disturbance at(std::string_view account, std::string_view campaign, Instant time) const noexcept;
  const std::vector<Incident>& all() const noexcept { return all_; }

 private:
  std::vector<Incident> all_;
};

}  // namespace tightrope::simulator
