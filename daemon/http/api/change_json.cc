#include "daemon/http/api/change_json.h"

#include <utility>

namespace tightrope::daemon::http {

json::object segment_json(const rules::SegmentChange& segment) {
  json::object result;
  result["dimension"] = text(segment.dimension);
  result["name"] = text(segment.name);
  result["entity"] = text(rules::to_string(segment.entity));
  result["before"] = number(segment.value.before);
  result["now"] = number(segment.value.now);
  result["effect"] = number(segment.effect);
  result["rate"] = number(segment.rate);
  result["mix"] = number(segment.mix);
  result["shareBefore"] = number(segment.share.before);
  result["shareNow"] = number(segment.share.now);
  result["new"] = segment.is_new;
  result["stopped"] = segment.stopped;
  result["withinNoise"] = segment.within_noise;
  return result;
}

json::array segments_json(const std::vector<rules::SegmentChange>& segments) {
  json::array result;
  for (const rules::SegmentChange& segment : segments) result.push_back(segment_json(segment));
  return result;
}

json::object change_json(const rules::Diagnosis& why) {
  json::object result;
  result["before"] = number(why.explained.value.before);
  result["now"] = number(why.explained.value.now);
  result["effect"] = number(why.explained.change());
  result["unit"] = text(rules::to_string(why.unit));
  result["reciprocal"] = why.explained.reciprocal;
  json::array factors;
  for (const rules::FactorLevel& level : why.factors.levels) {
    json::array effects;
    for (const rules::FactorEffect& one : level.effects) {
      json::object effect;
      effect["kpi"] = text(one.kpi);
      effect["before"] = number(one.value.before);
      effect["now"] = number(one.value.now);
      effect["effect"] = number(one.effect);
      effects.push_back(std::move(effect));
    }
    json::object of;
    of["of"] = text(level.of);
    of["effects"] = std::move(effects);
    factors.push_back(std::move(of));
  }
  result["factors"] = std::move(factors);
  json::array levels;
  for (const rules::SegmentLevel& level : why.segments) {
    json::object one;
    one["dimension"] = text(level.dimension);
    one["within"] = text(rules::to_string(level.within));
    one["effect"] = number(level.effect);
    one["segments"] = segments_json(level.segments);
    one["others"] = level.others;
    one["othersEffect"] = number(level.rest);
    levels.push_back(std::move(one));
  }
  result["segments"] = std::move(levels);
  return result;
}

}  // namespace tightrope::daemon::http
