#include "collectors/request_template.h"

#include <gtest/gtest.h>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

std::string fill(std::string_view text, Escaping escaping = Escaping::none) {
  const auto calendar = calendar_of("Europe/Vienna");
  TemplateValues values{days("2026-11-01", "2026-11-20"), kNow, &calendar, 3, 200, "a/b \"c\""};
  return fill_template(text, values, escaping);
}

TEST(RequestTemplateTest, DatesHaveFormats) {
  EXPECT_EQ(fill("from={from}&to={to:%Y%m%d}"), "from=2026-11-01&to=20261120");
  EXPECT_EQ(fill("{from:%d %b %Y}"), "01 Nov 2026");
}

TEST(RequestTemplateTest, InstantsAreThoseOfTheSourcesZone) {
  EXPECT_EQ(fill("{from:rfc3339} {to:rfc3339}"), "2026-10-31T23:00:00Z 2026-11-20T22:59:59Z");
  EXPECT_EQ(fill("{from:unix} {to:unix_ms}"), "1793487600 1795215599999");
}

TEST(RequestTemplateTest, NowIsUtc) {
  EXPECT_EQ(fill("{now} {now:%H:%M} {now:unix}"), "2026-11-22T12:00:00Z 12:00 1795348800");
}

TEST(RequestTemplateTest, PaginationIsKnown) {
  EXPECT_EQ(fill("{page} {offset}"), "3 200");
}

TEST(RequestTemplateTest, OtherBracesStay) {
  EXPECT_EQ(fill(R"({"range":{"from":"{from}"},"x":{unknown},"e":{}})"),
            R"({"range":{"from":"2026-11-01"},"x":{unknown},"e":{}})");
  EXPECT_EQ(fill("{from"), "{from");
  EXPECT_EQ(fill("{page:%Y}"), "{page:%Y}");
  EXPECT_EQ(fill("orders { page info { x } a:{page} }"), "orders { page info { x } a:3 }");
}

TEST(RequestTemplateTest, NumbersHaveNoLeadingZeros) {
  EXPECT_EQ(fill("{from:%d:number}/{from:%m:number}/{page:number}"), "1/11/3");
}

TEST(RequestTemplateTest, ValuesCannotBreakOut) {
  EXPECT_EQ(fill("{cursor}", Escaping::percent), "a%2Fb%20%22c%22");
  EXPECT_EQ(fill("\"{cursor}\"", Escaping::json), R"("a/b \"c\"")");
}

}  // namespace
}  // namespace tightrope::collectors
