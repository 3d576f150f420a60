// The values of rules/ as JSON. The same thing looks the same under every path.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "daemon/client_runtime.h"
#include "daemon/http/json.h"
#include "daemon/http/message.h"
#include "rules/alert.h"
#include "rules/entity.h"
#include "rules/verdict.h"

namespace tightrope::daemon::http {

// {"channel":"search","campaign":"brand"}; {} for the client as a whole.
json::object entity_json(const rules::Entity& entity, const rules::Dimensions& dimensions);
// The state, the reason and every number of a verdict.
json::object verdict_json(const rules::Verdict& verdict);
json::object recommendation_json(const rules::Recommendation& recommendation);
// As Prometheus shows an alert (labels, annotations, state, activeAt, value), and all that Tightrope knows
// besides.
json::object alert_json(const rules::Alert& alert);
// "campaign", or "objective".
std::string level_name(rules::Level level, const rules::Dimensions& dimensions);
// "at most 45.00 EUR", "between 3.0 % and 5.0 %"; "" where there is no bound yet.
std::string bound_text(const rules::Target& target, const rules::Kpi& kpi, const rules::Bound* bound,
                       std::string_view currency);

// `search/brand`, as alerts and `tightrope explain` write it; `channel=search,campaign=brand` for values with
// slashes, a JSON object for values with commas. An error is for people.
struct BadEntity {
  std::string text;
};
std::variant<rules::Entity, BadEntity> parse_entity(std::string_view text,
                                                    const rules::Dimensions& dimensions);
// The entity under the name that the engine knows it by, where `asked` is written in another way that the
// client's identity makes the same name; else as asked.
rules::Entity known_as(const rules::Engine& engine, rules::Entity asked);

// What a refusal of the engine or the journal is over HTTP.
Response refusal_response(const Refusal& refusal);

}  // namespace tightrope::daemon::http
