// Sources of exchange rates: what they are against, and where a table or an answer has them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/readers.h"
#include "config/scalars.h"
#include "rules/currency.h"

namespace tightrope::config {
namespace {

constexpr std::string_view kEvery = "*";

class RateFieldsReader {
 public:
  RateFieldsReader(FieldKind kind, const Rates& rates)
      : kind_(kind), rates_(rates), inverse_(rates.direction == Rates::Direction::per_currency) {}

  FieldMapping read(const Cursor& at) {
    std::optional<Cursor> currency, rate, rates;
    bool date = false;
    for (const auto& [name, value] : at.entries()) {
      if (name == "date") {
        date = true;
        if (const auto field = read_plain(value)) mapping_.bucket_field = *field;
      } else if (name == "currency") {
        currency = value;
      } else if (name == "rate") {
        rate = value;
      } else if (name == "rates") {
        rates = value;
      } else {
        misspelt_ = true;
        const std::vector<std::string> known{"date", "currency", "rate", "rates"};
        value.at_key().unknown(fmt::format("{} is no part of an exchange rate", in_quotes(name)), name,
                               known);
      }
    }
    if (at.node().kind != NodeKind::mapping) return std::move(mapping_);
    if (!date && !misspelt_) at.error("key \"date\" is missing", "date: where the day of the rate stands");
    if (rate && rates) {
      rates->at_key().error("\"rate\" and \"rates\" are both given; keep one");
    } else if (rates) {
      if (currency) currency->at_key().error("with rates the currencies are named by columns or keys");
      read_every(*rates);
    } else {
      read_one(at, currency, rate);
    }
    return std::move(mapping_);
  }

 private:
  std::optional<std::string> read_plain(const Cursor& value) const {
    const auto field = read_field_name(value, kind_);
    if (!field) return std::nullopt;
    if (!field->is_plain()) value.error("scale and unit belong to the rate");
    return field->name;
  }

  // One row per day and currency.
  void read_one(const Cursor& at, const std::optional<Cursor>& currency, const std::optional<Cursor>& rate) {
    if (!rate && !misspelt_)
      at.error("key \"rate\" or \"rates\" is missing",
               "currency and rate for a row per currency, or rates for one column or key per currency");
    if (rate && !currency && !misspelt_)
      at.error("key \"currency\" is missing", "currency: where its ISO 4217 code stands");
    if (const auto field = currency ? read_plain(*currency) : std::nullopt)
      mapping_.dimensions.emplace_back(0, *field);
    if (!rate) return;
    const rules::Metric metric{rules::rate_metric(rates_.base), rules::Unit::number, false};
    if (auto field = read_metric_field(metric, *rate, kind_)) {
      field->inverse = inverse_;
      mapping_.metrics.push_back(std::move(*field));
    }
  }

  void add(const std::string& code, std::string field) {
    MetricField metric;
    metric.metric = code;
    metric.unit = rules::Unit::number;
    metric.field = std::move(field);
    metric.inverse = inverse_;
    mapping_.metrics.push_back(std::move(metric));
  }

  // One row per day: a column or key for each currency.
  void read_every(const Cursor& at) {
    const Node& node = at.node();
    const bool pointer =
        kind_ == FieldKind::pointer && node.kind == NodeKind::scalar && node.text.starts_with('/');
    if (pointer || (node.kind == NodeKind::scalar && node.text == kEvery)) {
      mapping_.may_lack_metrics = true;
      for (const std::string& code : currencies()) {
        if (code != rates_.base) add(code, pointer ? node.text + "/" + code : code);
      }
      return;
    }
    std::vector<std::string> seen;
    for (const auto& item : at.items_or_one()) {
      const auto code = item.text();
      if (!code) continue;
      if (!is_currency(*code)) {
        item.error(
            fmt::format("{} is not a currency", in_quotes(item.node().text)),
            kind_ == FieldKind::column
                ? "write ISO 4217 codes, such as [USD, GBP], or \"*\" for every column named by one"
                : "write ISO 4217 codes, such as [USD, GBP], \"*\" for every key that is one, or a JSON "
                  "pointer to the object that has them");
      } else if (*code == rates_.base) {
        item.error(fmt::format("{} is the base itself", *code));
      } else if (std::find(seen.begin(), seen.end(), *code) != seen.end()) {
        item.error(fmt::format("{} is named twice", *code));
      } else {
        add(*code, *code);
      }
      seen.push_back(*code);
    }
    if (node.kind == NodeKind::sequence && node.items.empty()) at.error("an empty list names no currency");
    if (node.kind == NodeKind::null) at.error("has no value");
  }

  FieldKind kind_;
  const Rates& rates_;
  bool inverse_;
  bool misspelt_ = false;  // a key, which may be the one that is missing
  FieldMapping mapping_;
};

}  // namespace

Rates read_rates(const Cursor& at) {
  MappingReader in(at, kRatesKeys);
  Rates rates;
  const auto at_base = in.get("base", Shape::text);
  const auto base = at_base ? at_base->text() : std::nullopt;
  if (const auto direction = in.choice("direction")) {
    constexpr std::array<Rates::Direction, 2> kDirections{Rates::Direction::per_base,
                                                          Rates::Direction::per_currency};
    rates.direction = kDirections[*direction];
  }
  if (base) rates.base = *base;
  if (base && !is_currency(*base)) {
    at_base->error(fmt::format("{} is not a currency", in_quotes(at_base->node().text)),
                   "write its ISO 4217 code, such as EUR or USD");
  }
  return rates;
}

FieldMapping read_rate_fields(const Cursor& at, FieldKind kind, const Rates& rates) {
  return RateFieldsReader(kind, rates).read(at);
}

}  // namespace tightrope::config
