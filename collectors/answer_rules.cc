#include "collectors/answer_rules.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "collectors/field_mapping.h"
#include "collectors/http_answer.h"

namespace tightrope::collectors {
namespace {

using rules::Duration;

constexpr Duration kLongestWait = std::chrono::hours(36);
// Numbers of seconds from here on are times since 1970, not waits.
constexpr double kEpochSeconds = 1e9;

bool contains_word(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool text_holds(const config::AnswerTest& test, std::string_view text) {
  const auto among = [text](const std::vector<std::string>& texts) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
  };
  if (!test.is.empty() && !among(test.is)) return false;
  if (!test.is_not.empty() && among(test.is_not)) return false;
  return test.contains.empty() || contains_word(text, test.contains);
}

std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || !std::isfinite(number)) return std::nullopt;
  if (read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Duration times(double count, Duration unit) {
  const double milliseconds = std::ceil(count * static_cast<double>(unit.count()));
  return Duration(
      static_cast<std::int64_t>(std::clamp(milliseconds, 0.0, static_cast<double>(kLongestWait.count()))));
}

// "30", "12.5s", "2026-11-20T08:00:00Z", "Sun, 06 Nov 1994 08:49:37 GMT", 1763625600.
std::optional<Duration> wait_in(std::string_view text, Duration unit, rules::Timestamp now) {
  text = trimmed(text);
  const auto until = [now](rules::Timestamp time) {
    return std::clamp<Duration>(time - now, Duration(0), kLongestWait);
  };
  if (auto number = number_in(text)) {
    if (*number < kEpochSeconds || unit != Duration(std::chrono::seconds(1))) return times(*number, unit);
    return until(rules::Timestamp(Duration(static_cast<std::int64_t>(std::min(*number, 1e11) * 1000))));
  }
  if (text.ends_with('s')) {
    if (auto number = number_in(text.substr(0, text.size() - 1)))
      return times(*number, std::chrono::seconds(1));
  }
  if (text.size() > 10 && text.find('T') != std::string_view::npos) {
    if (const auto time = rules::parse_timestamp(text)) return until(*time);
  }
  return parse_retry_after(text, now);
}

// The JSON that a header's value is, for as long as this lives.
struct HeaderJson {
  explicit HeaderJson(const std::string* value) {
    if (value == nullptr) return;
    auto parsed = JsonTree::parse(*value);
    if (auto* made = std::get_if<std::unique_ptr<JsonTree>>(&parsed)) tree = std::move(*made);
  }
  JsonValue root() const { return tree ? tree->root() : JsonValue(); }
  std::unique_ptr<JsonTree> tree;
};

std::optional<double> used_or_left(config::UsageRule::Form form, std::string_view text) {
  if (form != config::UsageRule::Form::fraction) return number_in(text);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto used = number_in(text.substr(0, slash));
  const auto most = number_in(text.substr(slash + 1));
  if (!used || !most || *most <= 0) return std::nullopt;
  return *used / *most;
}

}  // namespace

bool holds(const config::AnswerTest& test, const FieldPath& path, const TransferResponse* response,
           JsonValue root) {
  if (response != nullptr && (response->status < test.status_from || response->status > test.status_to))
    return false;
  const bool asks_text = !test.is.empty() || !test.is_not.empty() || !test.contains.empty();
  const bool asks_place = asks_text || test.absent || !test.path.empty() || !test.header.empty();
  if (!asks_place) return true;
  const std::string* header =
      response != nullptr && !test.header.empty() ? response->header(test.header) : nullptr;
  if (!test.header.empty() && test.path.empty()) {
    if (header == nullptr) return test.absent;
    return !test.absent && text_holds(test, *header);
  }
  const HeaderJson in_header(header);
  const JsonValue from = test.header.empty() ? root : in_header.root();
  if (!from) return test.absent;
  const auto there = [&](JsonValue value) {
    if (!value || value.kind() == JsonKind::null) return false;
    return value.is_scalar() ? text_holds(test, value.text()) : !asks_text;
  };
  if (!path.has_wildcard()) {
    const JsonValue value = path.find(from);
    if (test.absent) return !value || value.kind() == JsonKind::null;
    return there(value);
  }
  const auto found = path.find_all(from);
  if (test.absent) return found.empty();
  return std::any_of(found.begin(), found.end(), [&](const auto& each) { return there(each.value); });
}

std::variant<AnswerRules, std::string> AnswerRules::compile(const config::HttpSource& source,
                                                            const rules::Calendar& calendar) {
  AnswerRules rules(calendar);
  std::string problem;
  const auto path_of = [&problem](const std::string& text) {
    auto compiled = FieldPath::compile(text);
    if (auto* path = std::get_if<FieldPath>(&compiled)) return std::move(*path);
    problem = std::get<std::string>(compiled);
    return FieldPath();
  };
  const auto wait_of = [&](const config::Wait& spec) {
    Wait wait{&spec,
              path_of(spec.path),
              path_of(spec.points_requested),
              path_of(spec.points_available),
              path_of(spec.points_rate),
              std::nullopt};
    if (!spec.midnight_in.empty() && spec.midnight_in != "source") {
      wait.zone = rules::Calendar::open(spec.midnight_in, std::chrono::Monday);
      if (!wait.zone) problem = "unknown time zone " + quoted(spec.midnight_in);
    }
    const bool body = (!spec.path.empty() && spec.header.empty()) || !spec.points_rate.empty();
    rules.look_into_body_ = rules.look_into_body_ || body;
    return wait;
  };
  for (const config::AnswerRule& spec : source.answers) {
    rules.rules_.push_back({&spec, path_of(spec.when.path), wait_of(spec.wait)});
    if (!spec.when.path.empty() && spec.when.header.empty()) rules.look_into_body_ = true;
  }
  for (const config::UsageRule& spec : source.usage) {
    rules.usage_.push_back({&spec, path_of(spec.path), wait_of(spec.wait)});
    if (spec.header.empty()) rules.look_into_body_ = true;
  }
  if (!problem.empty()) return problem;
  return rules;
}

std::optional<Duration> AnswerRules::wait(const Wait& wait, const TransferResponse& response, JsonValue root,
                                          rules::Timestamp now) const {
  const config::Wait& spec = *wait.spec;
  std::optional<Duration> longest;
  const auto take = [&longest](std::optional<Duration> found) {
    if (found) longest = std::max(longest.value_or(Duration(0)), *found);
  };
  if (spec.fixed > Duration(0)) take(spec.fixed);
  const std::string* header = spec.header.empty() ? nullptr : response.header(spec.header);
  if (header != nullptr && spec.path.empty()) take(wait_in(*header, spec.unit, now));
  if (!spec.path.empty()) {
    const HeaderJson in_header(header);
    for (const auto& found : wait.path.find_all(spec.header.empty() ? root : in_header.root())) {
      if (found.value.is_scalar()) take(wait_in(found.value.text(), spec.unit, now));
    }
  }
  if (!spec.midnight_in.empty()) {
    const rules::Calendar& calendar = wait.zone ? *wait.zone : *calendar_;
    take(calendar.start_of(calendar.day_of(now) + 1) - now);
  }
  if (!spec.points_rate.empty() && root) {
    const auto number = [root](const FieldPath& path) -> std::optional<double> {
      const JsonValue value = path.find(root);
      return value && value.is_scalar() ? number_in(value.text()) : std::nullopt;
    };
    const auto rate = number(wait.rate);
    const auto requested = number(wait.requested);
    if (rate && requested && *rate > 0)
      take(times((*requested - number(wait.available).value_or(0)) / *rate, std::chrono::seconds(1)));
  }
  // Some say 0 where they mean that they do not know.
  if (longest.value_or(Duration(0)) == Duration(0) && spec.otherwise > Duration(0)) longest = spec.otherwise;
  return longest;
}

std::optional<AnswerRules::Judgement> AnswerRules::judge(const TransferResponse& response, JsonValue root,
                                                         rules::Timestamp now) const {
  for (const Rule& rule : rules_) {
    if (!holds(rule.spec->when, rule.path, &response, root)) continue;
    return Judgement{rule.spec->means, wait(rule.wait, response, root, now), rule.spec->say};
  }
  return std::nullopt;
}

std::optional<Duration> AnswerRules::usage(const TransferResponse& response, JsonValue root,
                                           rules::Timestamp now) const {
  using Form = config::UsageRule::Form;
  std::optional<Duration> longest;
  for (const Usage& rule : usage_) {
    const config::UsageRule& spec = *rule.spec;
    const std::string* header = spec.header.empty() ? nullptr : response.header(spec.header);
    if (!spec.header.empty() && header == nullptr) continue;
    bool short_of = false;
    const auto look = [&](std::string_view text) {
      auto found = used_or_left(spec.form, text);
      if (found && spec.form == Form::percent) *found /= 100;
      if (found)
        short_of = short_of || (spec.form == Form::remaining ? *found <= spec.bound : *found >= spec.bound);
    };
    if (header != nullptr && spec.path.empty()) {
      look(*header);
    } else {
      const HeaderJson in_header(header);
      for (const auto& found : rule.path.find_all(header != nullptr ? in_header.root() : root)) {
        if (found.value.is_scalar()) look(found.value.text());
      }
    }
    if (!short_of) continue;
    const auto rest = wait(rule.wait, response, root, now);
    if (rest) longest = std::max(longest.value_or(Duration(0)), *rest);
  }
  return longest;
}

}  // namespace tightrope::collectors
