// Numbers, names, parentheses and functions.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rules/formula_compiler.h"
#include "rules/formula_units.h"

namespace tightrope::rules {
namespace {

constexpr std::array<std::string_view, 7> kFunctionNames{"min",    "max",   "abs", "if",
                                                         "change", "share", "rank"};
constexpr std::string_view kWeekdays = "weekdays";
constexpr int kWeeksBack = 28;  // of the same weekdays

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
  return input(name, Input{.name = std::string(name.text), .kind = found->kind}, found->unit);
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

FormulaCompiler::Parsed FormulaCompiler::inline_formula(const Token& name, const Formula& formula, Unit unit,
                                                        const Input* where) {
  const auto placed = [where](Input needed) {
    if (where == nullptr || needed.kind == Name::Kind::value) return needed;
    needed.over = where->over;
    needed.earlier = where->earlier;
    needed.weekdays = where->weekdays;
    needed.so_far = where->so_far;
    needed.of = where->of;
    return needed;
  };
  const auto translate = [this, &formula, &placed](const Program& program) {
    Program translated = program;
    for (Formula::Instruction& instruction : translated) {
      if (instruction.op == Op::constant)
        instruction.index = constant_index(formula.constants_[instruction.index]);
      if (instruction.op == Op::input)
        instruction.index = input_index(placed(formula.inputs_[instruction.index]));
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
    return fail_at(name,
                   fmt::format("unknown function {}; there are min, max, abs, if, change, share and rank",
                               quoted(name.text)),
                   nearest_name(name.text, known));
  }
  take();  // the parenthesis
  if (name.text == "min") return close_call(name, parse_extreme(name, Op::minimum));
  if (name.text == "max") return close_call(name, parse_extreme(name, Op::maximum));
  if (name.text == "abs") return close_call(name, parse_absolute(name));
  if (name.text == "if") return close_call(name, parse_if(name));
  if (name.text == "share") return close_call(name, parse_share(name));
  if (name.text == "rank") return close_call(name, parse_rank(name));
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

// Functions of a metric or KPI.

std::optional<FormulaCompiler::Subject> FormulaCompiler::parse_subject(std::string_view function) {
  if (!at(Kind::name)) return fail_unexpected("the name of a metric or KPI");
  const Token name = take();
  const std::optional<Name> found = look_up(name);
  if (!found) return std::nullopt;
  if (found->kind == Name::Kind::value) {
    return fail_at(
        name, fmt::format("{} is one figure; {}() takes a metric or a KPI", quoted(name.text), function));
  }
  const auto is_placed = [](const Input& input) {
    return input.over || input.of != Input::Of::entity || input.kind == Name::Kind::value;
  };
  if (found->inlined != nullptr &&
      std::any_of(found->inlined->inputs_.begin(), found->inlined->inputs_.end(), is_placed)) {
    return fail_at(name,
                   fmt::format("{} is made with change(), share() or a named value, and {}() takes sums",
                               quoted(name.text), function));
  }
  return Subject{name, *found};
}

FormulaCompiler::Parsed FormulaCompiler::figure_of(const Subject& subject, const Input& where) {
  if (subject.found.inlined != nullptr)
    return inline_formula(subject.name, *subject.found.inlined, subject.found.unit, &where);
  Input needed = where;
  needed.name = std::string(subject.name.text);
  needed.kind = subject.found.kind;
  return input(subject.name, std::move(needed), subject.found.unit);
}

FormulaCompiler::Parsed FormulaCompiler::divide_figures(const Token& function, Parsed a, Parsed b) {
  if (!a || !b) return std::nullopt;
  Parsed quotient = combine(function, Op::divide, std::move(*a), std::move(*b), Unit::ratio);
  if (quotient) quotient->divides = true;
  return quotient;
}

std::optional<Window> FormulaCompiler::parse_change_window() {
  const std::optional<Window> window = parse_window(current().text);
  const bool fits = window && (window->kind == Window::Kind::hours || window->kind == Window::Kind::days ||
                               window->kind == Window::Kind::yesterday);
  if (!fits) {
    if (at(Kind::end) || at(Kind::close)) return fail_unexpected("a window such as 7d");
    return fail_at(current(),
                   fmt::format("{} is not a window for change(); write 1h to {}h, 1d to {}d or yesterday",
                               quoted(current().text), Window::kMostHours, Window::kMostDays));
  }
  return window;
}

std::optional<FormulaCompiler::Against> FormulaCompiler::parse_against(Window window) {
  if (window.kind == Window::Kind::hours) {
    return fail_at(current(), "hours are compared with the hours before them; write change(x, 24h)");
  }
  if (at(Kind::name) && current().text == kWeekdays) return Against{.earlier = 0, .weekdays = true};
  const std::optional<Window> back = parse_window(current().text);
  if (!back || back->kind != Window::Kind::days) {
    if (at(Kind::end) || at(Kind::close)) return fail_unexpected("a number of days such as 28d");
    return fail_at(current(), fmt::format("{} is not what change() can compare with; write 28d, or weekdays",
                                          quoted(current().text)));
  }
  return Against{.earlier = back->length, .weekdays = false};
}

FormulaCompiler::Parsed FormulaCompiler::parse_change(const Token& function) {
  const std::optional<Subject> subject = parse_subject("change");
  if (!subject || !expect_comma(function, "kpi, 7d")) return std::nullopt;
  const Token window_token = current();
  const std::optional<Window> window = parse_change_window();
  if (!window) return std::nullopt;
  take();
  Against against{.earlier = window->length, .weekdays = false};
  if (at(Kind::comma)) {
    take();
    const std::optional<Against> given = parse_against(*window);
    if (!given) return std::nullopt;
    take();
    against = *given;
  }
  if (window->kind != Window::Kind::hours) {
    const int days = window->kind == Window::Kind::days ? window->length : 1;
    const int back = days + (against.weekdays ? kWeeksBack : against.earlier);
    if (back > Formula::kMostDaysBack) {
      return fail_at(window_token,
                     fmt::format("this looks {} days back, and {} are in memory; for a window against the "
                                 "one before it, at most {}d",
                                 back, Formula::kMostDaysBack, Formula::kMostDaysBack / 2));
    }
  }
  const bool is_total = subject->found.inlined == nullptr ? subject->found.kind == Name::Kind::metric
                                                          : !subject->found.inlined->divides_;
  const bool so_far = is_total && window->kind == Window::Kind::days;
  Parsed now = figure_of(*subject, Input{.over = *window});
  Parsed before = figure_of(
      *subject,
      Input{.over = *window, .earlier = against.earlier, .so_far = so_far, .weekdays = against.weekdays});
  Parsed change = divide_figures(function, std::move(now), std::move(before));
  if (!change || !append(function, change->program, {{Op::constant, constant_index(1)}, {Op::subtract}}))
    return std::nullopt;
  return change;
}

FormulaCompiler::Parsed FormulaCompiler::parse_share(const Token& function) {
  const std::optional<Subject> subject = parse_subject("share");
  if (!subject) return std::nullopt;
  const bool divides = subject->found.inlined != nullptr && subject->found.inlined->divides_;
  const Unit unit = subject->found.unit;
  if (divides || unit == Unit::ratio || unit == Unit::per_money) {
    return fail_at(subject->name,
                   fmt::format("{} is a quotient, and has no shares; share() takes a total such as spend",
                               quoted(subject->name.text)));
  }
  return divide_figures(function, figure_of(*subject, Input{}),
                        figure_of(*subject, Input{.of = Input::Of::objective}));
}

FormulaCompiler::Parsed FormulaCompiler::parse_rank(const Token& function) {
  if (!vocabulary_.allows_rank) return fail_at(function, "rank() cannot be used here: a KPI is made of sums");
  const std::optional<Subject> subject = parse_subject("rank");
  if (!subject) return std::nullopt;
  Parsed rank = figure_of(*subject, Input{.of = Input::Of::siblings});
  if (rank) rank->unit = Unit::number;
  return rank;
}

}  // namespace tightrope::rules
