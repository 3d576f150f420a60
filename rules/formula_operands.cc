// Numbers, names, parentheses and functions.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rules/formula_compiler.h"
#include "rules/formula_units.h"

namespace tightrope::rules {
namespace {

constexpr std::array<std::string_view, 5> kFunctionNames{"min", "max", "abs", "if", "change"};

}  // namespace

FormulaCompiler::Parsed FormulaCompiler::parse_operand() {
  switch (current().kind) {
    case Kind::number:
      return parse_number();
    case Kind::name:
      return parse_name();
    case Kind::open:
      return parse_parentheses();
    case Kind::window:
      return fail_at(current(),
                     parse_window(current().text)
                         ? fmt::format("{} is a window; it belongs into change(x, {})",
                                       quoted(current().text), current().text)
                         : fmt::format("{} is neither a number nor a name", quoted(current().text)));
    default:
      return fail_unexpected("a figure");
  }
}

FormulaCompiler::Parsed FormulaCompiler::parse_number() {
  const Token token = take();
  double value = token.number;
  std::size_t end = token.offset + token.text.size();
  if (at(Kind::percent)) {
    const Token percent = take();
    value /= 100;
    end = percent.offset + 1;
  }
  return Fragment{.program = {{Op::constant, constant_index(value)}},
                  .unit = Unit::number,
                  .offset = token.offset,
                  .end = end,
                  .constant = true,
                  .divides = false,
                  .quotient = std::nullopt};
}

FormulaCompiler::Parsed FormulaCompiler::parse_parentheses() {
  const Nesting nesting(depth_);
  if (too_deep()) return std::nullopt;
  const Token open = take();
  Parsed inner = parse_expression();
  if (!inner) return std::nullopt;
  if (!at(Kind::close)) {
    if (at(Kind::end)) return fail_at(open, "an opening parenthesis without its closing one");
    return fail_unexpected("\")\"");
  }
  inner->offset = open.offset;
  inner->end = take().offset + 1;
  return inner;
}

std::optional<Name> FormulaCompiler::look_up(const Token& name) {
  std::optional<Name> found = vocabulary_.find ? vocabulary_.find(name.text) : std::nullopt;
  if (!found) {
    fail_at(name, fmt::format("unknown name {}", quoted(name.text)),
            nearest_name(name.text, vocabulary_.names));
  }
  return found;
}

FormulaCompiler::Parsed FormulaCompiler::parse_name() {
  const Token name = take();
  if (at(Kind::open)) return parse_function(name);
  const std::optional<Name> found = look_up(name);
  if (!found) return std::nullopt;
  if (found->inlined != nullptr) return inline_formula(name, *found->inlined, found->unit);
  return input(name, Input{std::string(name.text), found->kind, std::nullopt}, found->unit);
}

FormulaCompiler::Parsed FormulaCompiler::input(const Token& name, Input needed, Unit unit) {
  return Fragment{.program = {{Op::input, input_index(needed)}},
                  .unit = unit,
                  .offset = name.offset,
                  .end = name.offset + name.text.size(),
                  .constant = false,
                  .divides = false,
                  .quotient = std::nullopt};
}

FormulaCompiler::Parsed FormulaCompiler::inline_formula(const Token& name, const Formula& formula,
                                                        Unit unit) {
  const auto translate = [this, &formula](const Program& program) {
    Program translated = program;
    for (Formula::Instruction& instruction : translated) {
      if (instruction.op == Op::constant)
        instruction.index = constant_index(formula.constants_[instruction.index]);
      if (instruction.op == Op::input) instruction.index = input_index(formula.inputs_[instruction.index]);
    }
    return translated;
  };
  Fragment fragment{.program = translate(formula.program_),
                    .unit = unit,
                    .offset = name.offset,
                    .end = name.offset + name.text.size(),
                    .constant = formula.inputs_.empty(),
                    .divides = formula.divides_,
                    .quotient = std::nullopt};
  if (formula.is_quotient()) {
    fragment.quotient =
        Quotient{translate(formula.numerator_), translate(formula.denominator_), formula.denominator_unit_};
  }
  return fragment;
}

// Functions.

FormulaCompiler::Parsed FormulaCompiler::parse_function(const Token& name) {
  const Nesting nesting(depth_);
  if (too_deep()) return std::nullopt;
  static const std::vector<std::string> known(kFunctionNames.begin(), kFunctionNames.end());
  if (std::find(known.begin(), known.end(), name.text) == known.end()) {
    return fail_at(
        name, fmt::format("unknown function {}; there are min, max, abs, if and change", quoted(name.text)),
        nearest_name(name.text, known));
  }
  take();  // the parenthesis
  if (name.text == "min") return close_call(name, parse_extreme(name, Op::minimum));
  if (name.text == "max") return close_call(name, parse_extreme(name, Op::maximum));
  if (name.text == "abs") return close_call(name, parse_absolute(name));
  if (name.text == "if") return close_call(name, parse_if(name));
  return close_call(name, parse_change(name));
}

FormulaCompiler::Parsed FormulaCompiler::close_call(const Token& name, Parsed result) {
  if (!result) return std::nullopt;
  if (at(Kind::comma)) return fail_at(current(), fmt::format("{} has too many arguments", name.text));
  if (at(Kind::end)) return fail_at(name, fmt::format("{}( has no closing parenthesis", name.text));
  if (!at(Kind::close)) return fail_unexpected("\")\"");
  result->offset = name.offset;
  result->end = take().offset + 1;
  result->quotient.reset();
  return result;
}

bool FormulaCompiler::expect_comma(const Token& function, std::string_view arguments) {
  if (at(Kind::comma)) {
    take();
    return true;
  }
  if (at(Kind::close)) {
    fail_at(function,
            fmt::format("{} has too few arguments; write {}({})", function.text, function.text, arguments));
  } else {
    fail_unexpected("\",\"");
  }
  return false;
}

FormulaCompiler::Parsed FormulaCompiler::parse_extreme(const Token& name, Op op) {
  Parsed left = parse_expression();
  if (!left || !expect_comma(name, "a, b")) return std::nullopt;
  while (true) {
    Parsed right = parse_expression();
    if (!right) return std::nullopt;
    if (refuse_truth(*left, name, "order") || refuse_truth(*right, name, "order")) return std::nullopt;
    const std::optional<Unit> unit = common_unit(left->unit, right->unit);
    if (!unit) {
      return fail_at(name, fmt::format("{} cannot compare {} with {}", name.text, to_string(left->unit),
                                       to_string(right->unit)));
    }
    left = combine(name, op, std::move(*left), std::move(*right), *unit);
    if (!left || !at(Kind::comma)) return left;
    take();
  }
}

FormulaCompiler::Parsed FormulaCompiler::parse_absolute(const Token& name) {
  Parsed operand = parse_expression();
  if (!operand || refuse_truth(*operand, name, "take the size of")) return std::nullopt;
  if (!append(name, operand->program, {{Op::absolute}})) return std::nullopt;
  return operand;
}

FormulaCompiler::Parsed FormulaCompiler::parse_if(const Token& name) {
  Parsed condition = parse_expression();
  if (!condition || !require_truth(*condition, "if") || !expect_comma(name, "condition, a, b"))
    return std::nullopt;
  Parsed chosen = parse_expression();
  if (!chosen || !expect_comma(name, "condition, a, b")) return std::nullopt;
  Parsed otherwise = parse_expression();
  if (!otherwise) return std::nullopt;
  const std::optional<Unit> unit = common_unit(chosen->unit, otherwise->unit);
  if (!unit) {
    return fail_at(name, fmt::format("if gives {} or {}; both sides need one unit", to_string(chosen->unit),
                                     to_string(otherwise->unit)));
  }
  if (!append(name, condition->program, chosen->program)) return std::nullopt;
  condition->constant = condition->constant && chosen->constant;
  condition->divides = condition->divides || chosen->divides;
  return combine(name, Op::select, std::move(*condition), std::move(*otherwise), *unit);
}

FormulaCompiler::Parsed FormulaCompiler::parse_change(const Token& function) {
  if (!vocabulary_.allows_change)
    return fail_at(function, "change() cannot be used here: a KPI is made of sums");
  if (!at(Kind::name)) return fail_unexpected("the name of a metric or KPI");
  const Token name = take();
  const std::optional<Name> found = look_up(name);
  if (!found) return std::nullopt;
  if (found->kind == Name::Kind::value) {
    return fail_at(name,
                   fmt::format("{} has no history; change() takes a metric or a KPI", quoted(name.text)));
  }
  if (!expect_comma(function, "kpi, 7d")) return std::nullopt;
  const std::optional<Window> window = parse_window(current().text);
  if (!window || (window->kind != Window::Kind::hours && window->kind != Window::Kind::days)) {
    if (at(Kind::end) || at(Kind::close)) return fail_unexpected("a window such as 7d");
    return fail_at(current(), fmt::format("{} is not a window for change(); write 1h to {}h or 1d to {}d",
                                          quoted(current().text), Window::kMostHours, Window::kMostDays));
  }
  take();
  return input(name, Input{std::string(name.text), found->kind, *window}, Unit::ratio);
}

}  // namespace tightrope::rules
