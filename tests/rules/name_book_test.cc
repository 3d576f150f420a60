#include "rules/name_book.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rules/currency.h"

namespace tightrope::rules {
namespace {

constexpr Day kDay = day_from_ymd(std::chrono::year(2026) / 11 / 20);
constexpr Timestamp kLearnt{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

NameIdentity of_campaigns(std::vector<Alias> aliases = {}) {
  return NameIdentity(
      {NameRules{.dimension = 1, .prefixes = {}, .suffixes = {}, .aliases = std::move(aliases)}});
}

struct Given {
  Entity entity;
  std::string metric;
  Amount value;
};

ObservationBatch batch_of(const std::vector<Given>& figures, const std::string& source = "ads") {
  BatchBuilder builder(source, kLearnt);
  for (const Given& one : figures)
    builder.add(builder.entity(one.entity), builder.metric(one.metric), {.day = kDay}, one.value);
  return std::move(builder).take();
}

Amount units(int value) {
  return Amount::from_units(value);
}

// Each figure of a batch, by name and metric; fails the test when one stands twice.
std::map<std::pair<std::string, std::string>, Amount> figures_of(const ObservationBatch& batch) {
  std::map<std::pair<std::string, std::string>, Amount> figures;
  for (const auto& row : batch.rows) {
    const auto [place, is_new] =
        figures.try_emplace({to_string(batch.entities[row.entity]), batch.metrics[row.metric]}, row.value);
    EXPECT_TRUE(is_new) << place->first.first;
  }
  return figures;
}

// The name that a campaign of a channel has.
std::string name_of(NameBook& book, const std::string& channel, const std::string& campaign) {
  const auto named = book.name(batch_of({{Entity{{channel, campaign}}, "spend", units(1)}}));
  return named.batch.entities.at(0).path.at(1);
}

TEST(NameBookTest, TakesNamesAsTheyAreWithoutRules) {
  NameBook book;
  const ObservationBatch batch = batch_of({{Entity{{"search", "EU Sale"}}, "spend", units(1)},
                                           {Entity{{"search", "eu-sale"}}, "spend", units(2)}});
  const auto named = book.name(batch);
  EXPECT_EQ(named.batch, batch);
  EXPECT_TRUE(named.fresh.empty());
}

TEST(NameBookTest, TheFirstSpellingIsKept) {
  NameBook book(of_campaigns());
  EXPECT_EQ(name_of(book, "search", "EU | Spring Sale"), "EU | Spring Sale");
  EXPECT_EQ(name_of(book, "search", "eu-spring  sale"), "EU | Spring Sale");
  EXPECT_EQ(name_of(book, "social", "EU_SPRING_SALE"), "EU | Spring Sale") << "of another channel as well";
  EXPECT_EQ(name_of(book, "search", "EU Spring Sale 2"), "EU Spring Sale 2");
  EXPECT_EQ(name_of(book, "Search", "brand"), "brand");
  const auto named = book.name(batch_of({{Entity{{"Search", "Brand", "x"}}, "spend", units(1)}}));
  EXPECT_EQ(named.batch.entities.at(0), (Entity{{"Search", "brand", "x"}})) << "channels have no rules";
}

TEST(NameBookTest, AnEntityWithAHistoryKeepsItsName) {
  NameBook book(of_campaigns());
  book.know(Entity{{"search", "EU Sale"}});
  book.know(Entity{{"social", "eu-sale"}});
  book.know(Entity{{"search", "eu_sale"}});
  EXPECT_EQ(name_of(book, "search", "EU SALE"), "EU Sale");
  EXPECT_EQ(name_of(book, "social", "EU SALE"), "eu-sale");
  EXPECT_EQ(name_of(book, "email", "EU SALE"), "EU Sale") << "a new one is called as the first";
  EXPECT_EQ(book.kept(Entity{{"search", "eu_sale"}}), (Entity{{"search", "EU Sale"}}));
}

TEST(NameBookTest, AnAliasGivesItsNameToAllItsSpellings) {
  NameBook book(
      of_campaigns({{.name = "Spring Sale EU", .others = {"urn:li:sponsoredCampaign:777", "1202"}}}));
  book.know(Entity{{"social", "1202"}});
  EXPECT_EQ(name_of(book, "social", "1202"), "Spring Sale EU");
  EXPECT_EQ(name_of(book, "social", "urn:li:sponsoredCampaign:777"), "Spring Sale EU");
  EXPECT_EQ(name_of(book, "social", "spring_sale_eu"), "Spring Sale EU");
  EXPECT_EQ(name_of(book, "social", "Spring Sale EU"), "Spring Sale EU");
}

TEST(NameBookTest, FiguresOfTwoSpellingsAreAdded) {
  NameBook book(of_campaigns());
  const auto named = book.name(batch_of({{Entity{{"search", "EU Sale"}}, "spend", units(10)},
                                         {Entity{{"search", "EU Sale"}}, "clicks", Amount::missing()},
                                         {Entity{{"search", "brand"}}, "spend", units(7)},
                                         {Entity{{"search", "eu-sale"}}, "spend", units(5)},
                                         {Entity{{"search", "eu_sale"}}, "spend", Amount::missing()},
                                         {Entity{{"search", "eu-sale"}}, "clicks", Amount::missing()}}));
  const std::map<std::pair<std::string, std::string>, Amount> expected{
      {{"search/EU Sale", "spend"}, units(15)},
      {{"search/EU Sale", "clicks"}, Amount::missing()},
      {{"search/brand", "spend"}, units(7)}};
  EXPECT_EQ(figures_of(named.batch), expected);
  EXPECT_EQ(named.batch.entities.size(), 2u);
}

TEST(NameBookTest, ASumStaysAFigure) {
  NameBook book(of_campaigns());
  const Amount most = Amount::from_units(Amount::kLargestUnits);
  const auto named = book.name(batch_of(
      {{Entity{{"search", "EU Sale"}}, "spend", most}, {Entity{{"search", "eu-sale"}}, "spend", most}}));
  ASSERT_EQ(named.batch.rows.size(), 1u);
  EXPECT_EQ(named.batch.rows[0].value, most);
}

TEST(NameBookTest, CurrenciesOfRatesAreNoNames) {
  NameBook book(NameIdentity({NameRules{.dimension = 0, .prefixes = {}, .suffixes = {}, .aliases = {}}}));
  book.know(Entity{{"usd"}});
  BatchBuilder builder("ecb", kLearnt);
  builder.add(builder.entity(Entity{{"USD"}}), builder.metric(rate_metric("EUR")), {.day = kDay}, units(1));
  const ObservationBatch rates = std::move(builder).take();
  const auto named = book.name(rates);
  EXPECT_EQ(named.batch, rates);
}

TEST(NameBookTest, TellsASpellingOnceForEachSource) {
  NameBook book(of_campaigns());
  const Given kept{Entity{{"search", "EU Sale"}}, "spend", units(1)};
  const Given other{Entity{{"search", "eu-sale"}}, "spend", units(1)};
  EXPECT_TRUE(book.name(batch_of({kept}, "google")).fresh.empty());
  const Spelling of_meta{1, "EU Sale", "eu-sale", "meta", kLearnt};
  EXPECT_EQ(book.name(batch_of({other}, "meta")).fresh, std::vector<Spelling>{of_meta});
  EXPECT_TRUE(book.name(batch_of({other}, "meta")).fresh.empty());
  const Spelling of_bing{1, "EU Sale", "eu-sale", "bing", kLearnt};
  EXPECT_EQ(book.name(batch_of({other}, "bing")).fresh, std::vector<Spelling>{of_bing});
  EXPECT_EQ(book.spellings(), (std::vector<Spelling>{of_bing, of_meta}));

  NameBook after_restart(of_campaigns());
  for (const Spelling& spelling : book.spellings()) after_restart.remember(spelling);
  after_restart.remember({1, "EU Sale", "brand", "meta", kLearnt});
  after_restart.remember({0, "search", "Search", "meta", kLearnt});
  EXPECT_EQ(after_restart.spellings(), book.spellings()) << "what the rules do not make one is dropped";
  after_restart.know(kept.entity);
  EXPECT_TRUE(after_restart.name(batch_of({other}, "meta")).fresh.empty()) << "known from before";
}

// Random batches of random spellings: the same names after a restart at any moment, and the same totals as
// when names are folded before anything else.
TEST(NameBookTest, GeneratedSpellingsKeepTheirNamesAndTotalsOverRestarts) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    const std::vector<std::string> words{"eu", "EU", "sale", "Sale", "1", "2"};
    const std::vector<std::string> gaps{" ", "_", " - ", "|"};
    const auto spelling = [&] {
      std::string name = words[random() % words.size()];
      for (std::size_t more = random() % 3; more > 0; --more)
        name += gaps[random() % gaps.size()] + words[random() % words.size()];
      return name;
    };
    const NameFolding folding(NameRules{.dimension = 1, .prefixes = {}, .suffixes = {}, .aliases = {}});
    EntityTable known;  // as an engine has it
    for (int i = static_cast<int>(random() % 10); i > 0; --i) known.intern(Entity{{"search", spelling()}});
    const auto opened = [&known] {
      NameBook book(of_campaigns());
      for (EntityIndex i = 0; i < known.size(); ++i) book.know(known[i]);
      return book;
    };
    NameBook book = opened();
    std::map<std::string, std::string> kept;  // by channel and key
    for (int round = 0; round < 30; ++round) {
      std::map<std::string, std::int64_t> expected;
      std::vector<Given> given;
      std::set<std::string> used;
      for (std::size_t rows = random() % 8 + 1; rows > 0; --rows) {
        const std::string channel = random() % 2 == 0 ? "search" : "social";
        const std::string campaign = spelling();
        if (!used.insert(channel + campaign).second) continue;
        const int value = static_cast<int>(random() % 100);
        given.push_back({Entity{{channel, campaign}}, "spend", units(value)});
        expected[channel + "/" + folding.key(campaign)] += units(value).micros();
      }
      NameBook restarted = opened();
      const ObservationBatch batch = batch_of(given);
      const ObservationBatch named = book.name(batch).batch;
      EXPECT_EQ(restarted.name(batch).batch, named) << seed;
      EXPECT_EQ(book.name(named).batch, named) << "a kept name is kept";
      std::map<std::string, std::int64_t> got;
      for (const auto& row : named.rows) {
        const Entity& entity = named.entities[row.entity];
        const std::string place = std::string(entity.at(0)) + "/" + folding.key(entity.at(1));
        EXPECT_TRUE(got.emplace(place, row.value.micros()).second) << place;
        EXPECT_EQ(kept.try_emplace(place, entity.at(1)).first->second, entity.at(1)) << "for good";
        known.intern(entity);
      }
      EXPECT_EQ(got, expected) << seed;
    }
  }
}

}  // namespace
}  // namespace tightrope::rules
