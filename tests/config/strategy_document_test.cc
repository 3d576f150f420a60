// A strategy, written as text, read again: the journal relies on it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "config/configuration.h"
#include "tests/config/scratch_folder.h"

namespace tightrope::config {
namespace {

std::string example(std::string_view name) {
  return std::string(TIGHTROPE_SOURCE_DIR) + "/config/examples/" + std::string(name);
}

// Everything that a strategy can say, with texts that YAML could misread.
constexpr std::string_view kEverything = R"yaml(
dimensions: [channel, campaign]
metrics:
  - {name: demos, unit: count}
  - {name: peak, unit: ratio, additive: false}
kpis:
  - {name: half_price, formula: price / 2}
  - {name: price, formula: spend / demos, unit: money, better: lower, meaning: "a: b # c"}
playbooks:
  - name: "no"
    applies: {kpi: price, driver: cpc, finding: empty_day, channel: ["*search*", shop], client: "acme*"}
    when: change(price, 7d) > 10% and spend > 5
    let: {first: spend / 3, second: first * 2}
    advise: "{{raw}} \"quoted\" {second:money} \t tab \\ back, {campaign}: \u00e9 \u2028 \x07"
    changes: {bid: down, "yes": up}
    limits: {max_step: 12.5%, cooldown: 1d12h}
    owner: ' spaced '
    effort: 90m
    source: |
      two
      lines
  - {name: least, advise: Do it.}
clients:
  - name: "Müller & Söhne: *best*"
    timezone: Pacific/Auckland
    currency: NZD
    week_start: sunday
    fiscal: {month_starts_on: 28, year_starts_in: july}
    rates_hold: 2w
    identity:
      - dimension: campaign
        ignore: [separators, case]
        prefixes: ["yes", "[paid]: "]
        suffixes: " # old"
        aliases: {"no": "1e3", "~": ["null", "*: x", "${env:TIGHTROPE_TEST_LITERAL}"]}
      - {dimension: channel}
    objectives:
      - name: "true"
        why: "null"
        owner: "1e3 ${env:TIGHTROPE_TEST_LITERAL}"
        match: {campaign: ["a*", "*"], channel: "~"}
        budget: {amount: 1000.1, per: quarter}
        targets:
          - {name: one, kpi: price, at_most: [{from: 2026-03-01, value: 2}, {from: 2026-01-01, value: 0.1}], over: 24h, per: campaign}
          - {name: two, kpi: ctr, between: [2.9%, 30%], over: yesterday, confidence: 99.9%, for: 1h30m, keep_firing_for: 250ms}
          - {name: three, kpi: conversions, at_least: 900, over: quarter, pace: true, no_data: alert, severity: page, watch_within: 0}
          - {name: four, kpi: cpa, at_most: 1e6, min_volume: 20, over: 30d, no_data: ok, severity: digest}
          - {name: five, kpi: cpa, between: [{from: 2026-01-01, value: [1, 2]}], min_volume: {clicks: 5, demos: 0.5}}
          - {name: six, kpi: conversions, at_least: 9, over: month, pace: {profile: weekdays, corridor: 2.9%, rollover: true}}
          - {name: seven, kpi: spend, at_most: 9, over: {from: 2026-11-01, to: 2026-12-24}, pace: weekdays, guards: [six, three]}
          - name: eight
            kpi: cpa
            at_most: [{from: 2026-03-01, value: 2}]
            over: 2026-11-01..2026-11-01
            per: campaign
            guards: one
            except:
              - {campaign: [trial, "*: x"], channel: "~", at_most: 20}
              - {channel: social, at_most: [{from: 2026-02-01, value: 3}, {from: 2026-01-01, value: 4}]}
          - {name: nine, kpi: ctr, between: [1%, 2%], per: channel, except: [{channel: email, between: [1%, 3%]}]}
        objectives:
          - {name: child, why: x, owner: y, look_at: [{kpi: price, per: campaign}, {kpi: cpm}], budget: {amount: 5, per: {from: 2026-11-01, to: 2026-12-24}}}
      - {name: other, why: x, owner: y, parent: child}
)yaml";

// A value that looks like a variable is a value: it must come back as it is.
void set_environment() {
  ::setenv("TIGHTROPE_TEST_LITERAL", "${env:TIGHTROPE_TEST_LITERAL}", 1);
  ::setenv("AGENCY_SLACK_WEBHOOK", "https://hooks.example.com/services/x", 1);
  ::setenv("NORTHWIND_TOKEN", "x", 1);
}

rules::Strategy strategy_of(const std::string& text) {
  set_environment();
  const ScratchFolder folder;
  const auto loaded = load(folder.write("a.yaml", text));
  EXPECT_TRUE(loaded.configuration) << format(loaded.errors);
  if (!loaded.configuration) return {};
  return loaded.configuration->clients.at(0).strategy;
}

TEST(StrategyDocumentTest, IsReadAgainAsItWas) {
  const ScratchFolder folder;
  set_environment();
  for (const auto& file : {folder.write("a.yaml", kEverything), example("agency/tightrope.yaml"),
                           example("minimal.yaml"), example("international.yaml")}) {
    const auto loaded = load(file);
    ASSERT_TRUE(loaded.configuration) << format(loaded.errors);
    for (const auto& client : loaded.configuration->clients) {
      const auto again = read_strategy(client.document);
      ASSERT_TRUE(std::holds_alternative<rules::Strategy>(again))
          << format(std::get<Errors>(again)) << client.document;
      EXPECT_EQ(std::get<rules::Strategy>(again), client.strategy) << client.document;
    }
  }
}

TEST(StrategyDocumentTest, OfWhatWasReadAgainIsTheSameBytes) {
  const ScratchFolder folder;
  set_environment();
  const auto first = load(folder.write("a.yaml", kEverything));
  ASSERT_TRUE(first.configuration) << format(first.errors);
  const auto& document = first.configuration->clients.at(0).document;
  // A document is a configuration of its own.
  const auto second = load(folder.write("b.yaml", document));
  ASSERT_TRUE(second.configuration) << format(second.errors);
  EXPECT_EQ(second.configuration->clients.at(0).document, document);
}

TEST(StrategyDocumentTest, LoadingTwiceGivesEqualStrategiesAndBytes) {
  const ScratchFolder folder;
  set_environment();
  const auto file = folder.write("a.yaml", kEverything);
  const auto first = load(file);
  const auto second = load(file);
  ASSERT_TRUE(first.configuration && second.configuration);
  EXPECT_EQ(first.configuration->clients.at(0).strategy, second.configuration->clients.at(0).strategy);
  EXPECT_EQ(first.configuration->clients.at(0).document, second.configuration->clients.at(0).document);
}

TEST(StrategyDocumentTest, ChangesWithEveryFigure) {
  const auto before = strategy_of(std::string(kEverything));
  std::string text(kEverything);
  text.replace(text.find("value: 0.1"), 10, "value: 0.2");
  EXPECT_FALSE(strategy_of(text) == before);
}

TEST(StrategyDocumentTest, OrderOfDatesAndDimensionsInTheFileMakesNoDifference) {
  const auto strategy = strategy_of(std::string(kEverything));
  const auto& bounds = strategy.objectives.at(0).targets.at(0).bounds;
  ASSERT_EQ(bounds.size(), 2u);
  EXPECT_LT(bounds[0].from, bounds[1].from);
  EXPECT_EQ(bounds[0].high, 0.1);
  EXPECT_EQ(strategy.objectives.at(0).match.at(0).dimension, 0u);
}

TEST(StrategyDocumentTest, GarbageIsAnErrorAndNotACrash) {
  for (const char* text :
       {"", "clients: []", "clients: [{name: a}, {name: b}]", "[", "{", "\xFF", "a: *b", "version: 9"}) {
    EXPECT_TRUE(std::holds_alternative<Errors>(read_strategy(text))) << text;
  }
}

}  // namespace
}  // namespace tightrope::config
