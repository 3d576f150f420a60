// "Tracking broke" told from "the offer got worse": results given traffic, here and in the client's other
// campaigns. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/factor_effects.h"
#include "rules/kpi.h"

namespace tightrope::rules {

// Whether the KPI is made from conversions or what they bring, so that broken tracking would show in it.
bool counts_results(const Kpi& kpi);

struct ResultsDay {
  double traffic;      // clicks, or visits where nobody reports clicks; NaN: not reported
  double results;      // conversions; NaN: not reported, so the day says nothing
  double arrived = 1;  // the share of the day's results that is known by now, as far as their lag is known
  double day_variance = 0;  // of the day's own effect, see EvidenceDay
};

// What the traffic of some days brought, against what it brought before.
struct ResultsRun {
  double due = 0;  // by now: unfinished days count for what has arrived of them
  double seen = 0;
  double traffic = 0;
  double log_evidence = 0;  // ln T that it brings less, from a fixed start (log_fixed_start)

  // Nothing, or at most a quarter of what was due: a page that got worse still brings a third or half; a tag
  // that broke on most pages or devices brings next to nothing.
  bool collapsed() const noexcept { return seen <= 0.25 * due; }
};
// `rate`: results of one unit of traffic before. Days without either figure are skipped.
ResultsRun results_run(double rate, std::span<const ResultsDay> days);

// The campaigns of a client over the same days.
struct ClientResults {
  std::size_t campaigns = 0;  // in which one result or more was due
  std::size_t collapsed = 0;  // of them
  ResultsRun whole;           // of all: chosen ones would always look bad
  ResultsRun silent;          // of those that collapsed, for people; without evidence
};

enum class Breakage : std::uint8_t {
  none,
  alone,       // the client has no other campaigns that would tell
  everywhere,  // most campaigns of the client at once: no page and no offer does that
  only_here,   // the others bring theirs: tracking or landing page
};
// `starts`: how many fixed starts were tried, which the evidence has to pay for.
Breakage judge_results(const ResultsRun& own, const ClientResults& client, std::size_t starts);

// A count of results, or of what comes before them, that another source keeps: the shop's orders, visits.
struct Witness {
  std::string metric;
  ResultsRun run;  // given the same traffic
};

// The sentence for people, without a full stop where it ends in a question. `when`: " in three days", or "".
// `traffic`: "clicks".
std::string tracking_sentence(Breakage breakage, const ResultsRun& own, const ClientResults& client,
                              std::string_view traffic, std::string_view when,
                              const std::optional<Witness>& goes_on, const std::optional<Witness>& stopped);

}  // namespace tightrope::rules
