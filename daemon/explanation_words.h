// The arithmetic of a verdict in words, with its numbers put in. For the command and the API alike.
#pragma once

#include <string>
#include <vector>

#include "daemon/explained.h"

namespace tightrope::daemon {

// Every digit, thousands apart by a plain space: "1 243.5"; money with two decimals at least: "1 243.50";
// "missing" when nobody reported it.
std::string exact_text(rules::Amount amount, rules::Unit unit);
std::string exact_text(double value, rules::Unit unit);
// "2026-11-20 21:04", in the client's zone.
std::string moment_text(const rules::Calendar& calendar, rules::Timestamp time);
// "search/brand"; "(all)" for the client as a whole.
std::string entity_text(const rules::Entity& entity);

// The steps of the value, each one line: "cpa = spend / conversions", "= 1 243.50 / 31", "= 40.11 EUR".
std::vector<std::string> value_steps(const Explained& explained);
// "at most 32.00 EUR, from 2026-11-01 on; from 2027-01-01 on at most 30.00 EUR".
std::string bound_sentence(const Explained& explained);
// What share of the period has passed, and what is due by now; "" unless the target is on pace.
std::string pace_sentence(const Explained& explained);
// "8.11 EUR more than the bound: 8.11 / 32.00 = 25.3 %"; "" without a gap.
std::string gap_sentence(const Explained& explained);
// How money per hour comes about; or why there is none.
std::string stake_sentence(const Explained& explained);
// "conversions 31, at least 20 needed: reached", one for each minimum.
std::vector<std::string> volume_sentences(const Explained& explained);
// "126 (10^2.1) against ...; 49 days ...: ... seen, ... due at the bound"; "" without evidence.
std::string evidence_sentence(const Explained& explained);
// An alert's times: "firing since ..., pending since ...; fired on 41.00 EUR; restated since: ...".
std::string alert_sentence(const rules::Alert& alert, const rules::Calendar& calendar);

}  // namespace tightrope::daemon
