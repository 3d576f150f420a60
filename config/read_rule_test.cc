// One case of a test file: what becomes known, and when.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "config/scalars.h"
#include "config/test_readers.h"

namespace tightrope::config {
namespace {

std::vector<std::string> target_names(const rules::Strategy& strategy) {
  std::vector<std::string> names;
  for (const auto& objective : strategy.objectives) {
    for (const auto& target : objective.targets) names.push_back(target.name);
  }
  return names;
}

const rules::Target* find_target(const rules::Strategy& strategy, std::string_view name) {
  for (const auto& objective : strategy.objectives) {
    for (const auto& target : objective.targets) {
      if (target.name == name) return &target;
    }
  }
  return nullptr;
}

// `search/brand`, or a list of its parts.
std::optional<rules::Entity> read_path(const Cursor& at, const TestReading& test) {
  rules::Entity entity;
  std::vector<std::string> parts;
  if (at.node().kind == NodeKind::sequence) {
    for (const auto& item : at.items()) parts.push_back(item.text().value_or(""));
  } else {
    const auto text = at.text();
    if (!text) return std::nullopt;
    for (std::size_t begin = 0; begin <= text->size() && !text->empty();) {
      const std::size_t end = std::min(text->find('/', begin), text->size());
      parts.push_back(text->substr(begin, end - begin));
      begin = end + 1;
    }
  }
  const std::size_t most = test.strategy.dimensions.names.size();
  if (parts.size() > most) {
    at.error(fmt::format("has {} parts, and there are {} dimensions", parts.size(), most),
             "a name with a / in it stands in a list: [search, \"a/b\"]");
    return std::nullopt;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) entity.set(i, parts[i]);
  return entity;
}

// The client's place among the strategies; nothing after reporting that it is unclear.
std::optional<std::size_t> read_client_name(MappingReader& in, const std::vector<rules::Strategy>& strategies,
                                            bool incomplete) {
  const auto at = in.get("client", Shape::name);
  std::vector<std::string> names;
  for (const auto& strategy : strategies) names.push_back(strategy.client);
  if (!at) {
    if (strategies.size() == 1) return 0;
    if (strategies.size() > 1 && in.readable()) {
      in.at().error("does not say which client",
                    fmt::format("write client: {}, or another of the {}", names.front(), names.size()));
    }
    return std::nullopt;
  }
  const auto name = at->name();
  if (!name) return std::nullopt;
  const auto place = std::find(names.begin(), names.end(), *name);
  if (place != names.end()) return static_cast<std::size_t>(place - names.begin());
  if (!incomplete) at->unresolved(fmt::format("unknown client {}", in_quotes(*name)), *name, names);
  return std::nullopt;
}

void read_acknowledgements(MappingReader& in, const TestReading& test, std::vector<TestStep>& steps) {
  for (const auto& at : in.one_or_more("acknowledge")) {
    MappingReader entry(at, kTestAcknowledgementKeys);
    const auto time = read_time(entry.get("at", Shape::text), test);
    auto check = read_check(entry, test);
    auto by = entry.text("by").value_or("");
    if (time) {
      steps.push_back({location_of(at), *time,
                       TestAcknowledgement{std::move(check.target), std::move(check.entity), std::move(by)}});
    }
  }
}

void read_decisions(MappingReader& in, const TestReading& test, std::vector<TestStep>& steps) {
  for (const auto& at : in.one_or_more("decide")) {
    MappingReader entry(at, kTestDecisionKeys);
    const auto time = read_time(entry.get("at", Shape::text), test);
    auto check = read_check(entry, test);
    TestDecision decision;
    decision.target = std::move(check.target);
    decision.entity = std::move(check.entity);
    if (const auto playbook = entry.get("playbook", Shape::name))
      decision.playbook = read_playbook_name(*playbook, test);
    const auto choice = entry.choice("decision");
    if (choice) {
      const auto kind = rules::parse_decision(kTestDecisionKeys.find("decision")->choices[*choice]);
      decision.kind = kind.value_or(decision.kind);
    }
    decision.by = entry.text("by").value_or("");
    decision.reason = entry.text("reason").value_or("");
    const auto until = entry.get("until", Shape::text);
    decision.until = read_time(until, test);
    if (until && choice && decision.kind != rules::DecisionKind::later)
      until->error("only \"later\" has an end");
    if (time) steps.push_back({location_of(at), *time, std::move(decision)});
  }
}

// A strategy and a calendar to go on with when the client is not known.
const rules::Strategy& no_strategy() {
  static const rules::Strategy strategy;
  return strategy;
}

}  // namespace

Location location_of(const Cursor& at) {
  const Place& place = at.place();
  return {at.reading().problems.file_name(place.file), place.line, place.column + 1};
}

std::optional<rules::Timestamp> read_time(const std::optional<Cursor>& at, const TestReading& test,
                                          DayMeans day_means) {
  const auto text = at ? at->text() : std::nullopt;
  if (!text) return std::nullopt;
  const auto time = parse_local_time(*text, test.calendar, day_means);
  if (!time) {
    at->error(fmt::format("{} is not a time in {}", in_quotes(at->node().text), test.calendar.zone_name()),
              "write 2026-11-20, 2026-11-20T21:04, or with an offset 2026-11-20T21:04-05:00");
  }
  return time;
}

NamedEntity read_entity(MappingReader& in, const TestReading& test, const OtherKey& other,
                        const std::vector<std::string>& other_names) {
  NamedEntity named;
  const rules::Dimensions& dimensions = test.strategy.dimensions;
  const auto path = in.get("entity", Shape::texts);
  if (path) {
    named.given = true;
    named.entity = read_path(*path, test).value_or(rules::Entity{});
  }
  for (const auto& [key, value] : in.others()) {
    const std::size_t dimension = dimensions.index_of(key);
    if (dimension < dimensions.names.size()) {
      if (path) value.at_key().error("\"entity\" is given as well; keep one");
      named.given = true;
      if (auto text = value.text()) named.entity.set(dimension, std::move(*text));
      continue;
    }
    if ((other && other(key, value)) || test.nameless) continue;
    std::vector<std::string> names;
    for (const auto& known : in.table().keys) names.emplace_back(known.name);
    names.insert(names.end(), dimensions.names.begin(), dimensions.names.end());
    names.insert(names.end(), other_names.begin(), other_names.end());
    std::string hint = did_you_mean(rules::nearest_name(key, names));
    if (hint.empty() && other)
      hint = "beside its own keys, dimensions and metrics of the strategy stand here";
    value.at_key().error(fmt::format("unknown key {}", in_quotes(key)), std::move(hint));
  }
  return named;
}

NamedCheck read_check(MappingReader& in, const TestReading& test) {
  NamedCheck check;
  const auto at_target = in.get("target", Shape::name);
  const auto name = at_target ? at_target->name() : std::nullopt;
  NamedEntity named = read_entity(in, test);
  check.entity = std::move(named.entity);
  if (!name) return check;
  check.target = *name;
  if (test.nameless) return check;
  const rules::Target* target = find_target(test.strategy, *name);
  if (target == nullptr) {
    at_target->unresolved(
        fmt::format("{} has no target {}", in_quotes(test.strategy.client), in_quotes(*name)), *name,
        target_names(test.strategy));
    return check;
  }
  const auto depth = static_cast<std::size_t>(target->per.depth);
  if (depth == 0 && !check.entity.path.empty()) {
    at_target->error(fmt::format("{} is checked once for its objective, and not at {}", in_quotes(*name),
                                 in_quotes(to_string(check.entity))),
                     "leave the entity out");
  } else if (check.entity.path.size() > depth) {
    at_target->error(fmt::format("{} is checked per {}, and {} lies below that", in_quotes(*name),
                                 test.strategy.dimensions.names[depth - 1],
                                 in_quotes(to_string(check.entity))));
  } else if (depth > 0 && !named.given) {
    at_target->error(fmt::format("{} is checked per {}, so an entity is needed", in_quotes(*name),
                                 test.strategy.dimensions.names[depth - 1]),
                     "such as entity: search/brand");
  }
  return check;
}

std::string read_playbook_name(const Cursor& at, const TestReading& test) {
  const auto name = at.name();
  if (!name) return "";
  std::vector<std::string> names;
  for (const auto& playbook : test.strategy.playbooks) names.push_back(playbook.name);
  if (!test.nameless && std::find(names.begin(), names.end(), *name) == names.end())
    at.unresolved(fmt::format("unknown playbook {}{}", in_quotes(*name),
                              names.empty() ? "; the strategy has none" : ""),
                  *name, names);
  return *name;
}

RuleTest read_rule_test(const Cursor& at, const std::vector<rules::Strategy>& strategies, bool incomplete) {
  MappingReader in(at, kTestKeys);
  RuleTest test;
  test.where = location_of(at);
  test.name = in.name("name").value_or("");
  const auto client = read_client_name(in, strategies, incomplete);
  const rules::Strategy& strategy = client ? strategies[*client] : no_strategy();
  const auto calendar = strategy.open_calendar();
  TestReading reading{strategy, *calendar, incomplete || !client};
  test.client = client.value_or(0);
  const auto at_start = in.get("start", Shape::text);
  test.start = read_time(at_start, reading, DayMeans::beginning);
  reading.start_unreadable = at_start && !test.start;
  test.steps = read_observations(in.mappings("observations"), in.one_or_more("rates"), test.start, reading);
  read_findings(in.one_or_more("findings"), reading, test.steps);
  read_acknowledgements(in, reading, test.steps);
  read_decisions(in, reading, test.steps);
  // Figures were first: at one time people answer what is known then.
  std::stable_sort(test.steps.begin(), test.steps.end(),
                   [](const TestStep& a, const TestStep& b) { return a.at < b.at; });
  test.expectations = read_expectations(in.mappings("expect"), test.start, reading);
  if (const Entry* expect = at.node().find("expect"); expect != nullptr && expect->value.items.empty())
    at.child(*expect).error("a test that expects nothing proves nothing");
  return test;
}

}  // namespace tightrope::config
