// Why a KPI changed, as JSON: factors and segments with their effects.
#pragma once

#include "daemon/http/json.h"
#include "rules/diagnosis.h"

namespace tightrope::daemon::http {

json::object segment_json(const rules::SegmentChange& segment);
json::array segments_json(const std::vector<rules::SegmentChange>& segments);
// What changed, then level by level what did it: the effects of a level add up to that of what it is of.
json::object change_json(const rules::Diagnosis& why);

}  // namespace tightrope::daemon::http
