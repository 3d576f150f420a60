// What Prometheus' HTTP API answers to a query.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rules/entity.h"
#include "rules/units.h"

namespace tightrope::collectors {

struct PrometheusSample {
  rules::Timestamp at;
  rules::Amount value;  // missing for NaN and the infinities
};
struct PrometheusSeries {
  rules::Entity entity;
  std::vector<PrometheusSample> samples;
};
struct PrometheusAnswer {
  std::vector<PrometheusSeries> series;
  // The server's own word that something may be lacking, such as a remote store that did not answer; else "".
  std::string warning;
};

// Where a series' entity comes from. A label that a series lacks leaves its dimension "not reported".
struct PrometheusNames {
  const std::vector<std::pair<std::size_t, std::string>>& labels;     // dimension -> label
  const std::vector<std::pair<std::size_t, std::string>>& constants;  // dimension -> fixed value
};

// A vector, a matrix or a scalar; or what is wrong with the text. Values are strings of a number, NaN, +Inf
// or -Inf.
std::variant<PrometheusAnswer, std::string> read_prometheus_answer(std::string_view body,
                                                                   const PrometheusNames& names);

}  // namespace tightrope::collectors
