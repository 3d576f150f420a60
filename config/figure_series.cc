#include "config/figure_series.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/problems.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

constexpr std::string_view kHint = "write 100x7, 100+10x6 or 100 120 _ 90";
constexpr std::string_view kNothing = "_";
constexpr std::string_view kTakenBack = "back";

// One word: `value`, `value+step`, each with or without `xN`.
struct Run {
  std::string_view value, step;  // the step with its sign
  std::optional<std::size_t> repeats;
};

std::variant<Run, SeriesError> split(std::string_view word, std::size_t offset) {
  Run run{word, {}, std::nullopt};
  if (const auto times = word.rfind('x'); times != std::string_view::npos) {
    const auto count = parse_integer(word.substr(times + 1));
    if (!count || *count < 1 || *count > static_cast<std::int64_t>(kMostRepeats)) {
      return SeriesError{
          offset + times,
          fmt::format("{}: after x stands how many, 1 to {}", in_quotes(word.substr(times)), kMostRepeats),
          std::string(kHint)};
    }
    run.repeats = static_cast<std::size_t>(*count);
    run.value = word.substr(0, times);
  }
  // The first character may be the sign of the value itself.
  const auto sign = run.value.find_first_of("+-", 1);
  if (sign != std::string_view::npos) {
    run.step = run.value.substr(sign);
    run.value = run.value.substr(0, sign);
  }
  return run;
}

class SeriesParser {
 public:
  std::optional<SeriesError> add(std::string_view word, std::size_t offset) {
    auto parts = split(word, offset);
    if (auto* failure = std::get_if<SeriesError>(&parts)) return std::move(*failure);
    const Run& run = std::get<Run>(parts);
    const std::size_t count = run.repeats.value_or(1);
    if (values_.size() + count > kMostBuckets)
      return SeriesError{offset, fmt::format("more than {} figures", kMostBuckets), ""};
    if (run.value == kNothing || run.value == kTakenBack) {
      if (!run.step.empty()) return not_a_figure(word, offset);
      const SeriesValue value = run.value == kNothing ? SeriesValue{} : SeriesValue{rules::Amount::missing()};
      values_.insert(values_.end(), count, value);
      return std::nullopt;
    }
    const auto first = rules::parse_amount(run.value);
    if (!first) return not_a_figure(word, offset);
    std::int64_t step = 0;
    if (!run.step.empty()) {
      if (!run.repeats) {
        return SeriesError{offset, fmt::format("{} does not say for how long it goes on", in_quotes(word)),
                           fmt::format("write {}x7 for seven figures", word)};
      }
      const auto by = rules::parse_amount(run.step.substr(1));
      if (!by) return not_a_figure(word, offset);
      step = run.step.front() == '-' ? -by->micros() : by->micros();
    }
    std::int64_t micros = first->micros();
    for (std::size_t i = 0; i < count; ++i, micros += step) {
      constexpr std::int64_t kMost = rules::Amount::kLargestUnits * rules::Amount::kScale;
      if (micros > kMost || micros < -kMost)
        return SeriesError{offset, fmt::format("{} goes beyond the largest figure", in_quotes(word)), ""};
      values_.emplace_back(rules::Amount::from_micros(micros));
    }
    return std::nullopt;
  }

  std::vector<SeriesValue> take() && { return std::move(values_); }

 private:
  static SeriesError not_a_figure(std::string_view word, std::size_t offset) {
    const bool comma = word.find(',') != std::string_view::npos;
    return {offset, fmt::format("{} is not a figure", in_quotes(word)),
            comma ? "figures stand apart by spaces, with a point before decimals" : std::string(kHint)};
  }

  std::vector<SeriesValue> values_;
};

}  // namespace

std::variant<std::vector<SeriesValue>, SeriesError> parse_series(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  SeriesParser parser;
  std::size_t at = text.find_first_not_of(kBlanks);
  if (at == std::string_view::npos) return SeriesError{0, "has no figures", std::string(kHint)};
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    if (auto failure = parser.add(text.substr(at, end - at), at)) return std::move(*failure);
    at = std::min(text.find_first_not_of(kBlanks, end), text.size());
  }
  return std::move(parser).take();
}

}  // namespace tightrope::config
