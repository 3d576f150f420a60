#include "tests/bench/alarm_reference.h"

namespace tightrope::bench {
namespace {

constexpr double kNone = SpecifiedFigures::kUnknown;
constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::size_t kAll = static_cast<std::size_t>(-1);

struct Row {
  std::string_view setting, scheme;
  std::size_t tier;
  SpecifiedFigures figures;
};
constexpr std::array<Row, 27> kRows{{
    {"reference", "yesterday > target", kAll, {91.00, {1.0, 1.0, 1.0}, {1, 1, 1}}},
    {"reference", "7 d > 1.2 target", kAll, {30.46, {3.7, 2.6, 2.0}, {0.97, 1, 1}}},
    {"reference", "p < 0.01, 7 d", kAll, {14.62, {7.6, 4.9, 3.7}, {0.64, 0.77, 0.87}}},
    {"reference", "confidence 0.999", kAll, {0.26, {34.6, 14.5, 7.0}, {0.13, 0.48, 0.74}}},
    {"reference", "confidence 0.99", kAll, {2.93, {13.7, 7.1, 3.7}, {0.51, 0.78, 0.91}}},
    {"reference", "confidence 0.999", 0, {0.26, {kNever, 46.2, 25.8}, {kNone, kNone, kNone}}},
    {"reference", "confidence 0.999", 1, {0.24, {55.1, 24.5, 12.4}, {kNone, kNone, kNone}}},
    {"reference", "confidence 0.999", 2, {0.25, {32.7, 13.5, 6.4}, {kNone, kNone, kNone}}},
    {"reference", "confidence 0.999", 3, {0.23, {22.2, 10.2, 4.5}, {kNone, kNone, kNone}}},
    {"reference", "confidence 0.999", 4, {0.29, {20.4, 8.5, 3.5}, {kNone, kNone, kNone}}},
    {"poisson", "yesterday > target", kAll, {91.69, {kNone, 1.0, kNone}, {kNone, kNone, kNone}}},
    {"poisson", "7 d > 1.2 target", kAll, {23.68, {kNone, 3.1, kNone}, {kNone, kNone, kNone}}},
    {"poisson", "p < 0.01, 7 d", kAll, {3.71, {kNone, 4.7, kNone}, {kNone, kNone, kNone}}},
    {"poisson", "confidence 0.999", kAll, {0.11, {kNone, 8.1, kNone}, {kNone, kNone, kNone}}},
    {"poisson", "confidence 0.99", kAll, {1.98, {kNone, 3.9, kNone}, {kNone, kNone, kNone}}},
    {"season", "yesterday > target", kAll, {90.10, {kNone, 1.0, kNone}, {kNone, kNone, kNone}}},
    {"season", "7 d > 1.2 target", kAll, {31.56, {kNone, 2.6, kNone}, {kNone, kNone, kNone}}},
    {"season", "p < 0.01, 7 d", kAll, {15.01, {kNone, 4.8, kNone}, {kNone, kNone, kNone}}},
    {"season", "confidence 0.999", kAll, {0.26, {kNone, 14.8, kNone}, {kNone, kNone, kNone}}},
    {"season", "confidence 0.99", kAll, {2.97, {kNone, 6.8, kNone}, {kNone, kNone, kNone}}},
    {"autocorrelated", "yesterday > target", kAll, {77.33, {kNone, 1.0, kNone}, {kNone, kNone, kNone}}},
    {"autocorrelated", "7 d > 1.2 target", kAll, {32.11, {kNone, 2.5, kNone}, {kNone, kNone, kNone}}},
    {"autocorrelated", "p < 0.01, 7 d", kAll, {16.13, {kNone, 5.0, kNone}, {kNone, kNone, kNone}}},
    {"autocorrelated", "confidence 0.999", kAll, {0.18, {kNone, 23.5, kNone}, {kNone, kNone, kNone}}},
    {"late", "7 d > 1.2 target", kAll, {32.2, {kNone, kNone, kNone}, {kNone, kNone, kNone}}},
    {"late", "p < 0.01, 7 d", kAll, {19.1, {kNone, kNone, kNone}, {kNone, kNone, kNone}}},
    {"late", "confidence 0.999", kAll, {0.17, {kNone, 17.0, kNone}, {kNone, kNone, kNone}}},
}};

}  // namespace

std::optional<SpecifiedFigures> specified(std::string_view setting, std::string_view scheme,
                                          std::optional<std::size_t> tier) noexcept {
  for (const Row& row : kRows) {
    if (row.setting == setting && row.scheme == scheme && row.tier == tier.value_or(kAll)) return row.figures;
  }
  return std::nullopt;
}

}  // namespace tightrope::bench
