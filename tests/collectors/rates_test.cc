#include "collectors/rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/scalars.h"
#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Direction = config::Rates::Direction;

// As the European Central Bank publishes its history: newest first, currencies that are no more, N/A, and a
// comma at the end of each line.
constexpr const char* kHistory =
    "Date,USD,JPY,CYP,GBP,\n"
    "2026-11-20,1.0842,163.21,N/A,0.8513,\n"
    "2026-11-19,1.0801,162.9,N/A,N/A,\n"
    "2026-10-30,1.07,161,N/A,0.85,\n";

class RatesTest : public ::testing::Test {
 protected:
  RatesTest() {
    source.name = "ecb";
    source.rates = config::Rates{"EUR", Direction::per_base};
  }
  // The wide form with every column that is named by a currency.
  config::FieldMapping every_column(const std::string& before = "") const {
    config::FieldMapping mapping;
    mapping.bucket_field = "Date";
    mapping.may_lack_metrics = true;
    for (const std::string& code : config::currencies()) {
      if (code != source.rates->base) mapping.metrics.push_back(field(code, before + code));
    }
    return mapping;
  }
  config::FieldMapping one_column() const {
    config::FieldMapping mapping;
    mapping.bucket_field = "Date";
    mapping.dimensions = {{0, "Currency"}};
    mapping.metrics = {field("rate@" + source.rates->base, "Rate")};
    return mapping;
  }
  config::MetricField field(std::string metric_name, std::string name) const {
    config::MetricField mapped = metric(std::move(metric_name), std::move(name));
    mapped.inverse = source.rates->direction == Direction::per_currency;
    return mapped;
  }
  std::vector<std::string> csv(const config::FieldMapping& mapping, std::string text) {
    config::CsvSource kind;
    kind.url = "https://bank.example.com/rates.csv";
    kind.mapping = mapping;
    source.kind = kind;
    collecting.transfer.will_answer(200, std::move(text));
    return collecting.figures(source);
  }
  std::vector<std::string> json(const config::FieldMapping& mapping, std::string text) {
    config::HttpSource kind;
    kind.request.url = "https://bank.example.com/latest";
    kind.mapping = mapping;
    source.kind = kind;
    collecting.transfer.will_answer(200, std::move(text), {{"content-type", "application/json"}});
    return collecting.figures(source);
  }

  config::Source source;
  Collecting collecting;
};

TEST_F(RatesTest, TheHistoryOfTheEuropeanCentralBankIsReadUnchanged) {
  EXPECT_THAT(csv(every_column(), kHistory),
              ElementsAre("GBP 2026-11-20 rate@EUR 0.8513", "JPY 2026-11-20 rate@EUR 163.21",
                          "USD 2026-11-20 rate@EUR 1.0842", "GBP 2026-11-19 rate@EUR missing",
                          "JPY 2026-11-19 rate@EUR 162.9", "USD 2026-11-19 rate@EUR 1.0801"));
}

TEST_F(RatesTest, ColumnsThatAreNamedMustBeThere) {
  config::FieldMapping mapping;
  mapping.bucket_field = "Date";
  mapping.metrics = {field("USD", "USD"), field("GBP", "GBP")};
  EXPECT_THAT(csv(mapping, "Date,USD,GBP\n2026-11-20,1.08,0.85\n"),
              ElementsAre("USD 2026-11-20 rate@EUR 1.08", "GBP 2026-11-20 rate@EUR 0.85"));
  EXPECT_THAT(csv(mapping, "Date,USD\n2026-11-20,1.08\n"),
              ElementsAre("error bad_data: line 1: no column \"GBP\"; the header has \"Date\", \"USD\""));
}

TEST_F(RatesTest, ARowForEachCurrencyAndTheLaterOneOfADayHolds) {
  EXPECT_THAT(csv(one_column(),
                  "Date,Currency,Rate\n2026-11-20,USD,1.08\n2026-11-20,XDR,0.8\n2026-11-20,EUR,1\n"
                  "2026-11-20,GBP,0.85\n2026-11-20,USD,1.09\n"),
              ElementsAre("USD 2026-11-20 rate@EUR 1.09", "GBP 2026-11-20 rate@EUR 0.85"));
}

TEST_F(RatesTest, OfSeveralHoursTheLatestStandsForTheDay) {
  auto mapping = one_column();
  mapping.date_format = "%Y-%m-%d %H";
  EXPECT_THAT(
      csv(mapping,
          "Date,Currency,Rate\n2026-11-20 16,USD,1.09\n2026-11-20 09,USD,1.08\n2026-11-21 09,USD,1.1\n"),
      ElementsAre("USD 2026-11-20 rate@EUR 1.09", "USD 2026-11-21 rate@EUR 1.1"));
}

TEST_F(RatesTest, PerCurrencyIsTurnedRoundBeforeItIsRounded) {
  source.rates = config::Rates{"EUR", Direction::per_currency};
  // 0.0061270 would be 163.212013 if it were rounded to six decimals first.
  EXPECT_THAT(csv(one_column(),
                  "Date,Currency,Rate\n2026-11-20,JPY,0.00612708\n2026-11-20,USD,0.92\n2026-11-20,KWD,3\n"),
              ElementsAre("JPY 2026-11-20 rate@EUR 163.209881", "USD 2026-11-20 rate@EUR 1.086957",
                          "KWD 2026-11-20 rate@EUR 0.333333"));
  auto per_amount = one_column();
  per_amount.metrics[0].field.clear();
  per_amount.metrics[0].computed = formula("rate / amount");
  EXPECT_THAT(csv(per_amount, "Date,Currency,rate,amount\n2026-11-20,JPY,16.5,100\n"),
              ElementsAre("JPY 2026-11-20 rate@EUR 6.060606"));
}

TEST_F(RatesTest, AnAnswerWithOneKeyForEachCurrencyIsRead) {
  auto mapping = every_column("/rates/");
  mapping.bucket_field = "/date";
  EXPECT_THAT(
      json(mapping,
           R"({"base":"EUR","date":"2026-11-20","rates":{"USD":1.08,"XAU":0.0004,"GBP":0.85,"EUR":1}})"),
      ElementsAre("GBP 2026-11-20 rate@EUR 0.85", "USD 2026-11-20 rate@EUR 1.08"));
}

TEST_F(RatesTest, WhatCannotBeARateVoidsTheWhole) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"2026-11-20,USD,0\n",
       "error bad_data: the rate of USD on 2026-11-20 is 0: rates are more than 0, and kept to the sixth "
       "decimal"},
      {"2026-11-20,USD,-1.08\n",
       "error bad_data: the rate of USD on 2026-11-20 is -1.08: rates are more than 0, and kept to the sixth "
       "decimal"},
      {"2026-11-20,USD,0.0000004\n",
       "error bad_data: the rate of USD on 2026-11-20 is 0: rates are more than 0, and kept to the sixth "
       "decimal"},
      {"2026-11-20,dollar,1.08\n",
       "error bad_data: no rate is of a currency: \"dollar\" is not an ISO 4217 code"},
      {"2026-11-20,EUR,1\n", "error bad_data: none of 1 records has the rate of a currency"},
      {"2026-11-20,USD,x\n", "error bad_data: line 2, column \"Rate\": \"x\" is not a number"},
  };
  for (const auto& [row, error] : cases)
    EXPECT_THAT(csv(one_column(), std::string("Date,Currency,Rate\n") + row), ElementsAre(error)) << row;
  EXPECT_THAT(csv(one_column(), "Date,Currency,Rate\n2026-10-20,USD,1.08\n"), ElementsAre())
      << "a weekend without rates is no mistake";
  source.rates->direction = Direction::per_currency;
  EXPECT_THAT(csv(one_column(), "Date,Currency,Rate\n2026-11-20,USD,0\n"),
              ElementsAre(HasSubstr("one over Rate is too large")));
}

TEST_F(RatesTest, APushNamesCurrenciesWhereFiguresNameMetrics) {
  const rules::Calendar utc = calendar_of("UTC");
  const rules::Dimensions none{.names = {}};
  const auto pushed = [&](std::string_view body) -> std::vector<std::string> {
    const auto parsed = parse_push(body, utc, {&none, nullptr, &*source.rates}, "", kNow);
    if (const auto* error = std::get_if<PushError>(&parsed)) return {"error: " + error->text};
    const auto& batch = std::get<PushedBatch>(parsed).batch;
    EXPECT_EQ(batch.source, "ecb");
    EXPECT_EQ(batch.learnt, kNow);
    return lines(batch, utc);
  };
  const auto row = [&](std::string_view text) {
    return pushed(R"({"source":"ecb","observations":[)" + std::string(text) + "]}");
  };
  EXPECT_THAT(row(R"({"bucket":"2026-11-20","metrics":{"USD":1.08,"GBP":null}})"),
              ElementsAre("USD 2026-11-20 rate@EUR 1.08", "GBP 2026-11-20 rate@EUR missing"));
  EXPECT_THAT(
      row(R"({"bucket":"2026-11-20","metrics":{"spend":1.08}})"),
      ElementsAre("error: observations[0].metrics.spend: not a currency; write ISO 4217 codes, such as USD"));
  EXPECT_THAT(row(R"({"bucket":"2026-11-20","channel":"x","metrics":{"USD":1.08}})"),
              ElementsAre(HasSubstr("unknown key \"channel\"")));
  EXPECT_THAT(
      row(R"({"bucket":"2026-11-20","currency":"USD","metrics":{"USD":1.08}})"),
      ElementsAre("error: observations[0].currency: rates have none: their metrics are currencies, such as "
                  "{\"USD\": 1.08}"));
  EXPECT_THAT(row(R"({"bucket":"2026-11-20","metrics":{"USD":0}})"),
              ElementsAre(HasSubstr("the rate of USD on 2026-11-20 is 0")));
  source.rates->direction = Direction::per_currency;
  EXPECT_THAT(row(R"({"bucket":"2026-11-20","metrics":{"JPY":0.00612708}})"),
              ElementsAre("JPY 2026-11-20 rate@EUR 163.209881"));
}

TEST_F(RatesTest, AsJsonTheyBelongToNoEntity) {
  rules::BatchBuilder builder("ecb", kNow);
  builder.add(builder.entity({{"USD"}}), builder.metric("rate@EUR"), {day("2026-11-20")},
              rules::Amount::from_micros(1'084'200));
  const auto batch = std::move(builder).take();
  EXPECT_EQ(
      observation_json("", batch, batch.rows[0], calendar_of("UTC"), rules::Strategy()),
      R"({"source":"ecb","bucket":"2026-11-20","metric":"rate","base":"EUR","currency":"USD","value":1.0842})");
  EXPECT_EQ(
      observation_json("acme", batch, batch.rows[0], calendar_of("UTC"), rules::Strategy()),
      R"({"client":"acme","source":"ecb","bucket":"2026-11-20","metric":"rate","base":"EUR","currency":"USD","value":1.0842})");
}

}  // namespace
}  // namespace tightrope::collectors
