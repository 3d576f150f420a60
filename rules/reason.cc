#include "rules/reason.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include "rules/format.h"

namespace tightrope::rules {
namespace {

constexpr double kWholeChange = 0.995;  // rounds to 100 %

// "1.20 EUR" and " EUR": the figure and what follows it.
std::pair<std::string, std::string> parted(const std::string& text) {
  const std::size_t last = text.find_last_of("0123456789");
  if (last == std::string::npos) return {text, ""};
  return {text.substr(0, last + 1), text.substr(last + 1)};
}

std::string from_to(BeforeAndNow value, Unit unit, std::string_view currency) {
  // Of many, nobody counts parts; they come from holding part of a day against a part.
  if (unit == Unit::count && std::min(value.before, value.now) >= 100)
    value = {std::round(value.before), std::round(value.now)};
  const ComparedFigures figures(unit, currency, value.now, value.before, kUndefined);
  const std::string before = figures.text(value.before);
  const std::string now = figures.text(value.now);
  const bool one_unit = parted(before).second == parted(now).second;
  return (one_unit ? parted(before).first : before) + " to " + now;
}

std::string share_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

// None for what rounds to nothing.
std::string sign_of(double effect, const std::string& text) {
  if (text.find_first_of("123456789") == std::string::npos) return "";
  return effect < 0 ? "-" : "+";
}

std::string dimension_text(std::string_view dimension) {
  std::string text(dimension);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string name_of(const SegmentChange& segment) {
  return segment.name.empty() ? std::string("(none)") : segment.name;
}

}  // namespace

std::string spoken_kpi(std::string_view kpi) {
  std::string text(kpi);
  if (text.size() <= 4) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    });
  } else {
    std::replace(text.begin(), text.end(), '_', ' ');
  }
  return text;
}

std::string movement(std::string_view kpi, BeforeAndNow value, Unit unit, std::string_view currency) {
  const std::string name = spoken_kpi(kpi);
  if (value.before == value.now) return name + " steady";
  const bool up = value.now > value.before;
  if (value.before == 0)
    return fmt::format("{} {} from 0 to {}", name, up ? "up" : "down",
                       format_value(value.now, unit, currency));
  const double change = value.now / value.before - 1;
  if (std::abs(change) < kSteady) return name + " steady";
  return fmt::format("{} {} {} ({})", name, up ? "up" : "down", share_text(std::abs(change)),
                     from_to(value, unit, currency));
}

std::string factors_clause(const ExplainedChange& explained, const FactorPath& path,
                           const ReasonContext& context) {
  if (path.levels.empty()) return "";
  const auto& effects = path.levels.front().effects;
  const auto said = [&](const FactorEffect& one) {
    return movement(one.kpi, one.value, context.unit_of(one.kpi), context.currency);
  };
  std::string text = said(effects.front());
  const double share = explained.harm_of(effects.front().effect) / explained.harm();
  if (explained.harm() > 0 && share < kWholeChange)
    text += fmt::format(", {} of the change", share_text(share));
  // Of the deeper ones the last says most: it is where somebody can do something.
  if (path.drivers.size() > 1)
    text += ", through " + said(path.levels[path.drivers.size() - 1].effects.front());
  for (auto other = effects.begin() + 1; other != effects.end(); ++other) text += "; " + said(*other);
  return text;
}

std::string signed_effect(double effect, BeforeAndNow value, Unit unit, std::string_view currency) {
  const ComparedFigures figures(unit, currency, value.now, value.before, kUndefined);
  if (figures.text(value.now).find('%') != std::string::npos) {
    const double points = effect * 100;
    const std::string text =
        fmt::format("{:.{}f}", std::abs(points), std::abs(value.now - value.before) < 0.01 ? 2 : 1);
    return sign_of(effect, text) + text;
  }
  const std::string text = parted(figures.text(std::abs(effect))).first;
  return sign_of(effect, text) + text;
}

std::string segments_clause(const ExplainedChange& explained, std::span<const SegmentLevel> levels,
                            std::span<const SegmentChange> named, const ReasonContext& context) {
  if (levels.empty() || !(explained.harm() > 0)) return "";
  if (named.empty()) {
    return fmt::format("no {} stands out", dimension_text(levels.back().dimension));
  }
  const ComparedFigures figures(context.unit, context.currency, explained.value.now, explained.value.before,
                                kUndefined);
  const bool in_points = figures.text(explained.value.now).find('%') != std::string::npos;
  const auto effect = [&](double part) {
    return signed_effect(part, explained.value, context.unit, context.currency);
  };
  // The reciprocal is nothing that people know the size of.
  const auto of_change = [&](const std::string& parts) {
    const std::string whole = effect(explained.change());
    return (parts == whole ? "all" : parts) + " of " + whole + (in_points ? " points" : "");
  };
  if (named.size() > 1) {
    std::vector<std::string> parts;
    for (const SegmentChange& one : named) {
      parts.push_back(
          name_of(one) + " " +
          (explained.reciprocal ? share_text(one.effect / explained.change()) : effect(one.effect)));
    }
    const std::string list =
        fmt::format("by {}: {}", dimension_text(named.front().dimension), fmt::join(parts, ", "));
    return explained.reciprocal ? list + " of the change" : of_change(list);
  }
  const SegmentChange& one = named.front();
  std::string text = fmt::format("mostly in {} {} (", dimension_text(one.dimension), name_of(one));
  text += explained.reciprocal ? share_text(one.effect / explained.change()) + " of the change"
                               : of_change(effect(one.effect));
  if (one.is_new) {
    text += ", new";
  } else if (one.stopped) {
    text += ", stopped";
  } else if (std::abs(one.mix) > std::abs(one.rate) && !context.exposure.empty()) {
    text += fmt::format(", its share of {} {} to {}", dimension_text(context.exposure),
                        parted(share_text(one.share.before)).first, share_text(one.share.now));
  }
  if (one.within_noise) text += ", may be chance";
  return text + ")";
}

}  // namespace tightrope::rules
