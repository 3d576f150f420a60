// `with:` and `secrets:` of connector prometheus.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

// {name} has no meaning in PromQL, so it is one of ours, or a slip.
void check_names(const Cursor& at, std::string_view query) {
  const bool written = at.node().text == query;
  for (std::size_t open = query.find('{'); open != std::string_view::npos; open = query.find('{', open + 1)) {
    const auto close = query.find('}', open);
    if (close == std::string_view::npos) {
      at.error_at(written ? open : 0, "has a { without its }");
      return;
    }
    const auto name = query.substr(open + 1, close - open - 1);
    if (name == "window" || !is_identifier(name)) continue;
    at.error_at(written ? open + 1 : 0,
                written ? fmt::format("unknown name {{{}}}", name) : "has an unknown name in braces",
                "{window} is the length of the day or hour");
  }
}

void check_range(const Cursor& at, std::string_view query, PrometheusPer per) {
  constexpr std::array<std::string_view, 3> kDays{"[1d]", "[24h]", "[86400s]"};
  if (per != PrometheusPer::day) return;
  for (const auto range : kDays) {
    if (query.find(range) == std::string_view::npos) continue;
    at.warning(fmt::format("{} covers a part of yesterday for today, and no day of 23 or 25 hours", range),
               "write [{window}]");
  }
}

void read_queries(const Cursor& at, const Scope& scope, PrometheusSource& prometheus) {
  for (const auto& [name, value] : at.entries()) {
    const auto* metric = scope.find_metric(value.at_key(), name);
    const auto text = value.text();
    if (!text) continue;
    if (text->find_first_not_of(" \t\r\n") == std::string::npos) value.error("is empty");
    check_names(value, *text);
    check_range(value, *text, prometheus.per);
    if (metric != nullptr) prometheus.queries.push_back({metric->name, *text});
  }
  if (at.node().kind == NodeKind::mapping && at.node().entries.empty()) at.error("names no metric");
}

void read_labels(const Cursor& at, const Scope& scope, FieldMapping& mapping) {
  for (const auto& [name, value] : at.entries()) {
    const auto dimension = scope.find_dimension(value.at_key(), name);
    const auto label = value.text();
    if (!label) continue;
    if (!is_identifier(*label)) {
      value.error(fmt::format("{} is not a label", in_quotes(value.node().text)));
    } else if (dimension) {
      mapping.dimensions.emplace_back(*dimension, *label);
    }
  }
}

}  // namespace

PrometheusSource read_prometheus(const Cursor& with, const std::optional<Cursor>& secrets, const Scope& scope,
                                 Source& source) {
  MappingReader in(with, kPrometheusKeys);
  PrometheusSource prometheus;
  if (source.rates) with.error("exchange rates do not come from prometheus");
  prometheus.base_url = read_base_url(in).value_or("");
  if (in.choice("per") == 1u) prometheus.per = PrometheusPer::hour;
  if (const auto queries = in.get("queries", Shape::text_map)) read_queries(*queries, scope, prometheus);
  FieldMapping mapping;
  if (const auto labels = in.get("labels", Shape::text_map)) read_labels(*labels, scope, mapping);
  read_field_settings({in.get("constants", Shape::text_map), std::nullopt, std::nullopt, std::nullopt}, scope,
                      mapping);
  prometheus.labels = std::move(mapping.dimensions);
  prometheus.constants = std::move(mapping.constants);
  std::optional<Secret> token;
  std::optional<Secret> password;
  if (secrets) {
    MappingReader hidden(*secrets, kPrometheusSecretKeys);
    token = hidden.secret("token");
    password = hidden.secret("password");
  }
  prometheus.login = read_login(in, token, password);
  if (in.boolean("allow_private_addresses").value_or(false)) source.allow_private_addresses = true;
  return prometheus;
}

}  // namespace tightrope::config
