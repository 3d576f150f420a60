#include "config/sql_template.h"

#include <gtest/gtest.h>

namespace tightrope::config {
namespace {

// "SELECT <from> AND <to:%Y>", or the error.
std::string parted(std::string_view query, Database database = Database::postgresql) {
  const auto parsed = parse_sql_template(query, database);
  if (const auto* error = std::get_if<SqlTemplateError>(&parsed))
    return std::to_string(error->offset) + ": " + error->problem + "; " + error->hint;
  const auto& pieces = std::get<SqlTemplate>(parsed);
  EXPECT_EQ(pieces.texts.size(), pieces.parameters.size() + 1);
  std::string text = pieces.texts[0];
  for (std::size_t i = 0; i < pieces.parameters.size(); ++i) {
    const SqlParameter& parameter = pieces.parameters[i];
    text += "<" + parameter.name + (parameter.format.empty() ? "" : ":" + parameter.format) + ">" +
            pieces.texts[i + 1];
  }
  return text;
}

TEST(SqlTemplateTest, PartsAreTakenOutWhereverTheyStand) {
  EXPECT_EQ(parted("SELECT 1"), "SELECT 1");
  EXPECT_EQ(parted("{from}"), "<from>");
  EXPECT_EQ(parted("day BETWEEN {from} AND {to:%Y%m%d} AND at < {now}"),
            "day BETWEEN <from> AND <to:%Y%m%d> AND at < <now>");
  EXPECT_EQ(parted("{from}::date+{to:unix}"), "<from>::date+<to:unix>");
}

TEST(SqlTemplateTest, OtherBracesAreTheQuerysOwn) {
  EXPECT_EQ(parted("SELECT '{1,2}'::int[], '{\"a\": {}}', {d '2026-11-20'}"),
            "SELECT '{1,2}'::int[], '{\"a\": {}}', {d '2026-11-20'}");
  EXPECT_EQ(parted("a } b { c"), "a } b { c");
}

TEST(SqlTemplateTest, QuotesAreThoseOfTheDatabase) {
  EXPECT_EQ(parted("SELECT 'it''s', {from}"), "SELECT 'it''s', <from>");
  EXPECT_EQ(parted("SELECT 'a\\', {from}"), "SELECT 'a\\', <from>");
  EXPECT_EQ(
      parted("SELECT 'a\\', {from}'", Database::mariadb),
      "13: {from} in quotes would be text; write {from} without quotes: it is sent apart from the query");
  EXPECT_EQ(parted("SELECT E'a\\'', {from}"), "SELECT E'a\\'', <from>");
  EXPECT_EQ(parted("SELECT $$ it's $$, {from}, $x$ ' $x$, $1"), "SELECT $$ it's $$, <from>, $x$ ' $x$, $1");
  EXPECT_EQ(parted("SELECT `a'`, {from}", Database::mariadb), "SELECT `a'`, <from>");
  EXPECT_EQ(parted("SELECT [a'], {from}", Database::sqlite), "SELECT [a'], <from>");
  EXPECT_EQ(parted("SELECT a[1], {from}"), "SELECT a[1], <from>");
  EXPECT_EQ(parted("SELECT 'never closed {x"), "SELECT 'never closed {x");
}

TEST(SqlTemplateTest, InQuotesAParameterIsAnError) {
  EXPECT_EQ(
      parted("day >= '{from}'"),
      "8: {from} in quotes would be text; write {from} without quotes: it is sent apart from the query");
  EXPECT_EQ(
      parted("day >= date \"{to:%Y}\""),
      "13: {to:%Y} in quotes would be text; write {to:%Y} without quotes: it is sent apart from the query");
}

TEST(SqlTemplateTest, CommentsStayAsTheyAre) {
  EXPECT_EQ(parted("a -- {from} it's\n{to}"), "a -- {from} it's\n<to>");
  EXPECT_EQ(parted("a /* {from} ' */ {to}"), "a /* {from} ' */ <to>");
  EXPECT_EQ(parted("a /* /* */ {from} */ {to}"), "a /* /* */ {from} */ <to>");
  EXPECT_EQ(parted("a /* /* */ {from}", Database::mariadb), "a /* /* */ <from>");
  EXPECT_EQ(parted("5--{from}", Database::mariadb), "5--<from>");
  EXPECT_EQ(parted("5--{from}"), "5--{from}");
  EXPECT_EQ(parted("a # {from}\n{to}", Database::mariadb), "a # {from}\n<to>");
  EXPECT_EQ(parted("a # {from}"), "a # <from>");  // an operator there
}

TEST(SqlTemplateTest, UnknownNamesAreErrorsWithTheNearest) {
  EXPECT_EQ(parted("day >= {form}"), "8: unknown name {form}; did you mean {from}?");
  EXPECT_EQ(
      parted("day >= {campaign}"),
      "8: unknown name {campaign}; {from} and {to} are the window's first and last day, {now} is the time");
}

TEST(SqlTemplateTest, OnlyFromAsksForDays) {
  const auto asks = [](std::string_view query) {
    return std::get<SqlTemplate>(parse_sql_template(query, Database::sqlite)).asks_for_days();
  };
  EXPECT_TRUE(asks("{from:%Y%m%d}"));
  EXPECT_FALSE(asks("{to} {now}"));
  EXPECT_FALSE(asks("-- {from}"));
}

}  // namespace
}  // namespace tightrope::config
