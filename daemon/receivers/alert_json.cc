#include "daemon/receivers/alert_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/receivers/message_text.h"

namespace tightrope::daemon {

std::map<std::string, std::string> annotations_of(const rules::Alert& alert) {
  const rules::AlertText text = rules::describe(alert);
  std::map<std::string, std::string> annotations;
  const auto add = [&annotations](const char* name, const std::string& value) {
    if (!value.empty()) annotations[name] = valid_utf8(value);
  };
  add("summary", text.what);
  std::string description = text.what;
  for (const std::string* line : {&text.costs, &text.why, &text.advice}) {
    if (!line->empty()) description += "\n" + *line;
  }
  add("description", description);
  add("what", text.what);
  add("costs", text.costs);
  add("why", text.why);
  add("advice", text.advice);
  add("alert_id", alert.id);
  add("acknowledged_by", alert.acknowledged_by);
  const auto open = std::find_if(
      alert.recommendations.begin(), alert.recommendations.end(),
      [](const rules::Recommendation& each) { return each.state == rules::RecommendationState::open; });
  if (open != alert.recommendations.end()) add("recommendation_id", open->id);
  if (alert.amendment)
    add("amended", alert.amendment->would_have_fired ? "would still fire" : "would not fire");
  return annotations;
}

std::string fingerprint(const Labels& labels) {
  std::uint64_t hash = 14695981039346656037ull;
  const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ull; };
  for (const auto& [name, value] : labels) {
    for (const std::string* part : {&name, &value}) {
      for (const char c : *part) mix(static_cast<unsigned char>(c));
      mix(0xff);
    }
  }
  return fmt::format("{:016x}", hash);
}

std::string link_to(const rules::Alert& alert, const MessageLinks& links) {
  return links.external_url.empty() ? std::string() : links.external_url + "/?alert=" + alert.id;
}

boost::json::object json_object(const std::map<std::string, std::string>& texts) {
  boost::json::object object;
  for (const auto& [name, value] : texts) object[valid_utf8(name)] = valid_utf8(value);
  return object;
}

}  // namespace tightrope::daemon
