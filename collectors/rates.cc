#include "collectors/rates.h"

#include <fmt/core.h>

#include <map>
#include <optional>
#include <utility>

#include "collectors/field_mapping.h"
#include "config/scalars.h"
#include "rules/currency.h"

namespace tightrope::collectors {
namespace {

class RatesCollector final : public Collector {
 public:
  RatesCollector(std::unique_ptr<Collector> figures, config::Rates rates)
      : figures_(std::move(figures)), rates_(std::move(rates)) {}

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    auto reading = figures_->collect(request);
    CollectResult result = co_await std::move(reading);
    if (!result) co_return result;
    auto rates = as_rates(result->batch, rates_);
    if (auto* problem = std::get_if<std::string>(&rates))
      co_return CollectError{FailureKind::bad_data, std::move(*problem), std::nullopt};
    result->batch = std::get<rules::ObservationBatch>(std::move(rates));
    if (result->batch.rows.empty() && result->rows_read > result->rows_outside) {
      co_return CollectError{FailureKind::bad_data,
                             fmt::format("none of {} records has the rate of a currency",
                                         result->rows_read - result->rows_outside),
                             std::nullopt};
    }
    co_return result;
  }

 private:
  const std::unique_ptr<Collector> figures_;
  const config::Rates rates_;
};

}  // namespace

std::variant<rules::ObservationBatch, std::string> as_rates(const rules::ObservationBatch& batch,
                                                            const config::Rates& rates) {
  rules::BatchBuilder builder(batch.source, batch.learnt);
  const std::string metric = rules::rate_metric(rates.base);
  // The newest of a day, and where it stands: currencies and days in the order in which they came.
  struct Newest {
    rules::Bucket at;
    std::size_t row;
  };
  std::map<std::pair<std::string, rules::Day>, Newest> newest;
  std::vector<rules::ObservationBatch::Row> rows;
  std::vector<std::string> codes;
  std::optional<std::string> stranger;
  for (const auto& row : batch.rows) {
    const rules::Entity& entity = batch.entities[row.entity];
    const std::string code(entity.path.empty() ? std::string_view(batch.metrics[row.metric]) : entity.at(0));
    if (code == rates.base) continue;
    if (!config::is_currency(code)) {
      if (!stranger) stranger = code;
      continue;
    }
    if (!row.value.is_missing() && row.value.micros() <= 0) {
      return fmt::format("the rate of {} on {} is {}: rates are more than 0, and kept to the sixth decimal",
                         code, to_string(row.bucket.day), to_string(row.value));
    }
    const auto [place, is_new] = newest.try_emplace({code, row.bucket.day}, Newest{row.bucket, rows.size()});
    if (is_new) {
      rows.push_back(row);
      codes.push_back(code);
    } else if (place->second.at <= row.bucket) {
      place->second.at = row.bucket;
      rows[place->second.row] = row;
    }
  }
  if (rows.empty() && stranger) {
    return fmt::format("no rate is of a currency: {} is not an ISO 4217 code", quoted(*stranger));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t entity = builder.entity({{codes[i]}});
    builder.add(entity, builder.metric(metric), {rows[i].bucket.day}, rows[i].value);
  }
  return std::move(builder).take();
}

std::unique_ptr<Collector> make_rates_collector(std::unique_ptr<Collector> figures, config::Rates rates) {
  return std::make_unique<RatesCollector>(std::move(figures), std::move(rates));
}

}  // namespace tightrope::collectors
