// Why a KPI changed, in words with all numbers: they add up. For `tightrope explain`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/diagnosis.h"

namespace tightrope::daemon {

// "cpa 40.00 EUR to 62.50 EUR, +22.50", then one line for each level of factors: "of cpa: cpc +11.25 (1.20
// EUR to 1.50 EUR), cvr +11.25 (3.0 % to 2.4 %)". Nothing where neither factors nor segments are known.
std::vector<std::string> factor_sentences(const rules::Diagnosis& why, const rules::Strategy& strategy);
// One line for each level: "by campaign of search, +20.00: brand +15.00 (rate +14.00, mix +1.00, may be
// chance), 12 others +5.00".
std::vector<std::string> segment_sentences(const rules::Diagnosis& why, const rules::Strategy& strategy);

}  // namespace tightrope::daemon
