// What good files mean, of sources that are prometheus, icalendar or google_sheets.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "config/configuration.h"
#include "tests/config/scratch_folder.h"

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;
using Constants = std::vector<std::pair<std::size_t, std::string>>;

Source source_of(std::string_view connector, std::string_view keys) {
  const ScratchFolder folder;
  auto loaded = load(folder.write("a.yaml",
                                  "clients: [{name: acme}]\nmetrics: [{name: plan_hours, unit: "
                                  "duration}]\nsources:\n  - name: feed\n    client: "
                                  "acme\n    connector: " +
                                      std::string(connector) + "\n" + std::string(keys)));
  EXPECT_TRUE(loaded.configuration) << format(loaded.errors);
  EXPECT_EQ(format(loaded.errors), "");
  return loaded.configuration ? loaded.configuration->sources.at(0) : Source{};
}

TEST(PrometheusSourceTest, KeysArrive) {
  const Source source = source_of("prometheus", R"yaml(
    secrets: {password: x1}
    with:
      base_url: https://metrics.example.com/prom/
      queries: {conversions: 'sum by (shop) (increase(orders{a="b"}[{window}]))', clicks: up}
      labels: {campaign: shop}
      constants: {channel: site}
      per: hour
      user: ann
      allow_private_addresses: true
)yaml");
  const auto& prometheus = std::get<PrometheusSource>(source.kind);
  EXPECT_EQ(prometheus.base_url, "https://metrics.example.com/prom");
  EXPECT_EQ(prometheus.queries,
            (std::vector<PrometheusQuery>{
                {"conversions", "sum by (shop) (increase(orders{a=\"b\"}[{window}]))"}, {"clicks", "up"}}));
  EXPECT_EQ(prometheus.labels, (Constants{{1, "shop"}}));
  EXPECT_EQ(prometheus.constants, (Constants{{0, "site"}}));
  EXPECT_EQ(prometheus.per, PrometheusPer::hour);
  EXPECT_EQ(prometheus.login, (Login{"ann", Secret("x1")}));
  EXPECT_TRUE(source.allow_private_addresses);
}

TEST(PrometheusSourceTest, DefaultsAreDaysAndNobody) {
  const Source source =
      source_of("prometheus", "    with: {base_url: \"http://p:9090\", queries: {clicks: up}}\n");
  const auto& prometheus = std::get<PrometheusSource>(source.kind);
  EXPECT_EQ(prometheus.per, PrometheusPer::day);
  EXPECT_EQ(prometheus.login, Login{});
  EXPECT_FALSE(source.allow_private_addresses);
  const Source bearer =
      source_of("prometheus",
                "    secrets: {token: t}\n    with: {base_url: \"http://p:9090\", queries: {clicks: up}}\n");
  EXPECT_EQ(std::get<PrometheusSource>(bearer.kind).login, (Login{"", Secret("t")}));
}

TEST(IcalendarSourceTest, KeysArrive) {
  const Source source = source_of("icalendar", R"yaml(
    secrets: {url: webcal://example.com/x.ics, password: x1}
    with:
      user: ann
      events:
        - when: {category: [strategy, plan*], summary: "Plan*"}
          metric: plan_hours
          set: {channel: time}
          take: {campaign: category, ad_group: summary}
          all_day: 8h
          transparent: true
          tentative: true
        - {when: {summary: Sale*}, metric: clicks, measure: days}
      unmatched: {metric: plan_hours, set: {channel: other}}
)yaml");
  const auto& calendar = std::get<IcalendarSource>(source.kind);
  EXPECT_EQ(calendar.path, "");
  EXPECT_EQ(calendar.url.reveal(), "https://example.com/x.ics");
  EXPECT_EQ(calendar.login, (Login{"ann", Secret("x1")}));
  ASSERT_EQ(calendar.events.size(), 2u);
  CalendarRule first;
  first.categories = {"strategy", "plan*"};
  first.summaries = {"Plan*"};
  first.metric = "plan_hours";
  first.constants = {{0, "time"}};
  first.dimensions = {{1, CalendarText::category}, {2, CalendarText::summary}};
  first.all_day = 8h;
  first.transparent = true;
  first.tentative = true;
  EXPECT_EQ(calendar.events[0], first);
  EXPECT_EQ(calendar.events[1].measure, CalendarMeasure::days);
  EXPECT_TRUE(calendar.events[1].transparent);  // all-day events are, unless somebody says else
  EXPECT_FALSE(calendar.events[1].tentative);
  ASSERT_TRUE(calendar.unmatched);
  EXPECT_FALSE(calendar.unmatched->transparent);
  EXPECT_EQ(calendar.unmatched->constants, (Constants{{0, "other"}}));
}

TEST(IcalendarSourceTest, MayBeAFileOrAPlainAddress) {
  const Source file = source_of(
      "icalendar", "    with: {path: plan.ics, events: [{when: {summary: x}, metric: plan_hours}]}\n");
  EXPECT_EQ(std::get<IcalendarSource>(file.kind).path, "plan.ics");
  EXPECT_TRUE(std::get<IcalendarSource>(file.kind).url.empty());
  const Source address =
      source_of("icalendar",
                "    with: {url: \"https://example.com/h.ics\", events: [{when: {summary: x}, "
                "metric: plan_hours}]}\n");
  EXPECT_EQ(std::get<IcalendarSource>(address.kind).url.reveal(), "https://example.com/h.ics");
}

TEST(GoogleSheetsSourceTest, KeysArrive) {
  const Source source = source_of("google_sheets", R"yaml(
    secrets: {token: t}
    with:
      key: 2PACX-1v_Ab
      gid: 1234567890123
      published: true
      base_url: http://127.0.0.1:8080/
      header_row: 2
      columns: {date: Day, campaign: Name, spend: Cost, clicks: "a + b"}
      constants: {channel: offline}
      date_format: "%d.%m.%Y"
      decimal_comma: true
)yaml");
  const auto& sheet = std::get<GoogleSheetsSource>(source.kind);
  EXPECT_EQ(sheet.key, "2PACX-1v_Ab");
  EXPECT_EQ(sheet.gid, 1234567890123);
  EXPECT_TRUE(sheet.published);
  EXPECT_EQ(sheet.base_url, "http://127.0.0.1:8080");
  EXPECT_EQ(sheet.token.reveal(), "t");
  EXPECT_TRUE(sheet.table.spreadsheet);
  EXPECT_EQ(sheet.table.header_row, 2);
  EXPECT_EQ(sheet.table.mapping.bucket_field, "Day");
  EXPECT_EQ(sheet.table.mapping.metrics.size(), 2u);
  EXPECT_TRUE(sheet.table.mapping.decimal_comma);
  const auto& missing = sheet.table.mapping.missing;
  EXPECT_NE(std::find(missing.begin(), missing.end(), "#N/A"), missing.end());
  EXPECT_NE(std::find(missing.begin(), missing.end(), "-"), missing.end());
}

TEST(GoogleSheetsSourceTest, DefaultsAreGooglesFirstTab) {
  const Source source =
      source_of("google_sheets", "    with: {key: 1AbC, columns: {date: Day, spend: Cost}}\n");
  const auto& sheet = std::get<GoogleSheetsSource>(source.kind);
  EXPECT_EQ(sheet.base_url, "https://docs.google.com");
  EXPECT_EQ(sheet.gid, 0);
  EXPECT_FALSE(sheet.published);
  EXPECT_TRUE(sheet.token.empty());
}

}  // namespace
}  // namespace tightrope::config
