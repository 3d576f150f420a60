// The checks on arrival: each fires on what people would call broken, and keeps silent over good data.
#include "collectors/arrival_checks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using rules::SourceFindingKind;

const rules::Day kToday = day("2026-11-23");  // a Monday

rules::Entity campaign(const std::string& name) {
  return {{"search", name}};
}

// What a campaign has on one day; nothing where it is not in the report.
using Of = std::function<std::optional<DayTotals>(const std::string& campaign, rules::Day day)>;

Collected answer(const std::vector<std::string>& campaigns, rules::DayRange days, const Of& of) {
  rules::BatchBuilder builder("shop_ads", kNow);
  Collected collected;
  for (rules::Day each = days.first; each <= days.last; each = each + 1) {
    for (const std::string& name : campaigns) {
      const auto totals = of(name, each);
      if (!totals) continue;
      const auto add = [&](std::string_view metric, double value) {
        builder.add(builder.entity(campaign(name)), builder.metric(metric), {each},
                    *rules::Amount::from_double(value));
      };
      add("spend", totals->spend);
      add("impressions", totals->impressions);
      add("clicks", totals->clicks);
      add("conversions", totals->conversions);
      ++collected.rows_read;
    }
  }
  collected.batch = std::move(builder).take();
  collected.complete = days;
  return collected;
}

ArrivalChecks checks(std::vector<SourceFindingKind> ignored = {}) {
  return ArrivalChecks(std::move(ignored), false, rules::Dimensions());
}

std::vector<std::string> texts(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings)
    out.push_back(std::string(to_string(finding.kind)) + ": " + finding.text);
  return out;
}
using Texts = std::vector<std::string>;

const std::vector<std::string> kTwo{"brand", "boots"};

// 100 clicks and 5 conversions a day; on weekends half of it.
std::optional<DayTotals> steady(const std::string&, rules::Day each) {
  const bool weekend = (kToday - each) % 7 == 1 || (kToday - each) % 7 == 2;
  return weekend ? DayTotals{40, 1500, 50, 2} : DayTotals{80, 3000, 100, 5};
}

// What is found on the day after a read of six weeks.
Texts found(const std::vector<std::string>& campaigns, const Of& of) {
  ArrivalChecks watched = checks();
  watched.arrived(answer(campaigns, {kToday - 41, kToday}, of), kToday);
  return texts(watched.findings());
}

TEST(ArrivalChecksTest, GoodFiguresAreFoundNothingAbout) {
  EXPECT_EQ(found(kTwo, steady), Texts());
}

TEST(ArrivalChecksTest, ConversionsThatStopWhileClicksGoOnAreFound) {
  const Of broken = [](const std::string& name, rules::Day each) {
    auto totals = steady(name, each);
    if (each >= day("2026-11-16")) totals->conversions = 0;
    return totals;
  };
  EXPECT_EQ(
      found(kTwo, broken),
      Texts(
          {"conversions_stopped: No conversions since 2026-11-16 with 1 200 clicks, where about 44 were due: "
           "has the tracking broken?"}));
}

TEST(ArrivalChecksTest, OnlyTheCampaignThatStoppedIsNamed) {
  const Of broken = [](const std::string& name, rules::Day each) {
    auto totals = steady(name, each);
    if (name == "boots" && each >= day("2026-11-12")) totals->conversions = 0;
    return totals;
  };
  EXPECT_EQ(
      found(kTwo, broken),
      Texts({"conversions_stopped: No conversions of search/boots since 2026-11-12 with 900 clicks, where "
             "about 35 were due: has the tracking broken?"}));
}

TEST(ArrivalChecksTest, SilenceThatHasAReasonIsNoBreak) {
  struct Case {
    const char* name;
    Of of;
  };
  const std::vector<Case> cases{
      {"paused",
       [](const std::string& name, rules::Day each) {
         return each >= day("2026-11-12") ? DayTotals() : *steady(name, each);
       }},
      {"only a day and a half: the rest may come",
       [](const std::string& name, rules::Day each) {
         auto totals = steady(name, each);
         if (each >= day("2026-11-22")) totals->conversions = 0;
         return totals;
       }},
      {"the campaign that sells was paused, and the clicks of the other never brought anything",
       [](const std::string& name, rules::Day each) {
         auto totals = *steady(name, each);
         if (name == "brand") totals = each >= day("2026-11-12") ? DayTotals() : totals;
         if (name == "boots") totals.conversions = 0;
         return totals;
       }},
      {"it never had any",
       [](const std::string& name, rules::Day each) {
         auto totals = steady(name, each);
         totals->conversions = 0;
         return totals;
       }},
      {"today brings some again",
       [](const std::string& name, rules::Day each) {
         auto totals = steady(name, each);
         if (each >= day("2026-11-12") && each < kToday) totals->conversions = 0;
         return totals;
       }},
      {"leads never come on weekends, however many clicks",
       [](const std::string& name, rules::Day each) {
         auto totals = *steady(name, each);
         const bool weekend = totals.clicks < 100;
         totals.clicks = 1000;
         totals.conversions = weekend ? 0 : 60;
         if (each == kToday) totals.conversions = 0;
         return totals;
       }},
      {"so few conversions that a week without is no surprise",
       [](const std::string& name, rules::Day each) {
         auto totals = *steady(name, each);
         totals.conversions = each < day("2026-11-17") && each.number % 2 == 0 ? 1 : 0;
         return totals;
       }},
      {"sold by the day: a whole week's worth on one of them",
       [](const std::string& name, rules::Day each) {
         auto totals = *steady(name, each);
         totals.conversions = each < day("2026-11-17") && each.number % 11 == 0 ? 40 : 0;
         return totals;
       }},
  };
  for (const Case& one : cases) EXPECT_EQ(found(kTwo, one.of), Texts()) << one.name;
}

TEST(ArrivalChecksTest, ConversionsThatComeLateAreWaitedFor) {
  // Read every day: of a day's 20 conversions 1 is there when it is over, 10 a day later, 20 in the end.
  ArrivalChecks watched = checks();
  const auto read = [&](rules::Day today) {
    watched.arrived(answer({"brand"}, {today - 9, today},
                           [&](const std::string&, rules::Day each) {
                             static constexpr std::array<double, 4> kThere{0, 1, 10, 20};
                             return DayTotals{
                                 80, 3000, 100,
                                 kThere[std::min<std::size_t>(3, static_cast<std::size_t>(today - each))]};
                           }),
                    today);
  };
  for (rules::Day today = kToday - 30; today <= kToday; today = today + 1) {
    read(today);
    EXPECT_EQ(texts(watched.findings()), Texts()) << to_string(today);
  }
  EXPECT_DOUBLE_EQ(watched.memory().arrived_share(1), 0.05);
  EXPECT_DOUBLE_EQ(watched.memory().arrived_share(2), 0.5);
  EXPECT_DOUBLE_EQ(watched.memory().arrived_share(3), 1);
}

TEST(ArrivalChecksTest, SpendWithoutImpressionsIsFoundWhereOthersAreSeen) {
  const Of unseen = [](const std::string& name, rules::Day each) {
    auto totals = steady(name, each);
    if (name == "boots" && each >= day("2026-11-19")) totals->impressions = 0;
    return totals;
  };
  EXPECT_EQ(
      found(kTwo, unseen),
      Texts({"spend_without_impressions: search/boots spent 200.00 from 2026-11-19 to 2026-11-21 without an "
             "impression; about 7 500 would be usual."}));
}

TEST(ArrivalChecksTest, WhatHasNoImpressionsAnywhereIsNotFound) {
  const Of none = [](const std::string& name, rules::Day each) {
    auto totals = steady(name, each);
    totals->impressions = 0;
    return totals;
  };
  EXPECT_EQ(found(kTwo, none), Texts());
  // A few cents of late clicks.
  const Of late = [](const std::string& name, rules::Day each) {
    auto totals = *steady(name, each);
    if (name == "boots" && each >= day("2026-11-19")) totals = {0.40, 0, 1, 5};
    return totals;
  };
  EXPECT_EQ(found(kTwo, late), Texts());
}

TEST(ArrivalChecksTest, ADayThatStaysEmptyIsFound) {
  const Of gap = [](const std::string& name, rules::Day each) -> std::optional<DayTotals> {
    if (each == day("2026-11-19")) return std::nullopt;
    return steady(name, each);
  };
  EXPECT_EQ(found(kTwo, gap), Texts({"empty_day: No figures for 2026-11-19, where Thursdays usually have 8; "
                                     "2026-11-20 has come since."}));
}

TEST(ArrivalChecksTest, EmptyWeekendsAndYesterdayAreUsual) {
  const Of closed = [](const std::string& name, rules::Day each) -> std::optional<DayTotals> {
    const auto totals = *steady(name, each);
    if (totals.clicks < 100 || each == kToday - 1) return std::nullopt;
    return totals;
  };
  EXPECT_EQ(found(kTwo, closed), Texts());
}

TEST(ArrivalChecksTest, ADayWithFarFewerFiguresIsFoundOnce) {
  std::vector<std::string> many;
  for (int i = 0; i < 30; ++i) many.push_back("c" + std::to_string(i));
  // From Wednesday on, only seven campaigns are reported.
  const Of fewer = [&](const std::string& name, rules::Day each) -> std::optional<DayTotals> {
    if (each >= day("2026-11-18") && name.size() > 2) return std::nullopt;
    if (each >= day("2026-11-18") && name > "c6") return std::nullopt;
    return steady(name, each);
  };
  EXPECT_EQ(found(many, fewer),
            Texts({"unusual_volume: 28 figures for 2026-11-18, where Wednesdays usually have 120."}));
}

TEST(ArrivalChecksTest, FindingsEndWhenTheDayIsRestated) {
  ArrivalChecks watched = checks();
  const auto read = [&](bool whole, rules::Day today) {
    watched.arrived(answer(kTwo, {today - 41, today},
                           [&](const std::string& name, rules::Day each) -> std::optional<DayTotals> {
                             if (!whole && each == day("2026-11-19")) return std::nullopt;
                             return steady(name, each);
                           }),
                    today);
    return watched.findings().size();
  };
  EXPECT_EQ(read(false, kToday - 3), 0u);  // it may still come
  EXPECT_EQ(read(false, kToday - 2), 1u);
  EXPECT_EQ(read(false, kToday), 1u);
  EXPECT_EQ(read(true, kToday), 0u);
  EXPECT_EQ(read(false, kToday), 1u);
  EXPECT_EQ(read(false, kToday + 4), 0u);  // nobody will send it any more
}

TEST(ArrivalChecksTest, AShortReadSaysNothingAndShortReadsAddUp) {
  const Of broken = [](const std::string& name, rules::Day each) {
    auto totals = steady(name, each);
    if (each >= day("2026-11-16")) totals->conversions = 0;
    return totals;
  };
  ArrivalChecks one_read = checks();
  one_read.arrived(answer(kTwo, {kToday - 2, kToday}, broken), kToday);
  EXPECT_EQ(texts(one_read.findings()), Texts());

  ArrivalChecks daily = checks();
  for (rules::Day today = kToday - 35; today <= kToday; today = today + 1)
    daily.arrived(answer(kTwo, {today - 2, today}, broken), today);
  ASSERT_EQ(daily.findings().size(), 1u);
  EXPECT_EQ(daily.findings()[0].kind, SourceFindingKind::conversions_stopped);
  EXPECT_EQ(daily.findings()[0].days, days("2026-11-16", "2026-11-22"));
}

TEST(ArrivalChecksTest, AnOutageForgetsNothing) {
  ArrivalChecks watched = checks();
  watched.arrived(answer(kTwo, {kToday - 41, kToday}, steady), kToday);
  const ArrivalMemory before = watched.memory();
  watched.arrived(Collected(), kToday);
  EXPECT_EQ(watched.memory().days(), before.days());
  EXPECT_EQ(texts(watched.findings()), Texts());
}

TEST(ArrivalChecksTest, IgnoredKindsAreNotFound) {
  Collected pasted = answer(kTwo, {kToday - 2, kToday}, steady);
  pasted.facts.duplicates = {3, days("2026-11-20", "2026-11-21"), campaign("boots")};
  ArrivalChecks watched = checks();
  watched.arrived(pasted, kToday);
  EXPECT_EQ(texts(watched.findings()), Texts({"duplicate_rows: 3 rows repeat another one to the last figure, "
                                              "and are counted twice: the first is "
                                              "of search/boots on 2026-11-20."}));
  ArrivalChecks ignoring = checks({SourceFindingKind::duplicate_rows});
  ignoring.arrived(pasted, kToday);
  EXPECT_EQ(texts(ignoring.findings()), Texts());
}

TEST(ArrivalChecksTest, TheMemoryComesBackFromItsBytes) {
  ArrivalChecks watched = checks();
  Collected read = answer(kTwo, {kToday - 41, kToday}, steady);
  read.facts.columns = {"date", "cost"};
  read.facts.fields = {{"cost", FieldFact::kText}};
  watched.arrived(read, kToday);
  const std::string bytes = watched.memory().encode();
  const auto memory = ArrivalMemory::decode(bytes);
  ASSERT_TRUE(memory);
  EXPECT_EQ(*memory, watched.memory());
  EXPECT_FALSE(ArrivalMemory::decode(bytes + "x"));
  for (std::size_t length = 0; length < bytes.size(); length += 7)
    EXPECT_FALSE(ArrivalMemory::decode(bytes.substr(0, length))) << length;
}

// Poisson figures with a weekly season and a day effect, read every day for ten weeks: hardly a word.
TEST(ArrivalChecksTest, ChanceIsHardlyEverTakenForABreak) {
  std::mt19937 random(20261123);
  int findings = 0;
  int reads = 0;
  for (int source = 0; source < 40; ++source) {
    ArrivalChecks watched = checks();
    std::vector<std::string> campaigns;
    std::vector<double> size, rate;
    const int count = 1 + source % 12;
    for (int i = 0; i < count; ++i) {
      campaigns.push_back("c" + std::to_string(i));
      size.push_back(std::exp(std::uniform_real_distribution(1.0, 6.0)(random)));  // 3 to 400 clicks a day
      rate.push_back(std::exp(std::uniform_real_distribution(-5.0, -2.0)(random)));
    }
    std::map<std::pair<std::string, rules::Day>, DayTotals> world;
    for (rules::Day each = kToday - 110; each <= kToday; each = each + 1) {
      const double season = (kToday - each) % 7 < 2 ? 0.4 : 1.1;
      const double luck = std::gamma_distribution(8.0, 1 / 8.0)(random);  // days differ by a third
      for (int i = 0; i < count; ++i) {
        const auto place = static_cast<std::size_t>(i);
        DayTotals totals;
        totals.clicks = std::poisson_distribution(size[place] * season)(random);
        totals.impressions = totals.clicks * 30 + std::poisson_distribution(5.0)(random);
        totals.spend = totals.clicks * 0.8;
        if (totals.clicks > 0)
          totals.conversions = std::poisson_distribution(totals.clicks * rate[place] * luck)(random);
        world[{campaigns[place], each}] = totals;
      }
    }
    for (rules::Day today = kToday - 70; today <= kToday; today = today + 1) {
      const rules::Day first = today == kToday - 70 ? today - 30 : today - 2;
      watched.arrived(answer(campaigns, {first, today},
                             [&](const std::string& name, rules::Day each) -> std::optional<DayTotals> {
                               const DayTotals& totals = world[{name, each}];
                               if (totals.impressions == 0) return std::nullopt;
                               return totals;
                             }),
                      today);
      ++reads;
      findings += static_cast<int>(watched.findings().size());
      for (const auto& finding : watched.findings()) SCOPED_TRACE(finding.text);
    }
  }
  EXPECT_EQ(reads, 40 * 71);
  EXPECT_LE(findings, 0);
}

UsualSchema usual() {
  UsualSchema schema;
  const ArrivalFacts facts{
      .columns = {"date", "campaign", "cost", "2026-11-01"},
      .fields = {{"cost", FieldFact::kNumber}, {"leads", FieldFact::kNumber | FieldFact::kAbsent}},
      .duplicates = {}};
  EXPECT_EQ(texts(find_schema_drift(facts, 60, kToday - 1, schema)), Texts());
  return schema;
}

TEST(SchemaDriftTest, WhatIsGoneNewOrOfAnotherKindIsFound) {
  struct Case {
    ArrivalFacts facts;
    std::uint64_t records;
    const char* text;  // "" for none
  };
  const std::vector<Case> cases{
      {{{"cost", "campaign", "date", "2026-11-02"}, {{"cost", FieldFact::kNumber}}, {}}, 60, ""},
      {{{}, {}, {}}, 0, ""},
      {{{"date", "cost", "device"}, {}, {}},
       60,
       "The answers have other fields than before; gone: \"campaign\"; new: \"device\"."},
      {{{}, {{"cost", FieldFact::kText}}, {}},
       60,
       "The answers have other fields than before; now text instead of numbers: \"cost\"."},
      {{{}, {{"cost", FieldFact::kAbsent}}, {}},
       60,
       "The answers have other fields than before; gone: \"cost\"."},
      {{{}, {{"cost", FieldFact::kAbsent}}, {}}, 3, ""},     // too few to tell
      {{{}, {{"leads", FieldFact::kAbsent}}, {}}, 60, ""},   // it is left out now and then
      {{{}, {{"clicks", FieldFact::kNumber}}, {}}, 60, ""},  // newly mapped
  };
  for (const Case& one : cases) {
    UsualSchema schema = usual();
    const Findings drift = find_schema_drift(one.facts, one.records, kToday, schema);
    const std::string text = drift.empty() ? std::string() : drift[0].text;
    EXPECT_EQ(text, one.text);
  }
}

TEST(SchemaDriftTest, EndsWhenTheFieldsComeBackOrAfterAWeek) {
  const ArrivalFacts other{.columns = {"date", "campaign", "cost", "device"}, .fields = {}, .duplicates = {}};
  const ArrivalFacts same{.columns = {"date", "campaign", "cost"}, .fields = {}, .duplicates = {}};
  UsualSchema schema = usual();
  EXPECT_EQ(find_schema_drift(other, 60, kToday, schema).size(), 1u);
  EXPECT_EQ(find_schema_drift(same, 60, kToday, schema).size(), 0u);
  const Findings again = find_schema_drift(other, 60, kToday + 1, schema);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].days, (rules::DayRange{kToday + 1, kToday + 1}));
  EXPECT_EQ(find_schema_drift(other, 60, kToday + 7, schema).size(), 1u);
  EXPECT_EQ(find_schema_drift(other, 60, kToday + 8, schema).size(), 0u);
  EXPECT_EQ(find_schema_drift(other, 60, kToday + 8, schema).size(), 0u);
  EXPECT_EQ(find_schema_drift(same, 60, kToday + 9, schema).size(), 1u);
}

TEST(SchemaDriftTest, AnswersThatCanNoLongerBeReadAreDrift) {
  ArrivalChecks watched = checks();
  watched.unreadable("line 1: no column \"cost\"", kToday);
  EXPECT_EQ(texts(watched.findings()), Texts());  // it never could: a mistake in the configuration
  const Collected read = answer(kTwo, {kToday - 2, kToday}, steady);
  watched.arrived(read, kToday);
  watched.unreadable("line 1: no column \"cost\"", kToday);
  EXPECT_EQ(
      texts(watched.findings()),
      Texts({"schema_drift: The answers can no longer be read as before: line 1: no column \"cost\"."}));
  watched.arrived(read, kToday);
  EXPECT_EQ(texts(watched.findings()), Texts());
}

// Through a CSV file, where rows are whole.
DuplicateRows duplicates(const std::string& csv) {
  TemporaryFolder folder;
  config::Source source;
  source.name = "sheet";
  config::CsvSource kind;
  kind.path = folder.write("figures.csv", csv);
  kind.mapping = plain_mapping();
  source.kind = kind;
  Collecting collecting;
  const CollectResult result = collecting.collect(source);
  EXPECT_TRUE(result);
  return result ? result->facts.duplicates : DuplicateRows();
}

TEST(DuplicateRowsTest, RowsThatAreAlikeToTheLastFigureAreFound) {
  const DuplicateRows found = duplicates(
      "date,campaign,spend,clicks\n"
      "2026-11-20,boots,612.40,183\n"
      "2026-11-20,brand,99.10,12\n"
      "2026-11-21,boots,580.00,171\n"
      "2026-11-20,boots,612.40,183\n"
      "2026-11-21,boots,580.00,171\n"
      "2026-11-21,boots,580.00,171\n");
  EXPECT_EQ(found.count, 3u);
  EXPECT_EQ(found.days, days("2026-11-20", "2026-11-21"));
  EXPECT_EQ(rules::to_string(found.example), "/boots");
}

TEST(DuplicateRowsTest, PartsOfAFigureAreNone) {
  // By device; and two devices with one cheap click each.
  EXPECT_EQ(duplicates("date,campaign,device,spend,clicks\n"
                       "2026-11-20,boots,phone,612.40,183\n"
                       "2026-11-20,boots,desktop,412.40,83\n"
                       "2026-11-20,boots,tablet,612.40,182\n"
                       "2026-11-20,brand,phone,0.50,1\n"
                       "2026-11-20,brand,desktop,0.50,1\n"
                       "2026-11-21,brand,phone,0,0\n"
                       "2026-11-21,brand,desktop,0,0\n")
                .count,
            0u);
}

TEST(DuplicateRowsTest, ATablePastedTwiceIsFoundEvenIfItsFiguresAreSmall) {
  const std::string table =
      "2026-11-20,a,1,1\n2026-11-20,b,1,1\n2026-11-20,c,2,1\n2026-11-20,d,1,2\n2026-11-20,e,0,1\n";
  EXPECT_EQ(duplicates("date,campaign,spend,clicks\n" + table + table).count, 5u);
}

TEST(DuplicateRowsTest, FieldsOfACsvAreKnown) {
  TemporaryFolder folder;
  config::Source source;
  source.name = "sheet";
  config::CsvSource kind;
  kind.path = folder.write("figures.csv", "date,campaign,device,spend,clicks\n2026-11-20,boots,phone,,183\n");
  kind.mapping = plain_mapping();
  source.kind = kind;
  Collecting collecting;
  const CollectResult result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->facts.columns,
            (std::vector<std::string>{"date", "campaign", "device", "spend", "clicks"}));
  const std::vector<FieldFact> fields{
      {"date", FieldFact::kText}, {"campaign", FieldFact::kText}, {"spend", 0}, {"clicks", FieldFact::kText}};
  EXPECT_EQ(result->facts.fields, fields);
}

}  // namespace
}  // namespace tightrope::collectors
