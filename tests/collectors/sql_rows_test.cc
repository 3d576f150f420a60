// What becomes of a result, whatever database it came from.
#include "collectors/sql_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using Kind = FieldValue::Kind;
using Time = SqlColumn::Time;

class SqlRowsTest : public ::testing::Test {
 protected:
  SqlRowsTest() { mapping.date_format = ""; }

  // The figures, or the one line "error KIND: TEXT".
  std::vector<std::string> read(std::vector<SqlColumn> columns, std::vector<std::vector<FieldValue>> result) {
    FigureTable table("warehouse", {days("2026-10-01", "2026-11-30"), kNow});
    MappedRows rows(mapping, calendar, most_bytes, table);
    auto failed = rows.columns(std::move(columns));
    for (const auto& row : result) {
      if (!failed) failed = rows.row(row);
    }
    if (failed) return {"error " + std::string(to_string(failed->kind)) + ": " + failed->text};
    return lines(std::move(table).take().batch, calendar);
  }

  config::FieldMapping mapping = plain_mapping();
  rules::Calendar calendar = calendar_of("Europe/Berlin");
  std::uint64_t most_bytes = 1000;
};

const std::vector<SqlColumn> kPlain{
    {"date", Time::day}, {"campaign", Time::none}, {"spend", Time::none}, {"clicks", Time::none}};

FieldValue text(std::string_view value) {
  return {Kind::text, value};
}
FieldValue number(std::string_view value) {
  return {Kind::number, value};
}
const FieldValue kNull{Kind::null, {}};

TEST_F(SqlRowsTest, ARowIsARecordAndNullIsMissing) {
  EXPECT_THAT(read(kPlain, {{text("2026-11-20"), text("brand"), number("12.5"), kNull}}),
              ElementsAre("/brand 2026-11-20 spend 12.5", "/brand 2026-11-20 clicks missing"));
}

TEST_F(SqlRowsTest, ColumnsComeInAnyOrderAndCase) {
  EXPECT_THAT(read({{"CLICKS", Time::none},
                    {"extra", Time::none},
                    {"Date", Time::day},
                    {"Spend", Time::none},
                    {"campaign", Time::none}},
                   {{number("3"), kNull, text("2026-11-20"), number("1"), text("brand")}}),
              ElementsAre("/brand 2026-11-20 spend 1", "/brand 2026-11-20 clicks 3"));
}

TEST_F(SqlRowsTest, TheColumnsTypeSaysWhatADateIs) {
  std::vector<SqlColumn> columns = kPlain;
  mapping.metrics = {metric("spend", "spend")};
  const auto of = [&](Time time, std::string_view value) {
    columns[0].time = time;
    return read(columns, {{text(value), text("brand"), number("1"), kNull}});
  };
  EXPECT_THAT(of(Time::none, "2026-11-20"), ElementsAre("/brand 2026-11-20 spend 1"));
  EXPECT_THAT(of(Time::wall, "2026-11-20 08:30:00"), ElementsAre("/brand 2026-11-20T08 spend 1"));
  EXPECT_THAT(of(Time::instant, "2026-11-19 23:30:00+00:00"), ElementsAre("/brand 2026-11-20T00 spend 1"));
  EXPECT_THAT(of(Time::instant, "2026-10-25 02:30:00+01:00"),
              ElementsAre("/brand 2026-10-25T02+01:00 spend 1"));
  EXPECT_THAT(
      of(Time::day, "infinity"),
      ElementsAre(
          "error bad_data: row 1, column \"date\": \"infinity\" is not a date of the format %Y-%m-%d"));
  mapping.date_format = "%Y-%m-%d 00:00:00";
  EXPECT_THAT(of(Time::wall, "2026-11-20 00:00:00"), ElementsAre("/brand 2026-11-20 spend 1"));
}

TEST_F(SqlRowsTest, NumbersThatAreNoneAreErrors) {
  EXPECT_THAT(read(kPlain, {{text("2026-11-20"), text("brand"), number("1"), number("1")},
                            {text("2026-11-20"), text("brand"), number("NaN"), number("1")}}),
              ElementsAre("error bad_data: row 2, column \"spend\": \"NaN\" is not a number"));
  EXPECT_THAT(read(kPlain, {{text("2026-11-20"), text("brand"), {Kind::nested, "\x01"}, number("1")}}),
              ElementsAre("error bad_data: row 1, column \"spend\": binary data"));
  EXPECT_THAT(read(kPlain, {{text("2026-11-20"), text("brand"), number("007"), number("1e3")}}),
              ElementsAre("/brand 2026-11-20 spend 7", "/brand 2026-11-20 clicks 1000"));
}

TEST_F(SqlRowsTest, ACommaIsForTextsAlone) {
  mapping.decimal_comma = true;
  EXPECT_THAT(read(kPlain, {{text("2026-11-20"), text("brand"), text("1.234,56"), number("1.234")}}),
              ElementsAre("/brand 2026-11-20 spend 1234.56", "/brand 2026-11-20 clicks 1.234"));
}

TEST_F(SqlRowsTest, AMissingColumnIsToldWithTheNearest) {
  EXPECT_THAT(
      read({{"date", Time::day}, {"campain", Time::none}}, {}),
      ElementsAre("error bad_data: the result has no column \"campaign\"; did you mean \"campain\"?; it has "
                  "\"date\", \"campain\""));
}

TEST_F(SqlRowsTest, ANameThatComesTwiceIsAnError) {
  EXPECT_THAT(
      read({{"date", Time::day},
            {"campaign", Time::none},
            {"spend", Time::none},
            {"spend", Time::none},
            {"clicks", Time::none}},
           {}),
      ElementsAre(
          "error bad_data: the result has column \"spend\" more than once; name one of them anew, with as"));
}

TEST_F(SqlRowsTest, TheResultIsBounded) {
  most_bytes = 30;
  EXPECT_THAT(read(kPlain, {{text("2026-11-20"), text("brand"), number("1"), number("1")},
                            {text("2026-11-20"), text("brand"), number("1"), number("1")}}),
              ElementsAre("error bad_data: the result is larger than 30 bytes"));
}

}  // namespace
}  // namespace tightrope::collectors
