#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char* const kRemedy =
    ": share the sheet so that anyone with the link may view it, or give secrets.token";

class GoogleSheetsTest : public ::testing::Test {
 protected:
  GoogleSheetsTest() {
    source.name = "sheet";
    sheet.key = "1AbC-dEf_9";
    sheet.gid = 7;
    sheet.table.spreadsheet = true;
    sheet.table.mapping = plain_mapping();
    sheet.table.mapping.missing = {"", "-", "#N/A", "#DIV/0!"};
  }
  std::vector<std::string> figures() {
    source.kind = sheet;
    return collecting.figures(source);
  }
  std::vector<std::string> figures(std::string text) {
    collecting.transfer.will_answer(200, std::move(text), {{"content-type", "text/csv"}});
    return figures();
  }
  void will_redirect(int status, std::string to) {
    collecting.transfer.will_answer(status, "", {{"location", std::move(to)}});
  }
  config::Source source;
  config::GoogleSheetsSource sheet;
  Collecting collecting;
};

TEST_F(GoogleSheetsTest, ReadsATabAsTheSheetShowsIt) {
  sheet.table.mapping.decimal_comma = true;
  sheet.table.mapping.date_format = "%d.%m.%Y";
  EXPECT_THAT(figures("DATE,Cam paign ,spend,Clicks\r\n20.11.2026,\"Fair, Vienna\",\"€ 1.200,50\",#N/A\r\n"
                      "21.11.2026,brand,\"3,5\",#DIV/0!\r\n,,,\r\n"),
              ElementsAre("/Fair, Vienna 2026-11-20 spend 1200.5", "/Fair, Vienna 2026-11-20 clicks missing",
                          "/brand 2026-11-21 spend 3.5", "/brand 2026-11-21 clicks missing"));
  EXPECT_EQ(collecting.transfer.requests().at(0).url,
            "https://docs.google.com/spreadsheets/d/1AbC-dEf_9/export?format=csv&gid=7");
  EXPECT_THAT(collecting.transfer.requests().at(0).secret_headers, IsEmpty());
}

TEST_F(GoogleSheetsTest, PublishedSheetsHaveAnotherAddress) {
  sheet.published = true;
  sheet.key = "2PACX-1v";
  sheet.base_url = "http://127.0.0.1:8080";
  figures("date,campaign,spend,clicks\n");
  EXPECT_EQ(collecting.transfer.requests().at(0).url,
            "http://127.0.0.1:8080/spreadsheets/d/e/2PACX-1v/pub?output=csv&single=true&gid=7");
}

TEST_F(GoogleSheetsTest, TheTokenStaysWithGooglesFirstHost) {
  sheet.token = config::Secret("ya29.token");
  will_redirect(307, "https://doc-0s-sheets.googleusercontent.com/export/x?format=csv");
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-11-20,a,1,2\n"),
              ElementsAre("/a 2026-11-20 spend 1", "/a 2026-11-20 clicks 2"));
  const auto& requests = collecting.transfer.requests();
  ASSERT_EQ(requests.size(), 2u);
  ASSERT_EQ(requests[0].secret_headers.size(), 1u);
  EXPECT_EQ(requests[0].secret_headers[0].second.reveal(), "Bearer ya29.token");
  EXPECT_FALSE(requests[0].follow_redirects);
  EXPECT_THAT(requests[1].secret_headers, IsEmpty());
  EXPECT_EQ(requests[1].url, "https://doc-0s-sheets.googleusercontent.com/export/x?format=csv");
}

TEST_F(GoogleSheetsTest, RedirectsElsewhereAreNotFollowed) {
  for (const char* const to :
       {"https://example.com/x.csv", "https://evilgoogleusercontent.com/", "http://docs.google.com/x"}) {
    will_redirect(302, to);
    EXPECT_THAT(figures().front(), HasSubstr("which is none of Google's hosts for sheets")) << to;
  }
  EXPECT_EQ(collecting.transfer.requests().size(), 3u);
  for (int i = 0; i < 6; ++i) will_redirect(302, "/again");
  EXPECT_THAT(figures(), ElementsAre("error rejected: docs.google.com:443: too many redirects"));
}

TEST_F(GoogleSheetsTest, APrivateSheetSaysWhatToDo) {
  will_redirect(302, "https://accounts.google.com/ServiceLogin?continue=x");
  EXPECT_THAT(figures(), ElementsAre(std::string("error unauthorized: Google asks to sign in") + kRemedy));
  collecting.transfer.will_answer(200, "<!doctype html><html><title>Google Sheets: Sign-in</title>",
                                  {{"content-type", "text/html; charset=utf-8"}});
  EXPECT_THAT(figures(),
              ElementsAre(std::string("error unauthorized: a sign-in page came instead of CSV") + kRemedy));
  collecting.transfer.will_answer(401, "<html>", {{"content-type", "text/html"}});
  EXPECT_THAT(figures(),
              ElementsAre(std::string("error unauthorized: HTTP 401 from docs.google.com:443") + kRemedy));
}

TEST_F(GoogleSheetsTest, OtherRefusalsAreToldApart) {
  collecting.transfer.will_answer(404, "<html>", {{"content-type", "text/html"}});
  EXPECT_THAT(
      figures(),
      ElementsAre(
          "error rejected: HTTP 404 from docs.google.com:443: is its key right, and the sheet still there?"));
  collecting.transfer.will_answer(400, "<html>", {{"content-type", "text/html"}});
  EXPECT_THAT(
      figures(),
      ElementsAre("error rejected: HTTP 400 from docs.google.com:443: is there a tab with this gid?"));
  collecting.transfer.will_answer(429, "<html>", {{"content-type", "text/html"}});
  EXPECT_THAT(figures(), ElementsAre("error throttled: HTTP 429 from docs.google.com:443"));
  collecting.transfer.will_answer(200, "<html>We're sorry... may be sending automated queries.</html>",
                                  {{"content-type", "text/html"}});
  EXPECT_THAT(figures(), ElementsAre("error throttled: Google refuses to answer so often: poll less often"));
  will_redirect(302, "https://www.google.com/sorry/index?continue=x");
  EXPECT_THAT(figures(), ElementsAre("error throttled: Google refuses to answer so often: poll less often"));
  collecting.transfer.will_answer(500, "", {});
  EXPECT_THAT(figures(), ElementsAre("error temporary: HTTP 500 from docs.google.com:443"));
}

TEST_F(GoogleSheetsTest, ASheetThatIsStillBeingComputedIsReadLater) {
  for (const std::string cell : {"Loading...", "Loading\xe2\x80\xa6", "Wird geladen...", "#GETTING_DATA"}) {
    EXPECT_THAT(
        figures("date,campaign,spend,clicks\n2026-11-20,a,1,2\n2026-11-21,a," + cell + ",2\n").front(),
        HasSubstr("error temporary: line 3, column \"spend\": the sheet is still being computed"))
        << cell;
    // Nobody reads that column.
    EXPECT_EQ(figures("date,campaign,note,spend,clicks\n2026-11-20,a," + cell + ",1,2\n").size(), 2u) << cell;
  }
  EXPECT_THAT(figures("date,campaign,spend,clicks\nLoading...,Loading...,1,2\n").front(),
              HasSubstr("error temporary: "));
  // A campaign may be called so.
  EXPECT_EQ(figures("date,campaign,spend,clicks\n2026-11-20,Loading,1,2\n").size(), 2u);
}

TEST_F(GoogleSheetsTest, AFormulaThatFailedIsToldAndOneWithoutAResultIsMissing) {
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-11-20,a,#REF!,2\n"),
              ElementsAre("error bad_data: line 2, column \"spend\": a formula failed: \"#REF!\""));
  // A campaign that could not be looked up is no campaign of that name.
  EXPECT_THAT(figures("date,campaign,spend,clicks\n2026-11-20,#N/A,1,2\n"),
              ElementsAre("error bad_data: line 2, column \"campaign\": a formula failed: \"#N/A\""));
}

TEST_F(GoogleSheetsTest, AColumnThatIsGoneIsAnError) {
  EXPECT_THAT(figures("date,campaign,costs,clicks\n2026-11-20,a,1,2\n").front(),
              HasSubstr("error bad_data: line 1: no column \"spend\""));
}

}  // namespace
}  // namespace tightrope::collectors
