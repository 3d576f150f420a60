#include "tests/rules/vector_case.h"

#include <fmt/format.h>

#include <cmath>

namespace tightrope::rules::vectors {
namespace {

namespace json = boost::json;

constexpr double kDigitsOfTheFiles = 1e-11;

const json::object& part(const json::object& entry, std::string_view name) {
  return entry.at(name).as_object();
}

std::string written(Figure value) {
  return value ? fmt::format("{:.12g}", *value) : "null";
}

}  // namespace

double number(const json::value& value) {
  return value.to_number<double>();
}

Figure figure(const json::value& value) {
  return value.is_null() ? Figure() : number(value);
}

std::vector<double> numbers(const json::value& list) {
  std::vector<double> result;
  for (const json::value& entry : list.as_array()) result.push_back(number(entry));
  return result;
}

const json::value& optional_member(const json::object& object, std::string_view name) {
  static const json::value kNull;
  const json::value* member = object.if_contains(name);
  return member == nullptr ? kNull : *member;
}

VectorCase::VectorCase(const json::object& entry)
    : id_(entry.at("id").as_string()),
      kind_(entry.at("kind").as_string()),
      inputs_(&part(entry, "inputs")),
      expected_(&part(entry, "expected")),
      tolerance_(&part(entry, "tolerance")) {}

bool VectorCase::within(double got, double due, std::string_view name) const {
  if (got == due) return true;
  const double off = std::abs(got - due);
  bool spoken = false;
  const auto allows = [&](const std::string& key, double scale) {
    const json::value* limit = tolerance_->if_contains(key);
    if (limit == nullptr || !limit->is_number()) return false;
    spoken = true;
    return off <= number(*limit) * scale;
  };
  const std::string of(name);
  for (const auto& [key, scale] :
       {std::pair(of + "_rel", std::abs(due)), std::pair(of + "_abs", 1.0), std::pair(of, 1.0),
        std::pair(std::string("rel"), std::abs(due)), std::pair(std::string("abs"), 1.0)}) {
    if (allows(key, scale)) return true;
  }
  return !spoken && off <= kDigitsOfTheFiles * std::abs(due);
}

void VectorCase::compare(std::string_view what, Figure got, const json::value& due, std::string_view name) {
  const Figure right = figure(due);
  if (got && !std::isfinite(*got)) got.reset();
  if (got.has_value() == right.has_value() && (!got || within(*got, *right, name.empty() ? what : name))) {
    return;
  }
  differences_.push_back({.what = std::string(what), .expected = written(right), .got = written(got)});
}

void VectorCase::compare_all(std::string_view what, std::span<const double> got, const json::value& due,
                             std::string_view name) {
  const json::array& right = due.as_array();
  if (got.size() != right.size()) {
    differences_.push_back({.what = fmt::format("how many of {}", what),
                            .expected = fmt::format("{}", right.size()),
                            .got = fmt::format("{}", got.size())});
    return;
  }
  for (std::size_t i = 0; i < got.size(); ++i) {
    compare(fmt::format("{}[{}]", what, i), got[i], right[i], name.empty() ? what : name);
  }
}

void VectorCase::compare_text(std::string_view what, std::string_view got, std::string_view due) {
  if (got == due) return;
  differences_.push_back({.what = std::string(what), .expected = std::string(due), .got = std::string(got)});
}

void VectorCase::compare_index(std::string_view what, std::size_t got, const json::value& due) {
  compare_text(what, fmt::format("{}", got), fmt::format("{}", due.to_number<std::size_t>()));
}

void VectorCase::require(std::string_view what, bool holds) {
  if (!holds) differences_.push_back({.what = std::string(what), .expected = "true", .got = "false"});
}

}  // namespace tightrope::rules::vectors
