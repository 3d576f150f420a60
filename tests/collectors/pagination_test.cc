#include "collectors/pagination.h"

#include <gtest/gtest.h>

namespace tightrope::collectors {
namespace {

using config::Pagination;
using config::PaginationKind;

const WebAddress kAsked = *parse_web_address("https://api.example.com/v1/report?page=1");

// "end", "more", or what is wrong.
std::string advance(Pager& pager, const std::string& body, std::size_t records = 1,
                    std::vector<std::pair<std::string, std::string>> headers = {},
                    const WebAddress& asked = kAsked) {
  TransferResponse response;
  response.body = body;
  response.headers = std::move(headers);
  const auto parsed = JsonTree::parse(body);
  const auto next =
      pager.advance(asked, response, std::get<std::unique_ptr<JsonTree>>(parsed)->root(), records);
  if (const auto* problem = std::get_if<std::string>(&next)) return *problem;
  return std::get<bool>(next) ? "more" : "end";
}

std::string query_of(const Pager& pager) {
  std::string text;
  for (const auto& [name, value] : pager.query()) text += name + '=' + value + ' ';
  return text;
}

TEST(PaginationTest, WithoutOneThereIsOnePage) {
  const Pagination pagination;
  Pager pager(pagination);
  EXPECT_EQ(query_of(pager), "");
  EXPECT_EQ(advance(pager, "[]"), "end");
}

TEST(PaginationTest, ACursorLeadsOnUntilThereIsNone) {
  Pagination pagination;
  pagination.kind = PaginationKind::cursor;
  pagination.cursor_pointer = "/paging/next";
  pagination.parameter = "after";
  pagination.size_parameter = "limit";
  pagination.page_size = 50;
  for (const char* last : {"{}", R"({"paging":{}})", R"({"paging":{"next":null}})",
                           R"({"paging":{"next":""}})", R"({"paging":{"next":false}})"}) {
    Pager pager(pagination);
    EXPECT_EQ(query_of(pager), "limit=50 ");
    EXPECT_EQ(advance(pager, R"({"paging":{"next":"c1"}})"), "more");
    EXPECT_EQ(query_of(pager), "limit=50 after=c1 ");
    EXPECT_EQ(advance(pager, R"({"paging":{"next":9007199254740993}})"), "more");
    EXPECT_EQ(query_of(pager), "limit=50 after=9007199254740993 ");
    EXPECT_EQ(advance(pager, last), "end") << last;
  }
}

TEST(PaginationTest, ACursorSeenBeforeIsALoop) {
  Pagination pagination;
  pagination.kind = PaginationKind::cursor;
  pagination.cursor_pointer = "/next";
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, R"({"next":"a"})"), "more");
  EXPECT_EQ(advance(pager, R"({"next":"b"})"), "more");
  EXPECT_EQ(advance(pager, R"({"next":"a"})"), "leads back to a cursor seen before: a loop");
  Pager other(pagination);
  EXPECT_EQ(advance(other, R"({"next":{"x":1}})"), "\"/next\" is neither text nor number");
}

TEST(PaginationTest, PagesCountUntilOneIsShort) {
  Pagination pagination;
  pagination.kind = PaginationKind::page;
  pagination.parameter = "page";
  pagination.first_page = 0;
  pagination.page_size = 2;
  Pager pager(pagination);
  EXPECT_EQ(query_of(pager), "page=0 ");
  EXPECT_EQ(advance(pager, "[1,2]", 2), "more");
  EXPECT_EQ(query_of(pager), "page=1 ");
  EXPECT_EQ(advance(pager, "[3]", 1), "end");
}

TEST(PaginationTest, OffsetsStepBySizeOrByWhatCame) {
  Pagination pagination;
  pagination.kind = PaginationKind::offset;
  pagination.parameter = "start";
  Pager pager(pagination);
  EXPECT_EQ(query_of(pager), "start=0 ");
  EXPECT_EQ(advance(pager, "[1,2,3]", 3), "more");
  EXPECT_EQ(query_of(pager), "start=3 ");
  EXPECT_EQ(advance(pager, "[]", 0), "end");
}

// A server that gives at most 2 at a time, whatever was asked for.
Pagination of_capped_pages(PaginationKind kind) {
  Pagination pagination;
  pagination.kind = kind;
  pagination.parameter = "at";
  pagination.page_size = 5;
  pagination.total_pointer = "/total";
  pagination.total_is_records = kind == PaginationKind::page;
  return pagination;
}

TEST(PaginationTest, OffsetsStepByWhatCameWhereTheServerCapsItsPages) {
  Pagination pagination = of_capped_pages(PaginationKind::offset);
  for (const int first : {0, 1}) {
    pagination.first_offset = first;
    Pager pager(pagination);
    EXPECT_EQ(advance(pager, R"({"total":5,"rows":[1,2]})", 2), "more");
    EXPECT_EQ(query_of(pager), first == 0 ? "at=2 " : "at=3 ");
    EXPECT_EQ(advance(pager, R"({"total":5,"rows":[3,4]})", 2), "more");
    EXPECT_EQ(query_of(pager), first == 0 ? "at=4 " : "at=5 ");
    EXPECT_EQ(advance(pager, R"({"total":5,"rows":[5]})", 1), "end");
  }
}

TEST(PaginationTest, PagesGoOnToTheTotalWhereTheServerCapsThem) {
  const Pagination pagination = of_capped_pages(PaginationKind::page);
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, R"({"total":5,"rows":[1,2]})", 2), "more");
  EXPECT_EQ(advance(pager, R"({"total":5,"rows":[3,4]})", 2), "more");
  EXPECT_EQ(query_of(pager), "at=3 ");
  EXPECT_EQ(advance(pager, R"({"total":5,"rows":[5]})", 1), "end");
}

TEST(PaginationTest, AnEmptyPageBeforeTheTotalSaysHowManyCame) {
  for (const auto kind : {PaginationKind::page, PaginationKind::offset}) {
    Pagination pagination = of_capped_pages(kind);
    Pager pager(pagination);
    EXPECT_EQ(advance(pager, R"({"total":5,"rows":[1,2]})", 2), "more");
    EXPECT_EQ(advance(pager, R"({"total":5,"rows":[]})", 0),
              "is empty, and 2 of 5 announced records came: the server gives at most 2 at a time, so write "
              "\"size: 2\"");
    pagination.page_size = 2;
    Pager full(pagination);
    EXPECT_EQ(advance(full, R"({"total":5,"rows":[1,2]})", 2), "more");
    EXPECT_EQ(
        advance(full, R"({"total":5,"rows":[]})", 0),
        "is empty, and 2 of 5 announced records came: if \"total\" counts others as well, leave it out");
  }
}

TEST(PaginationTest, TheLastPageAgainBeforeTheTotalSaysHowManyCame) {
  const Pagination pagination = of_capped_pages(PaginationKind::page);
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, R"({"total":5,"rows":[1,2]})", 2), "more");
  EXPECT_EQ(advance(pager, R"({"total":5,"rows":[3]})", 1), "more");
  EXPECT_EQ(advance(pager, R"({"total":5,"rows":[3]})", 1),
            "the same as the page before, and 3 of 5 announced records came: the server gives at most 2 at a "
            "time, so write \"size: 2\"");
}

TEST(PaginationTest, ATotalThatIsSaidOnceHoldsForAllPages) {
  const Pagination pagination = of_capped_pages(PaginationKind::offset);
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, R"({"total":4,"rows":[1,2]})", 2), "more");
  EXPECT_EQ(advance(pager, R"({"rows":[3]})", 1), "more");
  EXPECT_EQ(advance(pager, R"({"rows":[4]})", 1), "end");
  Pager unknown(pagination);
  EXPECT_EQ(advance(unknown, R"({"total":-1,"rows":[1,2,3,4,5]})", 5), "more") << "below zero says nothing";
}

TEST(PaginationTest, RecordsWithinTheListThatIsPagedAreNotHeldAgainstItsTotal) {
  Pagination pagination = of_capped_pages(PaginationKind::offset);
  Pager pager(pagination, PagedBy::outer_list);
  EXPECT_EQ(advance(pager, R"({"total":8,"ads":[[1,2],[3]]})", 9), "more");
  EXPECT_EQ(query_of(pager), "at=5 ");
  EXPECT_EQ(advance(pager, R"({"total":8,"ads":[[1]]})", 1), "end");
  pagination = of_capped_pages(PaginationKind::page);
  Pager by_page(pagination, PagedBy::outer_list);
  EXPECT_EQ(advance(by_page, R"({"total":8,"ads":[[1,2],[3]]})", 9), "more");
  EXPECT_EQ(advance(by_page, R"({"total":8,"ads":[[1]]})", 1), "end");
}

TEST(PaginationTest, TheSamePageAgainIsNoProgress) {
  Pagination pagination;
  pagination.kind = PaginationKind::page;
  pagination.parameter = "p";
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, "[1]"), "more");
  EXPECT_EQ(advance(pager, "[1]"), "the same as the page before: does the server know the parameter \"p\"?");
}

TEST(PaginationTest, PagesAreBounded) {
  Pagination pagination;
  pagination.kind = PaginationKind::cursor;
  pagination.cursor_pointer = "/next";
  pagination.most_pages = 2;
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, R"({"next":"a"})"), "more");
  EXPECT_EQ(advance(pager, R"({"next":"b"})"), "more than 2 pages");
}

TEST(PaginationTest, LinksLeadOnWithinTheirHost) {
  Pagination pagination;
  pagination.kind = PaginationKind::link;
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, "[]", 1, {{"link", "</v1/report?page=2>; rel=\"next\""}}), "more");
  ASSERT_TRUE(pager.address());
  EXPECT_EQ(pager.address()->url, "https://api.example.com/v1/report?page=2");
  const WebAddress second = *pager.address();
  EXPECT_EQ(advance(pager, "[]", 1, {{"link", "<https://evil.example/v1>; rel=next"}}, second),
            "leads to another host, evil.example:443: not followed");
  EXPECT_EQ(advance(pager, "[]", 1, {{"link", "<http://api.example.com/v1>; rel=next"}}, second),
            "leads to another host, api.example.com:80: not followed");
  EXPECT_EQ(advance(pager, "[]", 1, {{"link", "<?page=1>; rel=next"}}, second),
            "leads back to a page read before: a loop");
  EXPECT_EQ(advance(pager, "[]", 1, {{"link", "</v1>; rel=\"prev\""}}, second), "end");
  EXPECT_EQ(advance(pager, "[]", 1, {}, second), "end");
}

TEST(PaginationTest, ALinkMayStandInTheBody) {
  Pagination pagination;
  pagination.kind = PaginationKind::link;
  pagination.cursor_pointer = "/links/next";
  Pager pager(pagination);
  EXPECT_EQ(advance(pager, R"({"links":{"next":"https://api.example.com/v1?c=2"}})"), "more");
  EXPECT_EQ(pager.address()->url, "https://api.example.com/v1?c=2");
  EXPECT_EQ(advance(pager, R"({"links":{"next":null}})"), "end");
}

TEST(LinkHeaderTest, NextIsFoundAmongOthers) {
  EXPECT_EQ(
      next_link(R"(<https://a/1>; rel="previous", <https://a/3?x=1,2>; title="a, b; c"; REL="Next last")"),
      "https://a/3?x=1,2");
  EXPECT_EQ(next_link("<https://a/2>;rel=next"), "https://a/2");
  for (const char* none : {"", "nonsense", "<https://a/1", "<https://a/1>", "<https://a/1>; rel=nextish",
                           "<https://a/1>; rev=next"}) {
    EXPECT_FALSE(next_link(none)) << none;
  }
}

}  // namespace
}  // namespace tightrope::collectors
