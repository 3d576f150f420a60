// An engine that is obviously right and knows nothing of speed: every figure in one map, every sum added up
// anew.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "rules/engine.h"

namespace tightrope::rules::testing {

class NaiveEngine {
 public:
  explicit NaiveEngine(const Strategy& strategy);

  void learn(const ObservationBatch& batch);
  // The KPI of a target at a node, at a time: NaN where it is not known.
  double value(const Target& target, const Objective& objective, const Entity& node, Timestamp now) const;
  // Every node a target has: one for each prefix of a reported entity that matches, and the objective itself.
  std::vector<Entity> nodes(const Target& target, const Objective& objective) const;

 private:
  // The sum in millionths, and whether anything was there.
  std::pair<std::int64_t, bool> sum(const std::string& metric, const Objective& objective, const Entity& node,
                                    Window window, Timestamp now) const;

  const Strategy& strategy_;
  Calendar calendar_;
  std::map<std::tuple<Entity, std::string, Bucket>, Amount> figures_;
};

}  // namespace tightrope::rules::testing
