// The connector sql against PostgreSQL and MariaDB as Debian has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <thread>

#include "collectors/sql_query.h"
#include "tests/collectors/collecting.h"
#include "tests/integration/database_servers.h"

namespace tightrope::collectors {
namespace {

using namespace std::chrono_literals;
using config::Database;
using testing::DatabaseServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::Tls;

constexpr auto kPatience = 60s;

config::SqlSource& sql_of(config::Source& source) {
  return std::get<config::SqlSource>(source.kind);
}

class SqlServersTest : public ::testing::TestWithParam<Database> {
 public:
  static void TearDownTestSuite() { servers().clear(); }

 protected:
  void SetUp() override {
    const std::string why = testing::missing(GetParam());
    if (!why.empty()) GTEST_SKIP() << why;
  }

  // One for all tests of a database.
  DatabaseServer& server(Tls tls = Tls::offered) {
    auto& kept = servers()[{GetParam(), tls}];
    if (!kept) kept = testing::make_server(GetParam(), tls);
    return *kept;
  }
  bool is_postgresql() const { return GetParam() == Database::postgresql; }
  // The database's own way to say it.
  std::string either(const std::string& postgresql, const std::string& mariadb) const {
    return is_postgresql() ? postgresql : mariadb;
  }
  void execute(const std::string& statement) { server().execute(statement); }

  config::Source source(const std::string& query) {
    config::Source made = server().source(query);
    mapped(made);
    return made;
  }
  static void mapped(config::Source& made) {
    auto& mapping = sql_of(made).mapping;
    mapping.bucket_field = "day";
    mapping.dimensions = {{1, "campaign"}};
    mapping.metrics = {metric("spend", "spend")};
    mapping.date_format = "";
  }
  std::string error_of(const config::Source& asked) {
    const CollectResult result = collecting_.collect(asked);
    if (result) return "no error";
    return std::string(to_string(result.error().kind)) + ": " + result.error().text;
  }
  // Waits until the server executes so many statements of the reader's.
  bool comes_to(int statements) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (server().statements_of_reader() != statements) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }

  Collecting collecting_;
  rules::Dimensions dimensions_;

 private:
  using Servers = std::map<std::pair<Database, Tls>, std::unique_ptr<DatabaseServer>>;
  static Servers& servers() {
    static Servers kept;
    return kept;
  }
};

TEST_P(SqlServersTest, FiguresAreExactAndNullIsMissing) {
  const std::string query =
      "SELECT date '2026-11-20' AS day, 'brand' AS campaign, cast('98765432101.234567' AS decimal(30, 6)) AS "
      "spend, "
      "cast('0.1' AS decimal(20, 10)) AS fee, cast(90071992547 AS " +
      either("bigint", "integer") + ") AS clicks, cast(0.1 AS " + either("double precision", "double") +
      ") AS price UNION ALL SELECT date '2026-11-21', 'brand', NULL, 0.2, NULL, NULL";
  config::Source asked = source(query);
  sql_of(asked).mapping.metrics = {metric("spend", "spend"), metric("fee", "fee"), metric("clicks", "clicks"),
                                   metric("price", "price")};
  EXPECT_THAT(collecting_.figures(asked),
              ElementsAre("/brand 2026-11-20 spend 98765432101.234567", "/brand 2026-11-20 fee 0.1",
                          "/brand 2026-11-20 clicks 90071992547", "/brand 2026-11-20 price 0.1",
                          "/brand 2026-11-21 spend missing", "/brand 2026-11-21 fee 0.2",
                          "/brand 2026-11-21 clicks missing", "/brand 2026-11-21 price missing"));
}

TEST_P(SqlServersTest, TheWindowIsSentApartAndIsWhatTheAnswerIsCompleteFor) {
  config::Source asked = source(
      "SELECT day, campaign, spend FROM (SELECT date '2026-11-20' AS day, 'it''s {1}' AS campaign, 1 AS "
      "spend UNION ALL "
      "SELECT date '2026-10-31', 'before', 2 UNION ALL SELECT date '2026-12-01', 'after', 3) AS ads "
      "WHERE day BETWEEN {from} AND {to} AND day <= {now} -- {from}");
  const CollectResult result = collecting_.collect(asked);
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_THAT(lines(result->batch, collecting_.calendar), ElementsAre("/it's {1} 2026-11-20 spend 1"));
  EXPECT_EQ(result->complete, collecting_.asked);
  EXPECT_EQ(result->rows_read, 1u);
  EXPECT_EQ(result->rows_outside, 0u);
}

TEST_P(SqlServersTest, DaysAndHoursAreThoseOfTheSourcesZone) {
  collecting_.calendar = calendar_of("Europe/Berlin");
  collecting_.asked = days("2026-10-01", "2026-11-30");
  execute(either("DROP TABLE IF EXISTS hits; CREATE TABLE hits (at timestamptz, spend numeric)",
                 "CREATE OR REPLACE TABLE shop.hits (at timestamp NULL, spend decimal(20, 6))"));
  // The clocks go back at 01:00 UTC: Berlin has 02:30 twice. And 23:30 UTC is the next day there.
  execute(either(
      "SET timezone = 'UTC'; INSERT INTO hits VALUES ('2026-10-25 00:30:00.25', 1), ('2026-10-25 01:30', 2), "
      "('2026-11-19 23:30', 4); GRANT SELECT ON hits TO reader",
      "SET STATEMENT time_zone = '+00:00' FOR INSERT INTO shop.hits VALUES ('2026-10-25 00:30:00', 1), "
      "('2026-10-25 01:30', 2), ('2026-11-19 23:30', 4)"));
  config::Source asked = source("SELECT at AS day, 'brand' AS campaign, spend FROM hits");
  if (!is_postgresql()) {
    // Debian's MariaDB knows no zone by name until somebody tells it.
    EXPECT_THAT(error_of(asked), HasSubstr("session_offset"));
    EXPECT_THAT(error_of(asked), StartsWith("rejected: "));
    sql_of(asked).session_offset = "+00:00";
  } else {
    config::Source by_day = source(
        "SELECT at::date AS day, 'brand' AS campaign, sum(spend) AS spend FROM hits GROUP BY 1 ORDER BY 1");
    EXPECT_THAT(collecting_.figures(by_day),
                ElementsAre("/brand 2026-10-25 spend 3", "/brand 2026-11-20 spend 4"));
  }
  EXPECT_THAT(collecting_.figures(asked),
              ElementsAre("/brand 2026-10-25T02+02:00 spend 1", "/brand 2026-10-25T02+01:00 spend 2",
                          "/brand 2026-11-20T00 spend 4"));
}

TEST_P(SqlServersTest, TimesWithoutZoneAreTheSourcesOwnHours) {
  collecting_.calendar = calendar_of("Europe/Berlin");
  config::Source asked =
      source("SELECT cast('2026-11-20 08:30:15.5' AS " + either("timestamp", "datetime(3)") +
             ") AS day, 'brand' AS campaign, 1 AS spend");
  if (!is_postgresql()) sql_of(asked).session_offset = "+00:00";
  EXPECT_THAT(collecting_.figures(asked), ElementsAre("/brand 2026-11-20T08 spend 1"));
}

TEST_P(SqlServersTest, LongTextsArriveWhole) {
  config::Source asked = source(
      "SELECT date '2026-11-20' AS day, repeat('x', 1000) AS campaign, 1 AS spend UNION ALL "
      "SELECT date '2026-11-20', 'short', 2 UNION ALL SELECT date '2026-11-20', repeat('y', 300), 3");
  EXPECT_THAT(collecting_.figures(asked),
              ElementsAre("/" + std::string(1000, 'x') + " 2026-11-20 spend 1", "/short 2026-11-20 spend 2",
                          "/" + std::string(300, 'y') + " 2026-11-20 spend 3"));
}

TEST_P(SqlServersTest, AWrongPasswordIsForSomebodyToMendAndIsNotShown) {
  config::Source asked = source("SELECT 1");
  sql_of(asked).password = config::Secret("pa55-that-is-wrong");
  const std::string error = error_of(asked);
  EXPECT_THAT(error, StartsWith("unauthorized: 127.0.0.1:"));
  EXPECT_THAT(error, HasSubstr("reader"));
  EXPECT_THAT(error, Not(HasSubstr("pa55")));
}

TEST_P(SqlServersTest, WhatIsWrongWithTheQueryIsTold) {
  EXPECT_THAT(
      error_of(source("SELECT date '2026-11-20' AS day, campain, 1 AS spend FROM (SELECT 1 AS campaign) a")),
      ::testing::AllOf(StartsWith("rejected: "), HasSubstr("campain")));
  EXPECT_THAT(error_of(source("SELECT FROM WHERE")),
              ::testing::AllOf(StartsWith("rejected: "), HasSubstr("syntax")));
  EXPECT_THAT(error_of(source(either("SELECT $1", "SELECT ?"))), StartsWith("rejected: "));
  EXPECT_THAT(error_of(source("SELECT 1; SELECT 2")), StartsWith("rejected: "));
  EXPECT_THAT(error_of(source("SET " + either("search_path = public", "@x = 1"))), HasSubstr("no SELECT"));
}

TEST_P(SqlServersTest, AColumnThatTheResultLacksIsToldWithTheNearest) {
  EXPECT_THAT(
      error_of(source("SELECT date '2026-11-20' AS day, 'brand' AS campain, 1 AS spend")),
      HasSubstr(
          "the result has no column \"campaign\"; did you mean \"campain\"?; it has \"day\", \"campain\", "
          "\"spend\""));
}

TEST_P(SqlServersTest, NothingCanBeWritten) {
  execute(either("DROP TABLE IF EXISTS notes; CREATE TABLE notes (day date); GRANT ALL ON notes TO reader",
                 "CREATE OR REPLACE TABLE shop.notes (day date)"));
  EXPECT_THAT(error_of(source(
                  "INSERT INTO notes VALUES ('2026-11-20') RETURNING day, 'brand' AS campaign, 1 AS spend")),
              ::testing::AllOf(StartsWith("rejected: "), HasSubstr(either("read-only", "READ ONLY"))));
  EXPECT_THAT(error_of(source(either("DROP TABLE notes", "DROP TABLE shop.notes"))),
              StartsWith("rejected: "));
  EXPECT_THAT(error_of(source("SELECT day, 'brand' AS campaign, 1 AS spend FROM notes")), "no error");
}

TEST_P(SqlServersTest, ASlowQueryIsEndedOnTheServerAtTheDeadline) {
  config::Source asked = source(server().sleeping(600));
  asked.deadline = 1s;
  EXPECT_THAT(error_of(asked),
              ::testing::AllOf(StartsWith("temporary: "), HasSubstr("no complete answer in time")));
  EXPECT_TRUE(comes_to(0));
}

TEST_P(SqlServersTest, ACancelledQueryIsEndedOnTheServer) {
  const auto collector = make_collector(source(server().sleeping(600)),
                                        {collecting_.transfer, collecting_.calendar, dimensions_});
  asio::cancellation_signal signal;
  std::exception_ptr thrown;
  asio::co_spawn(
      collecting_.io, collector->collect({collecting_.asked, kNow}),
      asio::bind_cancellation_slot(
          signal.slot(), [&](std::exception_ptr failure, const CollectResult&) { thrown = failure; }));
  asio::steady_timer timer(collecting_.io);
  const std::function<void()> look = [&] {
    timer.expires_after(20ms);
    timer.async_wait([&](const boost::system::error_code&) {
      if (server().statements_of_reader() == 1) {
        signal.emit(asio::cancellation_type::terminal);
      } else {
        look();
      }
    });
  };
  look();
  collecting_.io.run_for(kPatience);
  ASSERT_TRUE(thrown);
  EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
  EXPECT_TRUE(comes_to(0));
}

TEST_P(SqlServersTest, OthersGoOnMeanwhile) {
  const auto collector =
      make_collector(source(server().sleeping(1)), {collecting_.transfer, collecting_.calendar, dimensions_});
  int ticks = 0;
  bool ended = false;
  asio::steady_timer timer(collecting_.io);
  const std::function<void()> tick = [&] {
    timer.expires_after(1ms);
    timer.async_wait([&](const boost::system::error_code&) {
      ++ticks;
      if (!ended) tick();
    });
  };
  tick();
  asio::co_spawn(collecting_.io, collector->collect({collecting_.asked, kNow}),
                 [&](std::exception_ptr, const CollectResult&) { ended = true; });
  collecting_.io.run();
  EXPECT_GT(ticks, 20);  // a thread that waits for the server has none
}

// Kills the server in the middle of a long result.
class KillingRows final : public SqlRows {
 public:
  explicit KillingRows(DatabaseServer& server) : server_(server) {}
  std::optional<CollectError> columns(std::vector<SqlColumn>) override { return std::nullopt; }
  std::optional<CollectError> row(std::span<const FieldValue>) override {
    if (++count_ == 1000) server_.kill();
    return std::nullopt;
  }
  int count() const { return count_; }

 private:
  DatabaseServer& server_;
  int count_ = 0;
};

TEST_P(SqlServersTest, AServerThatDiesInTheMiddleOfAResultIsAnError) {
  config::Source asked = source("");
  SqlQuery query;
  query.texts = {
      "SELECT date '2026-11-20' AS day, 'brand' AS campaign, i AS spend FROM " +
      either("generate_series(1, 5000000) AS i", "(SELECT seq AS i FROM seq_1_to_5000000) AS numbers")};
  query.timezone = "UTC";
  query.most_bytes = 1 << 30;
  query.allow_private_addresses = true;
  query.until = std::chrono::steady_clock::now() + kPatience;
  KillingRows rows(server());
  const auto& sql = std::get<config::SqlSource>(asked.kind);
  const auto failed = run(
      collecting_.io, is_postgresql() ? query_postgresql(sql, query, rows) : query_mariadb(sql, query, rows));
  server().start();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->kind, FailureKind::temporary) << failed->text;
  EXPECT_GE(rows.count(), 1000);
  EXPECT_LT(rows.count(), 5'000'000);
}

TEST_P(SqlServersTest, AnAnswerThatIsTooLargeIsRefused) {
  config::Source asked =
      source("SELECT date '2026-11-20' AS day, repeat('x', 100000) AS campaign, 1 AS spend");
  asked.most_bytes = 90'000;
  EXPECT_THAT(error_of(asked), StartsWith("bad_data: "));
  config::Source longer =
      source("SELECT date '2026-11-20' AS day, repeat('x', 3000000) AS campaign, 1 AS spend");
  longer.most_bytes = 90'000;
  // Which of the two depends on how much of the row is there when somebody looks.
  EXPECT_THAT(error_of(longer),
              ::testing::AnyOf(HasSubstr("a row is larger than"), HasSubstr("the result is larger than")));
}

TEST_P(SqlServersTest, PrivateAddressesAreRefusedUnlessAllowed) {
  config::Source asked = source("SELECT 1");
  asked.allow_private_addresses = false;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    sql_of(asked).host = host;
    sql_of(asked).tls = config::DatabaseTls::verify_full;
    EXPECT_THAT(error_of(asked),
                ::testing::AllOf(StartsWith("rejected: "), HasSubstr("allow_private_addresses")));
  }
}

TEST_P(SqlServersTest, WithoutTlsNothingGoesToAPublicAddress) {
  config::Source asked = source("SELECT 1");
  sql_of(asked).host = "1.1.1.1";
  EXPECT_THAT(error_of(asked),
              ::testing::AllOf(StartsWith("rejected: "), HasSubstr("nothing goes there without TLS")));
}

TEST_P(SqlServersTest, ASocketInTheFileSystemWillDo) {
  config::Source asked = source("SELECT date '2026-11-20' AS day, 'brand' AS campaign, 1 AS spend");
  sql_of(asked).host = server().socket();
  asked.allow_private_addresses = false;
  EXPECT_THAT(collecting_.figures(asked), ElementsAre("/brand 2026-11-20 spend 1"));
}

TEST_P(SqlServersTest, TlsChecksWhoAnswersUnlessToldNotTo) {
  config::Source asked = source("SELECT date '2026-11-20' AS day, 'brand' AS campaign, 1 AS spend");
  sql_of(asked).tls = config::DatabaseTls::verify_full;
  sql_of(asked).ca_file = server().certificate();
  sql_of(asked).host = "localhost";
  EXPECT_THAT(collecting_.figures(asked), ElementsAre("/brand 2026-11-20 spend 1"));
  sql_of(asked).host = "127.0.0.1";  // for which the certificate does not speak
  EXPECT_THAT(error_of(asked), ::testing::AllOf(StartsWith("temporary: "), HasSubstr("certificate")));
  sql_of(asked).host = "localhost";
  sql_of(asked).ca_file = "";  // the system does not know who signed it
  EXPECT_THAT(error_of(asked), ::testing::AllOf(StartsWith("temporary: "), HasSubstr("certificate")));
  sql_of(asked).tls = config::DatabaseTls::require;
  EXPECT_THAT(collecting_.figures(asked), ElementsAre("/brand 2026-11-20 spend 1"));
}

TEST_P(SqlServersTest, EncryptedQueriesLetOthersGoOnAndEndInTime) {
  config::Source asked = source(server().sleeping(600));
  sql_of(asked).tls = config::DatabaseTls::require;
  asked.deadline = 2s;
  int ticks = 0;
  bool ended = false;
  asio::steady_timer timer(collecting_.io);
  const std::function<void()> tick = [&] {
    timer.expires_after(1ms);
    timer.async_wait([&](const boost::system::error_code&) {
      ++ticks;
      if (!ended) tick();
    });
  };
  tick();
  const auto collector = make_collector(asked, {collecting_.transfer, collecting_.calendar, dimensions_});
  std::string error;
  asio::co_spawn(collecting_.io, collector->collect({collecting_.asked, kNow}),
                 [&](std::exception_ptr, const CollectResult& result) {
                   if (!result) error = result.error().text;
                   ended = true;
                 });
  collecting_.io.run();
  EXPECT_THAT(error, HasSubstr("no complete answer in time"));
  EXPECT_GT(ticks, 20);
  EXPECT_TRUE(comes_to(0));
}

TEST_P(SqlServersTest, AServerWithoutTlsIsRefusedWhereTlsIsAskedFor) {
  config::Source asked = server(Tls::absent).source("SELECT 1");
  mapped(asked);
  for (const auto tls : {config::DatabaseTls::require, config::DatabaseTls::verify_full}) {
    sql_of(asked).tls = tls;
    EXPECT_THAT(error_of(asked), ::testing::AllOf(StartsWith("temporary: "), HasSubstr("SSL")));
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, SqlServersTest, ::testing::Values(Database::postgresql, Database::mariadb),
                         [](const ::testing::TestParamInfo<Database>& of) {
                           return of.param == Database::postgresql ? "PostgreSQL" : "MariaDB";
                         });

}  // namespace
}  // namespace tightrope::collectors
