// SQLite for real: files that the test writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT '2026-11-20' AS date, 'brand' AS campaign, max(i) AS spend, 1 AS clicks FROM n";

class SqliteTest : public ::testing::Test {
 protected:
  void execute(const char* statements) {
    sqlite3* database = nullptr;
    sqlite3_open((folder_.path() + "/shop.db").c_str(), &database);
    char* problem = nullptr;
    const int code = sqlite3_exec(database, statements, nullptr, nullptr, &problem);
    EXPECT_EQ(code, SQLITE_OK) << (problem == nullptr ? "" : problem);
    sqlite3_free(problem);
    sqlite3_close(database);
  }
  void fill() {
    execute(
        "CREATE TABLE ads (date TEXT, campaign TEXT, spend NUMERIC, clicks INTEGER);"
        "INSERT INTO ads VALUES ('2026-11-20', 'brand', 0.1, 90071992547), ('2026-11-21', 'brand', '12.50', "
        "NULL),"
        "('2026-12-20', 'brand', 1, 1)");
  }

  config::Source source(const std::string& query) {
    config::SqlSource sql;
    sql.database = config::Database::sqlite;
    sql.path = "shop.db";
    sql.query = query;
    sql.mapping = plain_mapping();
    sql.mapping.date_format = "";
    config::Source made;
    made.name = "file";
    made.connector = "sql";
    made.file_dir = folder_.path();
    made.kind = sql;
    return made;
  }
  std::string only(const config::Source& asked) {
    const auto figures = collecting_.figures(asked);
    return figures.size() == 1 ? figures[0] : std::to_string(figures.size()) + " figures";
  }

  TemporaryFolder folder_;
  Collecting collecting_;
  rules::Dimensions dimensions_;
};

TEST_F(SqliteTest, FiguresOfTheWindowAreReadExactly) {
  fill();
  const CollectResult result =
      collecting_.collect(source("SELECT * FROM ads WHERE date BETWEEN {from} AND {to} ORDER BY date"));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_THAT(lines(result->batch, collecting_.calendar),
              ElementsAre("/brand 2026-11-20 spend 0.1", "/brand 2026-11-20 clicks 90071992547",
                          "/brand 2026-11-21 spend 12.5", "/brand 2026-11-21 clicks missing"));
  EXPECT_EQ(result->complete, collecting_.asked);
  EXPECT_EQ(result->newest, day("2026-11-21"));
  EXPECT_EQ(result->rows_read, 2u);
}

TEST_F(SqliteTest, WithoutTheWindowItIsCompleteForItsOwnDays) {
  fill();
  const CollectResult result = collecting_.collect(source("SELECT * FROM ads"));
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->complete, days("2026-11-20", "2026-11-21"));
  EXPECT_EQ(result->rows_outside, 1u);
}

TEST_F(SqliteTest, SecondsAreComparedAsNumbers) {
  execute(
      "CREATE TABLE ads (at INTEGER, campaign TEXT, spend NUMERIC, clicks INTEGER);"
      "INSERT INTO ads VALUES (1795168800, 'brand', 2, 1), (1798761600, 'brand', 3, 1)");
  config::Source asked = source(
      "SELECT at + 0 AS date, campaign, spend, clicks FROM ads WHERE at + 0 BETWEEN {from:unix} AND "
      "{to:unix}");
  std::get<config::SqlSource>(asked.kind).mapping.date_format = "unix";
  EXPECT_THAT(collecting_.figures(asked),
              ElementsAre("/brand 2026-11-20T10 spend 2", "/brand 2026-11-20T10 clicks 1"));
}

TEST_F(SqliteTest, ManyRowsComeInSeveralGoes) {
  execute(
      "CREATE TABLE ads AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12345) "
      "SELECT '2026-11-20' AS date, 'brand' AS campaign, 1 AS spend, i AS clicks FROM n");
  EXPECT_THAT(collecting_.figures(source("SELECT * FROM ads")),
              ElementsAre("/brand 2026-11-20 spend 12345", "/brand 2026-11-20 clicks 76205685"));
}

TEST_F(SqliteTest, NothingCanBeWrittenNorOtherFilesBeRead) {
  fill();
  for (const char* query : {"DELETE FROM ads RETURNING *", "INSERT INTO ads VALUES (1, 2, 3, 4) RETURNING *",
                            "DROP TABLE ads", "ATTACH 'other.db' AS other", "PRAGMA journal_mode = WAL",
                            "SELECT load_extension('x') AS date, 1 AS campaign, 1 AS spend, 1 AS clicks"}) {
    EXPECT_THAT(only(source(query)), StartsWith("error rejected: shop.db: ")) << query;
  }
  EXPECT_EQ(collecting_.figures(source("SELECT * FROM ads WHERE date BETWEEN {from} AND {to}")).size(), 4u);
}

TEST_F(SqliteTest, WhatIsWrongWithTheQueryIsTold) {
  fill();
  EXPECT_EQ(only(source("SELECT profit FROM ads")), "error rejected: shop.db: no such column: profit");
  EXPECT_EQ(only(source("SELEKT")), "error rejected: shop.db: near \"SELEKT\": syntax error");
  EXPECT_EQ(only(source("SELECT * FROM ads; SELECT 1")),
            "error rejected: shop.db: the query is more than one statement");
  EXPECT_EQ(only(source("SELECT * FROM ads WHERE date = ?")),
            "error rejected: shop.db: the query has a parameter of its own; write {from}, {to} or {now}");
  EXPECT_EQ(only(source("SELECT 1 AS clicks")),
            "error bad_data: shop.db: the result has no column \"date\"; it has \"clicks\"");
  EXPECT_EQ(only(source("SELECT date, campaign, spend, x'00ff' AS clicks FROM ads")),
            "error bad_data: shop.db: row 1, column \"clicks\": binary data");
}

TEST_F(SqliteTest, AFileThatIsNoneIsAnError) {
  EXPECT_EQ(only(source("SELECT 1")), "error temporary: shop.db: No such file or directory");
  folder_.write("shop.db", std::string(5000, 'x'));
  EXPECT_EQ(only(source("SELECT * FROM ads")), "error bad_data: shop.db: file is not a database");
}

TEST_F(SqliteTest, AnEndlessQueryEndsAtTheDeadline) {
  fill();
  config::Source asked = source(kEndless);
  asked.deadline = 100ms;
  EXPECT_EQ(only(asked), "error temporary: shop.db: no complete answer in time: interrupted");
}

TEST_F(SqliteTest, ALockedFileIsWaitedForAndThenAnError) {
  fill();
  sqlite3* other = nullptr;
  sqlite3_open((folder_.path() + "/shop.db").c_str(), &other);
  sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
  config::Source asked = source("SELECT * FROM ads");
  asked.deadline = 100ms;
  EXPECT_EQ(only(asked), "error temporary: shop.db: no complete answer in time: database is locked");
  sqlite3_close(other);
}

TEST_F(SqliteTest, AnEndlessQueryEndsWhenItIsCancelledAndOthersGoOnMeanwhile) {
  fill();
  const auto collector =
      make_collector(source(kEndless), {collecting_.transfer, collecting_.calendar, dimensions_});
  asio::cancellation_signal signal;
  std::exception_ptr thrown;
  asio::co_spawn(
      collecting_.io, collector->collect({collecting_.asked, kNow}),
      asio::bind_cancellation_slot(
          signal.slot(), [&](std::exception_ptr failure, const CollectResult&) { thrown = failure; }));
  asio::steady_timer timer(collecting_.io, 50ms);
  timer.async_wait([&](const boost::system::error_code&) { signal.emit(asio::cancellation_type::terminal); });
  collecting_.io.run();
  ASSERT_TRUE(thrown);
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::operation_aborted);
  }
}

TEST_F(SqliteTest, TheResultIsBounded) {
  fill();
  config::Source asked = source("SELECT date, hex(zeroblob(100000)) AS campaign, spend, clicks FROM ads");
  asked.most_bytes = 5000;
  EXPECT_THAT(only(asked), StartsWith("error bad_data: shop.db: "));
}

}  // namespace
}  // namespace tightrope::collectors
