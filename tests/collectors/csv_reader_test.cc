#include "collectors/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;

// Records as "line:field|field"; an error as its text. `piece` bytes are fed at a time.
std::vector<std::string> read(std::string_view text, std::size_t piece = 1'000'000, char delimiter = ',',
                              CsvLimits limits = {}) {
  CsvReader reader(delimiter, limits);
  std::vector<std::string> records;
  for (;;) {
    switch (reader.next()) {
      case CsvReader::Step::record: {
        std::string record = std::to_string(reader.line()) + ':';
        for (std::size_t i = 0; i < reader.fields().size(); ++i) {
          record += (i == 0 ? "" : "|") + std::string(reader.fields()[i]);
        }
        records.push_back(record);
        break;
      }
      case CsvReader::Step::more:
        if (text.empty()) {
          reader.finish();
        } else {
          reader.feed(text.substr(0, piece));
          text.remove_prefix(std::min(piece, text.size()));
        }
        break;
      case CsvReader::Step::error:
        records.push_back(reader.error());
        return records;
      case CsvReader::Step::end:
        return records;
    }
  }
}

TEST(CsvReaderTest, LinesMayEndInAnyOfThreeWays) {
  EXPECT_THAT(read("a,b\r\nc,d\ne,f\rg,h"), ElementsAre("1:a|b", "2:c|d", "3:e|f", "4:g|h"));
}

TEST(CsvReaderTest, QuotedFieldsHoldDelimitersQuotesAndLineBreaks) {
  EXPECT_THAT(read("\"a,1\",\"say \"\"hi\"\"\"\r\n\"two\r\nlines\",x\r\nlast,y\r\n"),
              ElementsAre("1:a,1|say \"hi\"", "2:two\r\nlines|x", "4:last|y"));
}

TEST(CsvReaderTest, AQuoteWithinAFieldIsACharacter) {
  EXPECT_THAT(read("19\" rims,b\n"), ElementsAre("1:19\" rims|b"));
}

TEST(CsvReaderTest, EmptyFieldsAndLinesAreKept) {
  EXPECT_THAT(read(",\n\n\"\",x\n"), ElementsAre("1:|", "2:", "3:|x"));
  EXPECT_THAT(read(""), ElementsAre());
}

TEST(CsvReaderTest, SpacesAfterAClosingQuoteAreDropped) {
  EXPECT_THAT(read("\"a\"  ,b\n"), ElementsAre("1:a|b"));
}

TEST(CsvReaderTest, TextAfterAClosingQuoteIsAnError) {
  EXPECT_THAT(read("a,b\n\"c\"d,e\n"),
              ElementsAre("1:a|b", "line 2: text after the closing quote of field 1"));
}

TEST(CsvReaderTest, AnUnclosedQuoteNamesTheLineWhereItOpened) {
  EXPECT_THAT(read("a\nb,\"c\n\nd\n"), ElementsAre("1:a", "line 2: the quote of field 2 is never closed"));
}

TEST(CsvReaderTest, RowsAndFieldsAreBounded) {
  const CsvLimits limits{20, 3};
  EXPECT_THAT(read("a,b,c\nd,e,f,g\n", 5, ',', limits), ElementsAre("1:a|b|c", "line 2: more than 3 fields"));
  EXPECT_THAT(read("\"" + std::string(100, 'x'), 5, ',', limits),
              ElementsAre("line 1: a row of more than 20 bytes: is a quote not closed?"));
}

TEST(CsvReaderTest, PiecesOfAnySizeGiveTheSameRecords) {
  const std::string text = "h1,\"h\"\"2\"\r\n\r\n\"a\r\nb\",2\r\r\"\",\"\"\"\"\nlast,\"q\"";
  const auto whole = read(text);
  EXPECT_EQ(whole.size(), 6u);
  for (std::size_t piece = 1; piece < text.size(); ++piece) EXPECT_EQ(read(text, piece), whole) << piece;
}

TEST(CsvSniffTest, FindsTheDelimiterThatMakesAnEvenTable) {
  EXPECT_EQ(sniff_delimiter("date,spend\n2026-11-20,5\n", 1), ',');
  EXPECT_EQ(sniff_delimiter("date;spend, EUR;clicks\n2026-11-20;1.200,50;3\n", 1), ';');
  EXPECT_EQ(sniff_delimiter("date\tname\n2026-11-20\t\"a, b\"\n", 1), '\t');
  EXPECT_EQ(sniff_delimiter("date|spend\n2026-11-20|5\n", 1), '|');
  EXPECT_EQ(sniff_delimiter("Report, all; campaigns\n\ndate;spend\n2026-11-20;5\n", 3), ';');
  EXPECT_EQ(sniff_delimiter("only\n1\n", 1), ',');
}

}  // namespace
}  // namespace tightrope::collectors
