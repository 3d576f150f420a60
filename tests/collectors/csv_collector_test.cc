#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class CsvCollectorTest : public ::testing::Test {
 protected:
  CsvCollectorTest() {
    source.name = "sheet";
    csv.url = "https://sheets.example/export?from={from}";
    csv.mapping = plain_mapping();
  }
  // As if the text came from the URL.
  std::vector<std::string> figures(std::string text) {
    collecting.transfer.will_answer(200, std::move(text), {{"content-type", "text/csv"}});
    source.kind = csv;
    return collecting.figures(source);
  }
  std::vector<std::string> figures_of(const std::string& path) {
    csv.url.clear();
    csv.path = path;
    source.kind = csv;
    return collecting.figures(source);
  }
  config::Source source;
  config::CsvSource csv;
  Collecting collecting;
  TemporaryFolder folder;
};

TEST_F(CsvCollectorTest, ReadsATable) {
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-11-20,brand,12.5,3\n2026-11-21,brand,0,0\n"),
              ElementsAre("/brand 2026-11-20 spend 12.5", "/brand 2026-11-20 clicks 3",
                          "/brand 2026-11-21 spend 0", "/brand 2026-11-21 clicks 0"));
  ASSERT_EQ(collecting.transfer.requests().size(), 1u);
  EXPECT_EQ(collecting.transfer.requests()[0].url, "https://sheets.example/export?from=2026-11-01");
}

TEST_F(CsvCollectorTest, ReadsWhatSpreadsheetsMakeOfATable) {
  csv.delimiter = "auto";
  csv.header_row = 3;
  csv.mapping.decimal_comma = true;
  csv.mapping.date_format = "%d.%m.%Y";
  const std::string text =
      "\xef\xbb\xbfKampagnenbericht\r\n\r\n Date ; CAMPAIGN ;Spend;Clicks\r\n"
      "20.11.2026;\"Fair, \"\"Vienna\"\"\r\n2026\";€ 1.200,50;--\r\n21.11.2026; Fair "
      ";\"3.000\";12\r\n;;;\r\n\r\n";
  EXPECT_THAT(figures(text), ElementsAre("/Fair, \"Vienna\"\r\n2026 2026-11-20 spend 1200.5",
                                         "/Fair, \"Vienna\"\r\n2026 2026-11-20 clicks missing",
                                         "/Fair 2026-11-21 spend 3000", "/Fair 2026-11-21 clicks 12"));
}

TEST_F(CsvCollectorTest, ComputesFiguresFromColumns) {
  csv.mapping.date_format = "%d-%m-%Y";
  csv.mapping.dimensions = {{2, "ad"}};
  csv.mapping.constants = {{0, "search"}};
  config::MetricField spend;
  spend.metric = "spend";
  spend.computed = formula("clicked * avg_cost_per_click");
  csv.mapping.metrics = {metric("impressions", "shown"), spend, metric("revenue", "total_revenue")};
  // Not sorted by day, CR LF, a refund, a price of zero, and a price that is not known.
  const std::string text =
      "date,shown,clicked,converted,avg_cost_per_click,total_revenue,ad\r\n"
      "21-11-2026,100,7,1,0.9,-12.5,ad_1\r\n20-11-2026,90,2339,43,0.94,641.62,ad_1\r\n"
      "20-11-2026,0,0,0,0,0,ad_2\r\n21-11-2026,5,1,0,,3,ad_2\r\n";
  EXPECT_THAT(figures(text),
              ElementsAre("search//ad_1 2026-11-21 impressions 100", "search//ad_1 2026-11-21 spend 6.3",
                          "search//ad_1 2026-11-21 revenue -12.5", "search//ad_1 2026-11-20 impressions 90",
                          "search//ad_1 2026-11-20 spend 2198.66", "search//ad_1 2026-11-20 revenue 641.62",
                          "search//ad_2 2026-11-20 impressions 0", "search//ad_2 2026-11-20 spend 0",
                          "search//ad_2 2026-11-20 revenue 0", "search//ad_2 2026-11-21 impressions 5",
                          "search//ad_2 2026-11-21 spend missing", "search//ad_2 2026-11-21 revenue 3"));
}

TEST_F(CsvCollectorTest, ReadsDatesSpreadOverColumns) {
  csv.spread_metric = "spend";
  csv.spread_scale = 0.01;
  csv.mapping.bucket_field = "";
  csv.mapping.metrics.clear();
  csv.mapping.date_format = "%d/%m/%Y";
  EXPECT_THAT(
      figures("Campaign,20/11/2026,note,21/11/2026,01/12/2026\nbrand,1250,x,,5\nshoes,\"1,000\",y,3,5\n"),
      ElementsAre("/brand 2026-11-20 spend 12.5", "/brand 2026-11-21 spend missing",
                  "/shoes 2026-11-20 spend 10", "/shoes 2026-11-21 spend 0.03"));
  EXPECT_THAT(
      figures("campaign,spend\nbrand,1\n"),
      ElementsAre("error bad_data: line 1: no column's name is a date of the format %d/%m/%Y; the header has "
                  "\"campaign\", \"spend\""));
}

TEST_F(CsvCollectorTest, TotalsOfATableWithSpreadDatesAreNoCampaigns) {
  csv.spread_metric = "spend";
  csv.mapping.bucket_field = "";
  csv.mapping.metrics.clear();
  for (const std::string word : {"Total", "total:", "Grand Total", "Gesamt", "SUMME", "Totals", "Suma"}) {
    EXPECT_THAT(figures("campaign,2026-11-20\nbrand,1\nSummer sale,2\nTotal recall,3\n" + word + ",6\n"),
                ElementsAre("/brand 2026-11-20 spend 1", "/Summer sale 2026-11-20 spend 2",
                            "/Total recall 2026-11-20 spend 3"))
        << word;
    EXPECT_THAT(figures("client,campaign,2026-11-20\nacme,brand,1\n" + word + ",,1\nacme," + word + ",1\n"),
                ElementsAre("/brand 2026-11-20 spend 1"))
        << word;
  }
}

TEST_F(CsvCollectorTest, AMistypedDateAmongColumnsOfDatesIsAnError) {
  csv.spread_metric = "spend";
  csv.mapping.bucket_field = "";
  csv.mapping.metrics.clear();
  const auto problem = [&](const std::string& header) { return figures(header + "\n").at(0); };
  EXPECT_EQ(
      problem("campaign,2026-11-30,2026-11-31,2026-12-01"),
      "error bad_data: line 1: column \"2026-11-31\" looks like the dates beside it, and is none of the "
      "format %Y-%m-%d");
  EXPECT_THAT(problem("campaign,2026-13-01,2026-11-02"), HasSubstr("\"2026-13-01\" looks like"));
  csv.mapping.date_format = "%d.%m.%Y";
  EXPECT_THAT(problem("campaign,30.11.2026,31.11.2026"), HasSubstr("\"31.11.2026\" looks like"));
  csv.mapping.date_format = "%d %b %Y";
  EXPECT_THAT(problem("campaign,19 Nov 2026,20 Nvo 2026"), HasSubstr("\"20 Nvo 2026\" looks like"));
  csv.mapping.date_format = "%Y%m%d";
  EXPECT_THAT(problem("campaign,20261130,20261131"), HasSubstr("\"20261131\" looks like"));
}

TEST_F(CsvCollectorTest, OtherColumnsBesideDatesAreLeftAlone) {
  csv.spread_metric = "spend";
  csv.mapping.bucket_field = "";
  csv.mapping.metrics.clear();
  for (const auto& [format, date] : std::vector<std::pair<std::string, std::string>>{
           {"%Y-%m-%d", "2026-11-20"}, {"%d %b %Y", "20 Nov 2026"}, {"%Y%m%d", "20261120"}}) {
    csv.mapping.date_format = format;
    EXPECT_THAT(
        figures("campaign," + date + ",Notes,Q1,2026,2026-11,Total 20 2026,1-2-3,Week 47 2026,,47\na,1" +
                std::string(9, ',') + "\n"),
        ElementsAre("/a 2026-11-20 spend 1"))
        << format;
  }
}

TEST_F(CsvCollectorTest, RowsOfOneFigureInOneDocumentAreAdded) {
  EXPECT_THAT(
      figures(
          "date,campaign,device,spend,clicks\n2026-11-20,brand,phone,0.1,\n2026-11-20,brand,desktop,0.2,-\n"
          "2026-11-20,brand,tablet,,\n"),
      ElementsAre("/brand 2026-11-20 spend 0.3", "/brand 2026-11-20 clicks missing"));
}

TEST_F(CsvCollectorTest, OtherDaysAreLeftOutAndCounted) {
  collecting.asked = days("2026-11-20", "2026-11-20");
  collecting.transfer.will_answer(
      200, "date,campaign,spend,clicks\n2026-11-19,a,1,1\n2026-11-20,a,2,2\n2026-11-21,a,3,\n");
  source.kind = csv;
  const auto result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->rows_read, 3u);
  EXPECT_EQ(result->rows_outside, 2u);
  EXPECT_EQ(result->newest, day("2026-11-20"));
  EXPECT_EQ(result->batch.rows.size(), 2u);
  EXPECT_EQ(result->batch.learnt, kNow);
  EXPECT_EQ(result->batch.source, "sheet");
  EXPECT_EQ(result->requests, 1);
}

TEST_F(CsvCollectorTest, HoursGoToHourlyBuckets) {
  csv.mapping.date_format = "%Y-%m-%d %H:%M";
  csv.mapping.metrics = {metric("clicks", "clicks")};
  EXPECT_THAT(
      figures("date,campaign,clicks\n2026-11-20 08:00,a,1\n2026-11-20 08:30,a,2\n2026-11-20 09:00,a,4\n"),
      ElementsAre("/a 2026-11-20T08 clicks 3", "/a 2026-11-20T09 clicks 4"));
}

TEST_F(CsvCollectorTest, AnHourThatTheClocksSkipVoidsNoFile) {
  collecting.calendar = calendar_of("Europe/Berlin");
  collecting.asked = days("2026-03-01", "2026-03-31");
  csv.mapping.date_format = "%Y-%m-%d %H:%M";
  EXPECT_THAT(
      figures("date,campaign,spend,clicks\n2026-03-29 01:00,a,1,1\n2026-03-29 02:00,a,0.00,\n2026-03-29 "
              "03:00,a,,4\n"),
      ElementsAre("/a 2026-03-29T01 spend 1", "/a 2026-03-29T01 clicks 1", "/a 2026-03-29T03 spend missing",
                  "/a 2026-03-29T03 clicks 4"))
      << "a row of zeros fills a grid of 24 hours, and says nothing of the hour after it";
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-03-29 02:00,a,2,0\n2026-03-29 03:00,a,3,4\n"),
              ElementsAre("/a 2026-03-29T03 spend 5", "/a 2026-03-29T03 clicks 4"));
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-03-29 02:00,a,x,0\n"),
              ElementsAre(HasSubstr("not a number")));
}

TEST_F(CsvCollectorTest, AnHourThatTheClocksShowTwiceIsTheSumOfItsRows) {
  collecting.calendar = calendar_of("Europe/Berlin");
  collecting.asked = days("2026-10-01", "2026-10-31");
  csv.mapping.date_format = "%Y-%m-%d %H:%M";
  csv.mapping.metrics = {metric("clicks", "clicks")};
  EXPECT_THAT(
      figures("date,campaign,clicks\n2026-10-25 02:00,a,1\n2026-10-25 02:00,a,2\n2026-10-25 03:00,a,4\n"),
      ElementsAre("/a 2026-10-25T02+02:00 clicks 3", "/a 2026-10-25T03 clicks 4"));
}

TEST_F(CsvCollectorTest, TheHintOfSpreadsheetsAboveTheHeaderIsTaken) {
  const std::string rows = "date;campaign;spend;clicks\n2026-11-20;a,b;1;2\n";
  csv.delimiter = "auto";
  for (const char* hint : {"sep=;\n", "\xef\xbb\xbfsep=;\r\n", "SEP=;\r", "\"sep=;\"\n"}) {
    EXPECT_THAT(figures(hint + rows), ElementsAre("/a,b 2026-11-20 spend 1", "/a,b 2026-11-20 clicks 2"))
        << hint;
  }
  EXPECT_THAT(figures("sep=\t\ndate\tcampaign\tspend\tclicks\n2026-11-20\ta\t1\t2\n").size(), 2u);
  EXPECT_THAT(figures("sep=;\n" + rows + "x;a;1;2\n"), ElementsAre(HasSubstr("line 4, column \"date\"")));
  EXPECT_THAT(figures("sep=;\n"), ElementsAre(HasSubstr("there is no header: row 2 is missing")));
  csv.delimiter = ";";
  EXPECT_EQ(figures("sep=,\n" + rows).size(), 2u) << "what the source says comes first";
  csv.header_row = 2;
  EXPECT_EQ(figures("sep=;\n" + rows).size(), 2u) << "who counted the hint as a row goes on so";
  csv.header_row = 1;
  csv.delimiter = "auto";
  csv.mapping.dimensions = {{1, "sep=x"}};
  EXPECT_EQ(figures("sep=x;date;spend;clicks\na;2026-11-20;1;2\n").size(), 2u) << "a header";
}

TEST_F(CsvCollectorTest, DashesAreMissingFigures) {
  for (const std::string dash : {"-", "--", "\u2013", "\u2014"}) {
    EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-11-20,a," + dash + ",2\n"),
                ElementsAre("/a 2026-11-20 spend missing", "/a 2026-11-20 clicks 2"))
        << dash;
  }
}

TEST_F(CsvCollectorTest, TotalsAndTrailingRowsAreNoData) {
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-11-20,a,1,2\nTotal,,100,200\nGrand total: "
                      "all,,100,200\n,note,,--\n"),
              ElementsAre("/a 2026-11-20 spend 1", "/a 2026-11-20 clicks 2"));
}

TEST_F(CsvCollectorTest, FootersInOtherLanguagesVoidNoFile) {
  csv.mapping.decimal_comma = true;
  csv.delimiter = ";";
  for (const std::string word :
       {"Gesamt", "Gesamtsumme", "Insgesamt:", "Summe", "Sum", "SUMA", "Somme", "Totaal"})
    EXPECT_THAT(figures("date;campaign;spend;clicks\n2026-11-20;a;1,5;2\n" + word + ";;100,00;200\n"),
                ElementsAre("/a 2026-11-20 spend 1.5", "/a 2026-11-20 clicks 2"))
        << word;
}

TEST_F(CsvCollectorTest, ATabSeparatedFileIsToldHowToBeRead) {
  EXPECT_THAT(figures("date\tcampaign\tspend\tclicks\n2026-11-20\ta\t1\t2\n").front(),
              EndsWith("it seems to be parted by tabs: write delimiter: tab, or delimiter: auto"));
  EXPECT_THAT(figures("date;campaign;spend;clicks\n").front(),
              EndsWith("it seems to be parted by \";\": write delimiter: \";\", or delimiter: auto"));
}

TEST_F(CsvCollectorTest, AShareInAMoneyColumnIsNotAFewCents) {
  csv.mapping.metrics[0].unit = rules::Unit::money;
  const std::string text = "date,campaign,spend,clicks\n2026-11-20,a,12 %,3\n";
  EXPECT_THAT(figures(text),
              ElementsAre("error bad_data: line 2, column \"spend\": \"12 %\" is a share, where "
                          "money is expected: is it another column?"));
  csv.mapping.metrics[0].unit = rules::Unit::ratio;
  EXPECT_THAT(figures(text).front(), "/a 2026-11-20 spend 0.12");
}

struct BadCsv {
  const char* name;
  const char* text;
  const char* error;
};
class BadCsvTest : public CsvCollectorTest, public ::testing::WithParamInterface<BadCsv> {};

TEST_P(BadCsvTest, NamesLineAndColumn) {
  EXPECT_THAT(figures(GetParam().text), ElementsAre(std::string("error bad_data: ") + GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCsvTest,
    ::testing::ValuesIn(std::vector<BadCsv>{
        {"Empty", "", "there is no header: row 1 is missing"},
        {"EmptyHeader", "\ndate\n", "line 1: the header is empty"},
        {"MissingColumn", "date,campain,spend,clicks\n",
         "line 1: no column \"campaign\"; did you mean \"campain\"?; the header has \"date\", \"campain\", "
         "\"spend\", \"clicks\""},
        {"DoubledColumn", "date,campaign,Spend ,SPEND,clicks\n",
         "line 1: column \"spend\" stands there more than once"},
        {"BadDate", "date,campaign,spend,clicks\n2026-11-20,a,1,2\n20.11.2026,a,1,2\n",
         "line 3, column \"date\": \"20.11.2026\" is not a date of the format %Y-%m-%d"},
        {"NoDate", "date,campaign,spend,clicks\n,a,1,2\n",
         "line 2, column \"date\": no date in a record that has figures"},
        {"BadNumber", "date,campaign,spend,clicks\n2026-11-20,a,#N/A,2\n",
         "line 2, column \"spend\": \"#N/A\" is not a number"},
        {"WrongDecimalMark", "date,campaign,spend,clicks\n2026-11-20,a,\"12,5\",2\n",
         "line 2, column \"spend\": \"12,5\" is not a number when decimal_comma is false"},
        {"TooLarge", "date,campaign,spend,clicks\n2026-11-20,a,1e12,2\n",
         "line 2, column \"spend\": \"1e12\" is too large"},
        {"SumTooLarge",
         "date,campaign,spend,clicks\n2026-11-20,a,99999999999,2\n2026-11-20,a,99999999999,2\n",
         "line 3, column \"spend\": the sum of rows of one figure is too large"},
        {"ShortRow", "date,campaign,spend,clicks\n\"2026-11-20\",\"two\nlines\",1,2\n2026-11-20,a,1\n",
         "line 4: 3 fields, where the header has 4"},
        {"LongRow", "date,campaign,spend,clicks\n2026-11-20,a,1,2,3\n",
         "line 2: 5 fields, where the header has 4"},
        {"NotUtf8", "date,campaign,spend,clicks\n2026-11-20,B\xfcro,1,2\n",
         "line 2, column \"campaign\": not UTF-8: save the file as UTF-8"},
        {"HtmlPage", "<!DOCTYPE html>\n<html><body>Sign in</body></html>",
         "an HTML page came instead of CSV: is the sheet private?"},
    }),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(CsvCollectorTest, SurplusEmptyFieldsAreForgiven) {
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-11-20,a,1,2,, \n"),
              ElementsAre("/a 2026-11-20 spend 1", "/a 2026-11-20 clicks 2"));
}

TEST_F(CsvCollectorTest, AWrongDateFormatIsBadData) {
  csv.mapping.date_format = "%Q";
  EXPECT_THAT(figures("").front(), HasSubstr("error bad_data: \"%Q\" is not a date format"));
}

TEST_F(CsvCollectorTest, AnHtmlContentTypeIsNotCsv) {
  collecting.transfer.will_answer(200, "date,campaign,spend,clicks\n",
                                  {{"content-type", "text/html; charset=utf-8"}});
  source.kind = csv;
  EXPECT_THAT(collecting.figures(source),
              ElementsAre("error bad_data: an HTML page came instead of CSV: is the sheet private?"));
}

TEST_F(CsvCollectorTest, FailuresOfTheTransferAreToldApart) {
  source.kind = csv;
  collecting.transfer.will_answer(404, "gone", {{"content-type", "text/plain"}});
  EXPECT_THAT(collecting.figures(source),
              ElementsAre("error rejected: HTTP 404 from sheets.example:443: gone"));
  collecting.transfer.will_fail(TransferFailure::timeout,
                                "sheets.example:443: no complete answer within 30 s");
  EXPECT_THAT(collecting.figures(source),
              ElementsAre("error temporary: sheets.example:443: no complete answer within 30 s"));
  collecting.transfer.will_fail(TransferFailure::too_large, "too large");
  EXPECT_THAT(collecting.figures(source), ElementsAre("error bad_data: too large"));
}

TEST_F(CsvCollectorTest, ReadsAPackedFileRelativeToItsConfiguration) {
  folder.write("export.csv.gz", gzip("date,campaign,spend,clicks\n2026-11-20,a,1,2\n"));
  source.file_dir = folder.path();
  EXPECT_THAT(figures_of("export.csv.gz"), ElementsAre("/a 2026-11-20 spend 1", "/a 2026-11-20 clicks 2"));
}

TEST_F(CsvCollectorTest, LaterFilesOfAGlobRestateEarlierOnes) {
  folder.write("day-2.csv", "date,campaign,spend,clicks\n2026-11-20,a,5,\n");
  folder.write("day-1.csv", "date,campaign,spend,clicks\n2026-11-20,a,1,2\n2026-11-19,a,7,7\n");
  folder.write("other.txt", "not read");
  folder.write(".day-3.csv", "not read");
  EXPECT_THAT(figures_of(folder.path() + "/day-?.csv"),
              ElementsAre("/a 2026-11-20 spend 5", "/a 2026-11-20 clicks missing", "/a 2026-11-19 spend 7",
                          "/a 2026-11-19 clicks 7"));
}

TEST_F(CsvCollectorTest, FilesAreCompleteForTheDaysBetweenTheirRows) {
  // Files of older days may have been cleared away: they say nothing of those.
  csv.url.clear();
  csv.path =
      folder.write("a.csv", "date,campaign,spend,clicks\n2026-11-20,brand,1,1\n2026-11-18,brand,1,1\n");
  source.kind = csv;
  const CollectResult result = collecting.collect(source);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->complete, days("2026-11-18", "2026-11-20"));
}

TEST_F(CsvCollectorTest, AMistakeInOneFileVoidsTheWhole) {
  folder.write("1.csv", "date,campaign,spend,clicks\n2026-11-20,a,1,2\n");
  const std::string bad = folder.write("2.csv", "date,campaign,spend,clicks\n2026-11-20,a,x,2\n");
  EXPECT_THAT(figures_of(folder.path() + "/*.csv"),
              ElementsAre("error bad_data: " + bad + ": line 2, column \"spend\": \"x\" is not a number"));
}

TEST_F(CsvCollectorTest, FilesThatAreNotThereMayComeYet) {
  EXPECT_THAT(figures_of(folder.path() + "/*.csv"),
              ElementsAre("error temporary: no file matches " + folder.path() + "/*.csv"));
  EXPECT_THAT(figures_of(folder.path() + "/a.csv"),
              ElementsAre("error temporary: " + folder.path() + "/a.csv: No such file or directory"));
  EXPECT_THAT(figures_of(folder.path() + "/none/*.csv").front(), HasSubstr("No such file or directory"));
  EXPECT_THAT(figures_of(folder.path()),
              ElementsAre("error temporary: " + folder.path() + ": not a regular file"));
}

TEST_F(CsvCollectorTest, FilesAreBoundedBeforeAndAfterUnpacking) {
  source.most_bytes = 1000;
  const std::string large =
      folder.write("large.csv", "date,campaign,spend,clicks\n" + std::string(2000, '\n'));
  EXPECT_THAT(figures_of(large), ElementsAre("error bad_data: " + large + ": larger than 1000 bytes"));
  const std::string bomb =
      folder.write("bomb.csv", gzip("date,campaign,spend,clicks\n" + std::string(200'000, '\n')));
  EXPECT_THAT(figures_of(bomb),
              ElementsAre("error bad_data: " + bomb + ": more than 1000 bytes after unpacking"));
}

TEST_F(CsvCollectorTest, AFileOfSeveralPiecesIsReadWhole) {
  std::string text = "date,campaign,note,spend,clicks\n";
  const std::string note(400, 'n');
  for (int i = 0; i < 10'000; ++i)
    text += "2026-11-20,\"campaign, " + std::to_string(i % 10) + "\"," + note + ",0.01,1\n";
  ASSERT_GT(text.size(), 3u << 20);
  const auto figures = figures_of(folder.write("long.csv", text));
  ASSERT_EQ(figures.size(), 20u);
  EXPECT_EQ(figures[0], "/campaign, 0 2026-11-20 spend 10");
  EXPECT_EQ(figures[1], "/campaign, 0 2026-11-20 clicks 1000");
}

}  // namespace
}  // namespace tightrope::collectors
