// Figures that a Prometheus server computes: a query for each metric.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/login.h"

namespace tightrope::config {

struct PrometheusQuery {
  std::string metric;
  std::string text;  // PromQL; `{window}` stands for the length of the day or hour asked for, such as 86400s
  friend bool operator==(const PrometheusQuery&, const PrometheusQuery&) = default;
};

enum class PrometheusPer { day, hour };

struct PrometheusSource {
  std::string base_url;  // without the slash at its end: "http://prometheus:9090", "https://example.com/prom"
  std::vector<PrometheusQuery> queries;
  std::vector<std::pair<std::size_t, std::string>> labels;     // dimension -> label
  std::vector<std::pair<std::size_t, std::string>> constants;  // dimension -> fixed value
  PrometheusPer per = PrometheusPer::day;
  Login login;
  friend bool operator==(const PrometheusSource&, const PrometheusSource&) = default;
};

}  // namespace tightrope::config
