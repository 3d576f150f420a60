// Matchers, the tree of routes, groups and labels.
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/routing/route_tree.h"
#include "tests/daemon/example_alerts.h"

namespace tightrope::daemon {
namespace {

using config::MatchKind;
using config::Route;
using namespace std::chrono_literals;

struct MatchCase {
  const char* name;
  config::Matcher matcher;
  std::string value;  // of the label "client"
  bool matches;
};

class MatcherTest : public ::testing::TestWithParam<MatchCase> {};

TEST_P(MatcherTest, Decides) {
  const CompiledMatcher matcher(GetParam().matcher);
  Labels labels;
  if (!GetParam().value.empty()) labels["client"] = GetParam().value;
  EXPECT_EQ(matcher.matches(labels), GetParam().matches) << matcher.text();
}

INSTANTIATE_TEST_SUITE_P(
    All, MatcherTest,
    ::testing::ValuesIn(std::vector<MatchCase>{
        {"EqualTakesTheSameValue", {"client", MatchKind::equal, "acme"}, "acme", true},
        {"EqualRefusesALongerValue", {"client", MatchKind::equal, "acme"}, "acme2", false},
        {"NotEqualTakesAnotherValue", {"client", MatchKind::not_equal, "acme"}, "beta", true},
        {"NotEqualRefusesTheSameValue", {"client", MatchKind::not_equal, "acme"}, "acme", false},
        {"MissingIsEmptyForEqual", {"client", MatchKind::equal, ""}, "", true},
        {"MissingIsEmptyForNotEqual", {"client", MatchKind::not_equal, ""}, "", false},
        {"RegexMatchesTheWholeValue", {"client", MatchKind::regex, "acme|beta"}, "beta", true},
        {"RegexIsAnchoredInFront", {"client", MatchKind::regex, "cme"}, "acme", false},
        {"RegexIsAnchoredAtTheEnd", {"client", MatchKind::regex, "acme|beta"}, "beta2", false},
        {"RegexWithoutAlternativesIsNotAPrefix", {"client", MatchKind::regex, "ac"}, "acme", false},
        {"RegexAnyTakesLineBreaks", {"client", MatchKind::regex, ".*"}, "a\nb", true},
        {"RegexAnyTakesMissing", {"client", MatchKind::regex, ".*"}, "", true},
        {"RegexSomeRefusesMissing", {"client", MatchKind::regex, ".+"}, "", false},
        {"NotRegexRefusesWhatMatches", {"client", MatchKind::not_regex, "ac.*"}, "acme", false},
        {"NotRegexTakesTheRest", {"client", MatchKind::not_regex, "ac.*"}, "beta", true},
    }),
    [](const auto& row) { return std::string(row.param.name); });

TEST(MatcherTest, PatternThatBacktracksForeverElsewhereIsDecided) {
  const CompiledMatcher matcher({"client", MatchKind::regex, "(a+)+(a+)+(a+)+$"});
  EXPECT_FALSE(matcher.matches({{"client", std::string(100'000, 'a') + "b"}}));
}

TEST(MatcherTest, BadPatternIsSaidWithItsLabel) {
  const auto problem = CompiledMatcher::problem({"client", MatchKind::regex, "a("});
  ASSERT_TRUE(problem.has_value());
  EXPECT_NE(problem->find("client"), std::string::npos) << *problem;
  EXPECT_THROW(CompiledMatcher({"client", MatchKind::regex, "a("}), std::invalid_argument);
  EXPECT_TRUE(CompiledMatcher::problem({"client", MatchKind::regex, std::string(5000, 'a')}).has_value());
  EXPECT_FALSE(CompiledMatcher::problem({"client", MatchKind::equal, "a("}).has_value());
}

Route route(std::string receiver, std::vector<config::Matcher> matchers = {},
            bool continue_matching = false) {
  Route made;
  made.receiver = std::move(receiver);
  made.matchers = std::move(matchers);
  made.continue_matching = continue_matching;
  return made;
}

std::vector<std::string> receivers(const Route& root, const Labels& labels) {
  const RouteTree tree(root);
  std::vector<std::string> names;
  for (const CompiledRoute* taken : tree.match(labels)) names.push_back(taken->receiver);
  return names;
}

TEST(RouteTreeTest, FirstMatchingChildTakesTheAlert) {
  Route root = route("all");
  root.routes = {route("pages", {{"severity", MatchKind::equal, "page"}}),
                 route("acme", {{"client", MatchKind::equal, "acme"}})};
  EXPECT_EQ(receivers(root, {{"severity", "page"}, {"client", "acme"}}), (std::vector<std::string>{"pages"}));
  EXPECT_EQ(receivers(root, {{"severity", "ticket"}, {"client", "acme"}}),
            (std::vector<std::string>{"acme"}));
  EXPECT_EQ(receivers(root, {{"severity", "ticket"}}), (std::vector<std::string>{"all"}));
}

TEST(RouteTreeTest, ContinueGoesOnToTheNextSibling) {
  Route root = route("all");
  root.routes = {route("log", {}, true), route("pages", {{"severity", MatchKind::equal, "page"}}),
                 route("rest")};
  EXPECT_EQ(receivers(root, {{"severity", "page"}}), (std::vector<std::string>{"log", "pages"}));
  EXPECT_EQ(receivers(root, {}), (std::vector<std::string>{"log", "rest"}));
}

TEST(RouteTreeTest, DeepestMatchWinsAndInheritsTheReceiver) {
  Route root = route("all");
  root.group_by = {"client"};
  Route child = route("", {{"client", MatchKind::equal, "acme"}});
  Route grandchild = route("", {{"severity", MatchKind::equal, "page"}});
  grandchild.group_by = {"..."};
  child.receiver = "acme";
  child.routes = {grandchild};
  root.routes = {child};
  const RouteTree tree(root);
  const Labels labels{{"client", "acme"}, {"severity", "page"}};
  const auto taken = tree.match(labels);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0]->receiver, "acme");
  EXPECT_TRUE(taken[0]->group_by_all);
  const auto without = tree.match({{"client", "acme"}});
  ASSERT_EQ(without.size(), 1u);
  EXPECT_TRUE(without[0]->group_by.empty()) << "group_by: [] puts everything in one group";
  EXPECT_EQ(group_key(*without[0], group_labels(*without[0], labels)), "{}/{client=\"acme\"}:{}");
}

TEST(RouteTreeTest, RootWithMatchersTakesOnlyThose) {
  EXPECT_TRUE(receivers(route("all", {{"client", MatchKind::equal, "acme"}}), {{"client", "beta"}}).empty());
}

TEST(RouteTreeTest, KeysAreInAlertmanagersForm) {
  Route root = route("all");
  root.routes = {
      route("pages", {{"severity", MatchKind::equal, "page"}, {"client", MatchKind::regex, "a\"b\\.*"}})};
  root.group_by = {"client", "objective", "absent"};
  const RouteTree tree(root);
  const Labels labels{{"client", "a\"b\\x"}, {"objective", "trials"}, {"severity", "page"}};
  // Matched by hand: the pattern a"b\.* is a, a quote, b and any number of full stops.
  const auto root_taken = tree.match(labels);
  ASSERT_EQ(root_taken.size(), 1u);
  EXPECT_EQ(group_key(*root_taken[0], group_labels(*root_taken[0], labels)),
            "{}:{client=\"a\\\"b\\\\x\", objective=\"trials\"}");
  const auto child_taken = tree.match({{"client", "a\"b.."}, {"severity", "page"}});
  ASSERT_EQ(child_taken.size(), 1u);
  EXPECT_EQ(child_taken[0]->key, "{}/{client=~\"a\\\"b\\\\.*\",severity=\"page\"}");
}

TEST(RouteTreeTest, ProblemsAreFoundAnywhereInTheTree) {
  Route root = route("all");
  Route child = route("");
  child.routes = {route("", {{"client", MatchKind::not_regex, "["}})};
  root.routes = {child};
  EXPECT_TRUE(RouteTree::problem(root).has_value());
  EXPECT_TRUE(RouteTree::problem(route("")).has_value());
  EXPECT_FALSE(RouteTree::problem(route("all")).has_value());
}

TEST(RouteTreeTest, NegativeWaitsCountAsNone) {
  Route root = route("all");
  root.group_wait = -5s;
  const RouteTree tree(root);
  EXPECT_EQ(tree.match({})[0]->group_wait, 0s);
}

TEST(LabelsTest, AreThoseRoutesAreWrittenFor) {
  const Labels expected{{"alertname", "trial_cpa"},
                        {"campaign", "trial-brand"},
                        {"channel", "search"},
                        {"client", "acme"},
                        {"kpi", "cpa"},
                        {"objective", "trial_signups"},
                        {"owner", "head_of_growth"},
                        {"severity", "page"},
                        {"target", "trial_cpa"},
                        {"window", "7d"}};
  EXPECT_EQ(labels_of(testing::firing_cpa()), expected);
}

TEST(LabelsTest, DimensionCannotHideALabelAndEmptyOnesAreLeftOut) {
  rules::Alert alert = testing::firing_cpa();
  alert.dimensions = {{"client", "someone else"}, {"channel", ""}};
  alert.owner.clear();
  const Labels labels = labels_of(alert);
  EXPECT_EQ(labels.at("client"), "acme");
  EXPECT_EQ(labels.count("owner"), 0u);
  EXPECT_EQ(labels.count("channel"), 0u);
}

}  // namespace
}  // namespace tightrope::daemon
