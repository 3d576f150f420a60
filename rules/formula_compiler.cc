// One descent through the grammar: each rule gives a Fragment, which is the program of that part, its unit,
// and, where the part is a quotient, the programs of its two sides.
#include "rules/formula_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rules/formula_units.h"

namespace tightrope::rules {

std::string FormulaCompiler::quoted(std::string_view text) {
  constexpr std::size_t kMostShown = 64;
  if (text.size() <= kMostShown) return fmt::format("\"{}\"", text);
  return fmt::format("\"{}...\"", text.substr(0, kMostShown));
}

std::nullopt_t FormulaCompiler::fail(std::size_t offset, std::size_t length, std::string problem,
                                     std::string suggestion) {
  if (!error_) error_ = FormulaError{offset, length, std::move(problem), std::move(suggestion)};
  return std::nullopt;
}

std::nullopt_t FormulaCompiler::fail_unexpected(std::string_view wanted) {
  if (at(Kind::end)) return fail_at(current(), fmt::format("the formula ends where {} is missing", wanted));
  return fail_at(current(), fmt::format("{} is missing before {}", wanted, quoted(current().text)));
}

bool FormulaCompiler::too_deep() {
  if (depth_ <= Formula::kMostNesting) return false;
  fail_at(current(), fmt::format("more than {} levels of nesting", Formula::kMostNesting));
  return true;
}

bool FormulaCompiler::append(const Token& token, Program& program, const Program& more) {
  if (program.size() + more.size() > Formula::kMostInstructions) {
    fail_at(token, fmt::format("the formula is too long here: it has more than {} operations and operands",
                               Formula::kMostInstructions));
    return false;
  }
  program.insert(program.end(), more.begin(), more.end());
  return true;
}

std::uint16_t FormulaCompiler::constant_index(double value) {
  std::vector<double>& constants = formula_.constants_;
  const auto place = std::find(constants.begin(), constants.end(), value);
  const auto index = static_cast<std::uint16_t>(place - constants.begin());
  if (place == constants.end()) constants.push_back(value);
  return index;
}

std::uint16_t FormulaCompiler::input_index(const Input& needed) {
  std::vector<Input>& inputs = formula_.inputs_;
  const auto place = std::find(inputs.begin(), inputs.end(), needed);
  const auto index = static_cast<std::uint16_t>(place - inputs.begin());
  if (place == inputs.end()) inputs.push_back(needed);
  return index;
}

std::variant<Formula, FormulaError> FormulaCompiler::compile() {
  if (text_.size() > Formula::kMostBytes) {
    return FormulaError{Formula::kMostBytes, text_.size() - Formula::kMostBytes,
                        fmt::format("the formula is longer than {} bytes", Formula::kMostBytes), ""};
  }
  std::variant<std::vector<Token>, FormulaError> tokens = tokenize(text_);
  if (auto* error = std::get_if<FormulaError>(&tokens)) return std::move(*error);
  tokens_ = std::move(std::get<std::vector<Token>>(tokens));
  Parsed whole = parse_expression();
  if (whole && !at(Kind::end)) {
    fail_at(current(), at(Kind::close)
                           ? std::string("a closing parenthesis without its opening one")
                           : fmt::format("an operator is missing before {}", quoted(current().text)));
  }
  if (error_) return std::move(*error_);
  formula_.text_ = text_;
  formula_.unit_ = whole->unit;
  formula_.divides_ = whole->divides;
  formula_.program_ = std::move(whole->program);
  if (whole->quotient) {
    formula_.numerator_ = std::move(whole->quotient->numerator);
    formula_.denominator_ = std::move(whole->quotient->denominator);
    formula_.denominator_unit_ = whole->quotient->denominator_unit;
  }
  return std::move(formula_);
}

// Truths and comparisons.

bool FormulaCompiler::require_truth(const Fragment& fragment, std::string_view where) {
  if (fragment.unit == Unit::truth) return true;
  fail(fragment.offset, fragment.end - fragment.offset,
       fmt::format("{} needs a condition such as a > b, not a {}", where, to_string(fragment.unit)));
  return false;
}

bool FormulaCompiler::refuse_truth(const Fragment& fragment, const Token& token, std::string_view verb) {
  if (fragment.unit != Unit::truth) return false;
  fail_at(token, fmt::format("cannot {} a condition, which is true or false", verb));
  return true;
}

FormulaCompiler::Parsed FormulaCompiler::both_truths(const Token& op_token, Op op, Parsed left,
                                                     Parsed right) {
  const std::string where = fmt::format("\"{}\"", op_token.text);
  if (!left || !right || !require_truth(*left, where) || !require_truth(*right, where)) return std::nullopt;
  return combine(op_token, op, std::move(*left), std::move(*right), Unit::truth);
}

FormulaCompiler::Parsed FormulaCompiler::parse_or() {
  Parsed left = parse_and();
  while (left && at(Kind::logical_or)) {
    const Token token = take();
    left = both_truths(token, Op::logical_or, std::move(left), parse_and());
  }
  return left;
}

FormulaCompiler::Parsed FormulaCompiler::parse_and() {
  Parsed left = parse_not();
  while (left && at(Kind::logical_and)) {
    const Token token = take();
    left = both_truths(token, Op::logical_and, std::move(left), parse_not());
  }
  return left;
}

FormulaCompiler::Parsed FormulaCompiler::parse_not() {
  if (!at(Kind::logical_not)) return parse_comparison();
  const Nesting nesting(depth_);
  if (too_deep()) return std::nullopt;
  const Token token = take();
  Parsed operand = parse_not();
  if (!operand || !require_truth(*operand, "\"not\"")) return std::nullopt;
  if (!append(token, operand->program, {{Op::logical_not}})) return std::nullopt;
  operand->offset = token.offset;
  return operand;
}

FormulaCompiler::Parsed FormulaCompiler::parse_comparison() {
  static constexpr std::array<Operator, 6> kComparisons{{{Kind::less, Op::less},
                                                         {Kind::less_equal, Op::less_equal},
                                                         {Kind::greater, Op::greater},
                                                         {Kind::greater_equal, Op::greater_equal},
                                                         {Kind::equal, Op::equal},
                                                         {Kind::not_equal, Op::not_equal}}};
  const auto comparison_here = [this] {
    return std::find_if(kComparisons.begin(), kComparisons.end(),
                        [this](const Operator& candidate) { return at(candidate.token); });
  };
  Parsed left = parse_sum();
  const auto comparison = comparison_here();
  if (!left || comparison == kComparisons.end()) return left;
  const Token token = take();
  Parsed right = parse_sum();
  if (!right) return std::nullopt;
  if (refuse_truth(*left, token, "compare") || refuse_truth(*right, token, "compare")) return std::nullopt;
  if (!common_unit(left->unit, right->unit)) {
    return fail_at(token,
                   fmt::format("cannot compare {} with {}", to_string(left->unit), to_string(right->unit)));
  }
  if (comparison_here() != kComparisons.end()) {
    return fail_at(current(), "comparisons do not chain; write a < b and b < c");
  }
  return combine(token, comparison->op, std::move(*left), std::move(*right), Unit::truth);
}

// Arithmetic.

FormulaCompiler::Parsed FormulaCompiler::combine(const Token& op_token, Op op, Fragment left, Fragment right,
                                                 Unit unit) {
  if (!append(op_token, left.program, right.program) || !append(op_token, left.program, {{op}}))
    return std::nullopt;
  left.unit = unit;
  left.end = right.end;
  left.constant = left.constant && right.constant;
  left.divides = left.divides || right.divides;
  left.quotient.reset();
  return left;
}

FormulaCompiler::Parsed FormulaCompiler::parse_sum() {
  Parsed left = parse_product();
  while (left && (at(Kind::plus) || at(Kind::minus))) {
    const Token token = take();
    const bool adds = token.kind == Kind::plus;
    Parsed right = parse_product();
    if (!right) return std::nullopt;
    const std::string_view verb = adds ? "add" : "subtract";
    if (refuse_truth(*left, token, verb) || refuse_truth(*right, token, verb)) return std::nullopt;
    const std::optional<Unit> unit = common_unit(left->unit, right->unit);
    if (!unit) {
      const std::string_view a = to_string(left->unit);
      const std::string_view b = to_string(right->unit);
      return fail_at(token, adds ? fmt::format("cannot add {} and {}", a, b)
                                 : fmt::format("cannot subtract {} from {}", b, a));
    }
    left = combine(token, adds ? Op::add : Op::subtract, std::move(*left), std::move(*right), *unit);
  }
  return left;
}

FormulaCompiler::Parsed FormulaCompiler::parse_product() {
  Parsed left = parse_negation();
  while (left && (at(Kind::star) || at(Kind::slash))) {
    const Token token = take();
    Parsed right = parse_negation();
    if (!right) return std::nullopt;
    left = token.kind == Kind::star ? multiply(token, std::move(*left), std::move(*right))
                                    : divide(token, std::move(*left), std::move(*right));
  }
  return left;
}

FormulaCompiler::Parsed FormulaCompiler::multiply(const Token& op_token, Fragment left, Fragment right) {
  if (refuse_truth(left, op_token, "multiply") || refuse_truth(right, op_token, "multiply"))
    return std::nullopt;
  const std::optional<Unit> unit = product_unit(left.unit, right.unit);
  if (!unit) {
    return fail_at(op_token,
                   fmt::format("cannot multiply {} by {}", to_string(left.unit), to_string(right.unit)));
  }
  // A constant goes to the numerator. All of these are shorter than the program of the whole.
  std::optional<Quotient> quotient;
  if (left.constant && right.quotient) {
    quotient = std::move(right.quotient);
    quotient->numerator.insert(quotient->numerator.begin(), left.program.begin(), left.program.end());
    quotient->numerator.push_back({Op::multiply});
  } else if (right.constant && left.quotient) {
    quotient = std::move(left.quotient);
    quotient->numerator.insert(quotient->numerator.end(), right.program.begin(), right.program.end());
    quotient->numerator.push_back({Op::multiply});
  }
  Parsed product = combine(op_token, Op::multiply, std::move(left), std::move(right), *unit);
  if (product) product->quotient = std::move(quotient);
  return product;
}

FormulaCompiler::Parsed FormulaCompiler::divide(const Token& op_token, Fragment left, Fragment right) {
  if (refuse_truth(left, op_token, "divide") || refuse_truth(right, op_token, "divide by"))
    return std::nullopt;
  const std::optional<Unit> unit = quotient_unit(left.unit, right.unit);
  if (!unit) {
    return fail_at(op_token,
                   fmt::format("cannot divide {} by {}", to_string(left.unit), to_string(right.unit)));
  }
  std::optional<Quotient> quotient;
  if (right.constant && left.quotient) {
    quotient = std::move(left.quotient);
    quotient->numerator.insert(quotient->numerator.end(), right.program.begin(), right.program.end());
    quotient->numerator.push_back({Op::divide});
  } else if (!right.constant && !left.divides && !right.divides) {
    quotient = Quotient{left.program, right.program, right.unit};
  }
  const bool divides = !right.constant;
  Parsed result = combine(op_token, Op::divide, std::move(left), std::move(right), *unit);
  if (result) {
    result->divides = result->divides || divides;
    result->quotient = std::move(quotient);
  }
  return result;
}

FormulaCompiler::Parsed FormulaCompiler::parse_negation() {
  if (!at(Kind::minus)) return parse_operand();
  const Nesting nesting(depth_);
  if (too_deep()) return std::nullopt;
  const Token token = take();
  Parsed operand = parse_negation();
  if (!operand || refuse_truth(*operand, token, "negate")) return std::nullopt;
  if (!append(token, operand->program, {{Op::negate}})) return std::nullopt;
  if (operand->quotient) operand->quotient->numerator.push_back({Op::negate});
  operand->offset = token.offset;
  return operand;
}

std::variant<Formula, FormulaError> compile_formula(std::string_view text, const Vocabulary& vocabulary) {
  return FormulaCompiler(text, vocabulary).compile();
}

}  // namespace tightrope::rules
