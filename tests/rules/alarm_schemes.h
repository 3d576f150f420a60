// Ways to tell from campaigns' figures that a target is missed: rules::Engine's own, and what else people do.
// Each is told of every look, and notes for which campaigns its alarm is on.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/engine.h"
#include "rules/evidence.h"
#include "tests/rules/campaign_streams.h"

namespace tightrope::rules::testing {

// What one scheme said of one campaign. Times are in days, as those of CampaignStreams.
struct AlarmHistory {
  bool on = false;
  int count = 0;              // how often the alarm went on, at most once a day
  int last_counted_day = -1;  // of these
  double days_on = 0;         // up to when it last went off, or to AlarmLog::end
  double on_since = 0;        // while it is on
  // Since the CPA changed: until the alarm was on for the first time, and whether it was on already.
  double delay = std::numeric_limits<double>::infinity();
  bool was_on = false;
};

// What one scheme said of all campaigns.
class AlarmLog {
 public:
  AlarmLog(std::string scheme, std::size_t campaigns) : scheme_(std::move(scheme)), histories_(campaigns) {}

  void set(std::size_t campaign, bool on, double time) noexcept;
  // From the beginning of this day on the CPA is another; the first look comes at `first_look`.
  void change(int day, double first_look) noexcept;
  // Nothing is set after this time.
  void end(double time) noexcept;

  const std::string& scheme() const noexcept { return scheme_; }
  const std::vector<AlarmHistory>& histories() const noexcept { return histories_; }

 private:
  std::string scheme_;
  std::vector<AlarmHistory> histories_;
  double changed_at_ = std::numeric_limits<double>::infinity();
};

// Poisson's chance of so few conversions in the last 7 days (today's hours included), looked at every time:
// the alarm is on while it is below `level`. Knows the spend, and neither scatter between days nor lag.
class PValueScheme {
 public:
  explicit PValueScheme(double level) : level_(level) {}
  void look(const CampaignStreams& streams, AlarmLog& log);

 private:
  double level_;
  std::vector<std::vector<int>> critical_;  // by tier and look: the most conversions that are too few
};

// rules::Evidence, told what no one knows of real campaigns: the day effect's variance, the season and the
// lag. It begins again the day after an alarm. What the engine, which has to learn them, is measured by.
class OracleScheme {
 public:
  OracleScheme(const StreamSetting& setting, double confidence);
  void look(const CampaignStreams& streams, AlarmLog& log);

 private:
  struct State {
    Evidence closed{};  // of the days that will not change any more
    int next = 0;       // the first day that is not in it
    bool alarmed = false;
  };
  double day_variance_;
  double threshold_;
  int days_until_final_;
  std::vector<State> states_;
};

// Targets on CPA in one engine, all fed with the same figures.
class EngineSchemes {
 public:
  struct Scheme {
    std::string name;
    Window over{.kind = Window::Kind::days, .length = 7};
    double bound = kTargetCpa;
    std::optional<double> confidence = std::nullopt;
  };
  // The targets are in force from `first_day` on; figures come from day 0 on.
  EngineSchemes(const std::vector<Scheme>& schemes, std::size_t campaigns, int first_day);

  // One log for each scheme, in their order.
  void look(const CampaignStreams& streams, std::vector<AlarmLog>& logs);

  const Engine& engine() const noexcept { return engine_; }

 private:
  Engine engine_;
  Event event_;  // an ObservationBatch; its names are made once
  std::map<std::string, std::size_t, std::less<>> scheme_of_target_;
};

}  // namespace tightrope::rules::testing
