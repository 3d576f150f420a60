// What the vendors of the simulator answer, to requests as the vendors' documentation shows them and to
// wrong ones. The connectors are not involved: this is the other reading of the documentation.
#include "tests/vendors/simulator.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "collectors/transfer.h"
#include "tests/support/manual_clock.h"
#include "tests/vendors/graphql.h"
#include "tests/vendors/vendors.h"

namespace tightrope::vendors {
namespace {

namespace json = boost::json;

struct Call {
  std::string method, target;
  Fields headers;
  std::string body;
};

// A vendor with an access token that it accepts.
class VendorAnswerTest : public ::testing::Test {
 protected:
  VendorAnswerTest() {
    HttpRequest refresh{"POST",
                        "/oauth/token",
                        {{"content-type", "application/x-www-form-urlencoded"}},
                        "grant_type=refresh_token&client_id=client-1&client_secret=client-secret-abc&refresh_"
                        "token=refresh-secret-0"};
    token_reply_ = tokens_.answer(Request(refresh), kStart);
  }

  HttpReply ask(Vendor& vendor, Call call, PageFault fault = PageFault::none) {
    if (!call.body.empty()) call.headers.emplace_back("content-type", "application/json");
    Situation situation{.now = kStart,
                        .addresses = {"http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"},
                        .tokens = tokens_,
                        .page_fault = fault};
    HttpReply reply = vendor.answer(Request({call.method, call.target, call.headers, call.body}), situation);
    complaint_ = situation.complaint;
    return reply;
  }
  json::value read(Vendor& vendor, Call call, PageFault fault = PageFault::none) {
    const HttpReply reply = ask(vendor, std::move(call), fault);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(complaint_, "");
    boost::system::error_code error;
    json::value value = json::parse(reply.body, error);
    EXPECT_FALSE(error) << reply.body;
    return value;
  }
  static std::string at(const json::value& value, const char* pointer) {
    boost::system::error_code error;
    const json::value* found = value.find_pointer(pointer, error);
    if (!found) return "(none)";
    return found->is_string() ? std::string(found->as_string()) : json::serialize(*found);
  }
  static std::size_t size(const json::value& value, const char* pointer) {
    boost::system::error_code error;
    const json::value* found = value.find_pointer(pointer, error);
    return found && found->is_array() ? found->as_array().size() : 0;
  }

  TokenDesk tokens_;
  HttpReply token_reply_;
  std::string complaint_;
  const Fields bearer_{{"authorization", "Bearer access-secret-1"}};
};

TEST_F(VendorAnswerTest, TokensAreRotatedAndExpire) {
  EXPECT_EQ(token_reply_.status, 200);
  EXPECT_TRUE(tokens_.accepts("access-secret-1", kStart));
  EXPECT_FALSE(tokens_.accepts("access-secret-1", kStart + std::chrono::hours(1)));
  tokens_.rotates = true;
  HttpRequest refresh{"POST",
                      "/oauth/token",
                      {{"content-type", "application/x-www-form-urlencoded"}},
                      "grant_type=refresh_token&client_id=client-1&client_secret=client-secret-abc&refresh_"
                      "token=refresh-secret-0"};
  EXPECT_EQ(tokens_.answer(Request(refresh), kStart).status, 200);
  EXPECT_EQ(tokens_.refresh_token(), "refresh-secret-2");
  EXPECT_EQ(tokens_.answer(Request(refresh), kStart).status, 400);
  EXPECT_EQ(tokens_.refused(), 1);
}

class GoogleAdsAnswerTest : public VendorAnswerTest {
 protected:
  Call search(const std::string& body, const std::string& method = "search") const {
    Fields headers = bearer_;
    headers.emplace_back("developer-token", "dev-token-1");
    headers.emplace_back("login-customer-id", "9998887776");
    return {"POST", "/v21/customers/1112223334/googleAds:" + method, headers, body};
  }
  const std::string query_ =
      "SELECT campaign.id, campaign.name, segments.date, metrics.cost_micros, metrics.conversions FROM "
      "campaign "
      "WHERE segments.date BETWEEN '2025-03-01' AND '2025-03-07'";
  std::unique_ptr<Vendor> vendor_ = make_google_ads();
};

TEST_F(GoogleAdsAnswerTest, PagesLeadToTheEnd) {
  std::size_t rows = 0;
  std::string token;
  for (int page = 0; page < 10; ++page) {
    const auto answer =
        read(*vendor_, search(R"({"query":")" + query_ + R"(","pageToken":")" + token + "\"}"));
    rows += size(answer, "/results");
    token = at(answer, "/nextPageToken");
    if (token == "(none)") break;
  }
  EXPECT_EQ(token, "(none)");
  std::size_t expected = 0;
  for (const auto& [key, value] : vendor_->truth(kStart).figures) {
    const bool asked =
        *rules::parse_day("2025-03-01") <= key.day && key.day <= *rules::parse_day("2025-03-07");
    if (asked && key.metric == "spend") ++expected;
  }
  EXPECT_EQ(rows, expected);
}

TEST_F(GoogleAdsAnswerTest, WholeNumbersAreTexts) {
  const auto answer = read(*vendor_, search(R"({"query":")" + query_ + "\"}"));
  boost::system::error_code error;
  EXPECT_TRUE(answer.find_pointer("/results/0/metrics/costMicros", error)->is_string());
  EXPECT_EQ(at(answer, "/results/0/campaign/id"), "1700000000000000123");
}

TEST_F(GoogleAdsAnswerTest, AStreamIsAnArrayAndSoAreItsErrors) {
  const auto answer = read(*vendor_, search(R"({"query":")" + query_ + "\"}", "searchStream"));
  EXPECT_GT(size(answer, ""), 1u);
  const auto half = read(*vendor_, search(R"({"query":")" + query_ + "\"}", "searchStream"), PageFault::half);
  EXPECT_EQ(at(half, ("/" + std::to_string(size(half, "") - 1) + "/error/code").c_str()), "500");
}

TEST_F(GoogleAdsAnswerTest, WrongRequestsAreRefused) {
  EXPECT_EQ(ask(*vendor_, search(R"({"query":")" + query_ + R"(","pageSize":100})")).status, 400);
  EXPECT_EQ(complaint_, "pageSize");
  EXPECT_EQ(
      ask(*vendor_, search(R"({"query":"SELECT campaign.id, metrics.costMicros FROM campaign"})")).status,
      400);
  EXPECT_EQ(complaint_, "UNRECOGNIZED_FIELD");
  EXPECT_EQ(ask(*vendor_, search(R"({"query":"SELECT segments.date FROM campaign"})")).status, 400);
  Call without_manager = search(R"({"query":")" + query_ + "\"}");
  without_manager.headers.pop_back();
  EXPECT_EQ(ask(*vendor_, without_manager).status, 403);
}

TEST_F(VendorAnswerTest, MetaPagesByAbsoluteAddresses) {
  const auto vendor = make_meta_ads();
  const std::string target =
      "/v25.0/act_120200000000000009/"
      "insights?level=campaign&time_increment=1&fields=campaign_id,campaign_name,spend,actions,clicks"
      "&time_range=%7B%22since%22%3A%222025-03-01%22%2C%22until%22%3A%222025-03-10%22%7D&limit=100";
  const Fields headers{{"authorization", "Bearer meta-secret-token"}};
  const auto first = read(*vendor, {"GET", target, headers, ""});
  EXPECT_EQ(size(first, "/data"), 25u);
  const std::string next = at(first, "/paging/next");
  ASSERT_TRUE(next.starts_with("http://127.0.0.1:1/v25.0/act_")) << next;
  const auto second = read(*vendor, {"GET", next.substr(18), headers, ""});
  EXPECT_NE(at(second, "/data/0/date_start"), at(first, "/data/0/date_start"));
  EXPECT_EQ(ask(*vendor, {"GET", target + "&pagesize=3", headers, ""}).status, 400);
}

TEST_F(VendorAnswerTest, MetaMakesReportsInTheBackground) {
  const auto vendor = make_meta_ads_asynchronous();
  const Fields headers{{"authorization", "Bearer meta-secret-token"}};
  const auto run =
      read(*vendor, {"POST",
                     "/v25.0/act_120200000000000009/insights?level=campaign&time_increment=1&fields=spend"
                     "&time_range=%7B%22since%22%3A%222025-03-01%22%2C%22until%22%3A%222025-03-10%22%7D",
                     headers, ""});
  const std::string id = at(run, "/report_run_id");
  EXPECT_EQ(at(read(*vendor, {"GET", "/v25.0/" + id, headers, ""}), "/async_status"), "Job Not Started");
  EXPECT_EQ(ask(*vendor, {"GET", "/v25.0/" + id + "/insights", headers, ""}).status, 400) << "not ready yet";
}

TEST_F(VendorAnswerTest, AnalyticsZipsValuesWithHeaders) {
  const auto vendor = make_ga4();
  const auto answer = read(*vendor, {"POST", "/v1beta/properties/345678901:runReport", bearer_,
                                     R"({"dateRanges":[{"startDate":"2025-03-01","endDate":"2025-03-07"}],
                                         "dimensions":[{"name":"date"},{"name":"sessionCampaignName"}],
                                         "metrics":[{"name":"sessions"},{"name":"keyEvents"}],"limit":"10","offset":"5"})"});
  EXPECT_EQ(at(answer, "/metricHeaders/1/name"), "sessions") << "not as asked";
  EXPECT_EQ(size(answer, "/rows"), 10u);
  EXPECT_GT(std::stoi(at(answer, "/rowCount")), 15);
}

TEST_F(VendorAnswerTest, LinkedInWantsItsQueryUnencoded) {
  const auto vendor = make_linkedin_ads();
  Fields headers = bearer_;
  headers.emplace_back("linkedin-version", "202502");
  headers.emplace_back("x-restli-protocol-version", "2.0.0");
  const std::string start = "/rest/adAnalytics?q=analytics&pivot=CAMPAIGN&timeGranularity=DAILY&dateRange=";
  const std::string end =
      "&accounts=List(urn%3Ali%3AsponsoredAccount%3A999)&fields=pivotValues,dateRange,impressions,"
      "costInLocalCurrency";
  const std::string range = "(start:(year:2025,month:3,day:1),end:(year:2025,month:3,day:7))";
  const auto answer = read(*vendor, {"GET", start + range + end, headers, ""});
  EXPECT_EQ(at(answer, "/elements/0/pivotValues/0"), "urn:li:sponsoredCampaign:777000111");
  EXPECT_EQ(at(answer, "/elements/0/dateRange/start/month"), "3");
  EXPECT_EQ(at(answer, "/elements/0/clicks"), "(none)") << "not asked for";
  EXPECT_EQ(ask(*vendor, {"GET", start + percent_encoded(range) + end, headers, ""}).status, 400);
  EXPECT_EQ(complaint_, "dateRange");
}

TEST_F(VendorAnswerTest, TikTokRefusesWithStatus200) {
  const auto vendor = make_tiktok_ads();
  const Fields headers{{"access-token", "tiktok-secret-token"}};
  const auto target = [](const std::string& from, const std::string& page) {
    return "/open_api/v1.3/report/integrated/get/"
           "?advertiser_id=7000000000000000001&report_type=BASIC&data_level=AUCTION_CAMPAIGN"
           "&dimensions=%5B%22campaign_id%22%2C%22stat_time_day%22%5D&metrics=%5B%22spend%22%2C%22conversion%"
           "22%5D&start_date=" +
           from + "&end_date=2025-03-11&page_size=1000&page=" + page;
  };
  const auto answer = read(*vendor, {"GET", target("2025-02-10", "1"), headers, ""});
  EXPECT_EQ(at(answer, "/code"), "0");
  EXPECT_EQ(at(answer, "/data/page_info/total_page"), "2");
  EXPECT_EQ(size(answer, "/data/list"), 1000u);
  EXPECT_EQ(ask(*vendor, {"GET", target("2025-02-09", "1"), headers, ""}).status, 200);
  EXPECT_EQ(complaint_, "The date range can't be larger than 30 days.");
}

TEST_F(VendorAnswerTest, MicrosoftGivesAZipAfterAWhile) {
  const auto vendor = make_microsoft_ads();
  Fields headers = bearer_;
  for (const auto& [name, value] :
       Fields{{"developertoken", "dev-token-2"}, {"customerid", "456"}, {"customeraccountid", "123"}})
    headers.emplace_back(name, value);
  const auto submitted = read(
      *vendor,
      {"POST", "/Reporting/v13/GenerateReport/Submit", headers,
       R"({"ReportRequest":{"Type":"CampaignPerformanceReportRequest","Format":"Csv","FormatVersion":"2.0",
 "ReportName":"t","Aggregation":"Daily","ReturnOnlyCompleteData":false,"ExcludeReportHeader":true,"ExcludeReportFooter":true,
 "ExcludeColumnHeaders":false,"Columns":["TimePeriod","CampaignId","Spend"],"Scope":{"AccountIds":[123]},
 "Time":{"CustomDateRangeStart":{"Year":2025,"Month":3,"Day":1},"CustomDateRangeEnd":{"Year":2025,"Month":3,"Day":7},
 "ReportTimeZone":"AmsterdamBerlinBernRomeStockholmVienna"}}})"});
  const std::string poll = R"({"ReportRequestId":")" + at(submitted, "/ReportRequestId") + "\"}";
  std::string url;
  for (int i = 0; i < 3; ++i)
    url = at(read(*vendor, {"POST", "/Reporting/v13/GenerateReport/Poll", headers, poll}),
             "/ReportRequestStatus/ReportDownloadUrl");
  ASSERT_TRUE(url.starts_with("http://127.0.0.1:2/reports/")) << url;
  Situation situation{.now = kStart, .addresses = {}, .tokens = tokens_, .downloads = true};
  const HttpReply file = vendor->answer(Request({"GET", url.substr(18), {}, ""}), situation);
  EXPECT_EQ(file.body.substr(0, 4), "PK\x03\x04");
  vendor->answer(Request({"GET", url.substr(18), bearer_, ""}), situation);
  EXPECT_EQ(situation.complaint, "credentials were sent to another host");
}

TEST_F(VendorAnswerTest, ShopifyShowsOnlySelectedFields) {
  const auto vendor = make_shopify_orders();
  const Fields headers{{"x-shopify-access-token", "shpat_secret_1"}};
  const auto ask_for = [](const std::string& fields) {
    return R"({"query":"query($cursor: String) { orders(first: 100, after: $cursor, query: \"created_at:>=2025-03-08\") { pageInfo { hasNextPage endCursor } nodes { )" +
           fields + R"( } } }","variables":{"cursor":null}})";
  };
  const std::string target = "/admin/api/2025-01/graphql.json";
  const auto answer = read(*vendor, {"POST", target, headers,
                                     ask_for("id createdAt currentTotalPriceSet { shopMoney { amount } }")});
  EXPECT_EQ(size(answer, "/data/orders/nodes"), 25u);
  EXPECT_EQ(at(answer, "/data/orders/nodes/0/createdAt"), "2025-03-08T05:00:00Z")
      << "the day begins in New York";
  EXPECT_EQ(at(answer, "/data/orders/pageInfo/hasNextPage"), "true");
  EXPECT_EQ(at(answer, "/data/orders/nodes/0/test"), "(none)");
  EXPECT_EQ(ask(*vendor, {"POST", target, headers, ask_for("price")}).status, 200);
  EXPECT_EQ(complaint_, "Field 'price' doesn't exist");
}

TEST_F(VendorAnswerTest, ShopifyPagesTakeNothingBesideTheirToken) {
  const auto vendor = make_shopify_rest_orders();
  const Fields headers{{"x-shopify-access-token", "shpat_secret_1"}};
  const std::string path = "/admin/api/2025-01/orders.json?";
  const HttpReply reply = ask(
      *vendor, {"GET", path + "status=any&limit=50&created_at_min=2025-03-08T00:00:00-05:00", headers, ""});
  EXPECT_EQ(reply.status, 200);
  const std::string link = reply.headers.back().second;
  const std::string next = link.substr(19, link.find('>') - 19);
  ASSERT_TRUE(next.starts_with("/admin/api/2025-01/orders.json?limit=50&page_info=")) << link;
  EXPECT_NE(ask(*vendor, {"GET", next, headers, ""}).headers.back().second.find("rel=\"previous\""),
            std::string::npos);
  EXPECT_EQ(ask(*vendor, {"GET", next + "&status=any", headers, ""}).status, 400);
}

TEST_F(VendorAnswerTest, StripeListsTheNewestFirst) {
  const auto vendor = make_stripe();
  const Fields headers{{"authorization", "Bearer rk_test_secret_51"}, {"stripe-version", "2024-06-20"}};
  const auto answer =
      read(*vendor,
           {"GET", "/v1/charges?limit=100&created%5Bgte%5D=1740787200&created[lt]=1741392000", headers, ""});
  EXPECT_EQ(at(answer, "/has_more"), "true");
  EXPECT_EQ(size(answer, "/data"), 100u);
  EXPECT_LT(std::stoll(at(answer, "/data/99/created")), std::stoll(at(answer, "/data/0/created")));
  EXPECT_EQ(ask(*vendor, {"GET", "/v1/charges?limit=101", headers, ""}).status, 400);
  EXPECT_EQ(ask(*vendor, {"GET", "/v1/charges?created.gte=3", headers, ""}).status, 400);
}

TEST_F(VendorAnswerTest, HubSpotSearches) {
  const auto vendor = make_hubspot_deals();
  const Fields headers{{"authorization", "Bearer pat-eu1-secret"}};
  const auto answer = read(
      *vendor,
      {"POST", "/crm/v3/objects/deals/search", headers,
       R"({"filterGroups":[{"filters":[{"propertyName":"closedate","operator":"GTE","value":"1740787200000"},
                                        {"propertyName":"dealstage","operator":"EQ","value":"closedwon"}]}],
                                        "properties":["amount","closedate"],"limit":100,"after":"100"})"});
  EXPECT_EQ(size(answer, "/results"), 100u);
  EXPECT_EQ(at(answer, "/paging/next/after"), "200");
  EXPECT_EQ(at(answer, "/results/0/properties/dealstage"), "(none)") << "not asked for";
}

TEST_F(VendorAnswerTest, MailchimpTrimsByFields) {
  const auto vendor = make_mailchimp();
  const Fields headers{{"authorization", "Basic YW55Ym9keTowMTIzNDU2Nzg5YWJjZGVmLXVzMTk="}};
  const auto answer = read(*vendor, {"GET",
                                     "/3.0/reports?count=1000&offset=0&since_send_time=2025-02-10T00:00:00Z"
                                     "&fields=reports.id,reports.opens.unique_opens,total_items",
                                     headers, ""});
  EXPECT_EQ(size(answer, "/reports"), 1000u);
  EXPECT_GT(std::stoi(at(answer, "/total_items")), 1000);
  EXPECT_EQ(at(answer, "/reports/0/opens/open_rate"), "(none)");
  EXPECT_NE(at(answer, "/reports/0/opens/unique_opens"), "(none)");
}

TEST_F(VendorAnswerTest, KlaviyoSumsAFrameOfTime) {
  const auto vendor = make_klaviyo();
  const Fields headers{{"authorization", "Klaviyo-API-Key pk_secret_klaviyo"}, {"revision", "2025-01-15"}};
  const auto answer = read(
      *vendor,
      {"POST", "/api/campaign-values-reports", headers,
       R"({"data":{"type":"campaign-values-report","attributes":{"timeframe":{"start":"2025-03-01T00:00:00Z",
                                        "end":"2025-03-02T00:00:00Z"},"conversion_metric_id":"AbC123","statistics":["recipients","conversion_value"]}}})"});
  EXPECT_EQ(size(answer, "/data/attributes/results"), 5u);
  EXPECT_EQ(at(answer, "/links/next"), "http://127.0.0.1:1/api/campaign-values-reports?page_cursor=c5");
}

TEST_F(VendorAnswerTest, TimeTrackersShowEntries) {
  const auto toggl = make_toggl();
  const HttpReply reply =
      ask(*toggl, {"POST",
                   "/reports/api/v3/workspace/7/search/time_entries",
                   {{"authorization", "Basic dG9nZ2wtc2VjcmV0LXRva2VuOmFwaV90b2tlbg=="}},
                   R"({"start_date":"2025-03-01","end_date":"2025-03-07","page_size":50})"});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at(1), (std::pair<std::string, std::string>("X-Next-Row-Number", "21")));
  const auto clockify = make_clockify();
  const auto answer = read(
      *clockify, {"POST",
                  "/v1/workspaces/64a1b2c3d4e5f60718293a4b/reports/detailed",
                  {{"x-api-key", "clockify-secret-key"}},
                  R"({"dateRangeStart":"2025-03-01T00:00:00.000Z","dateRangeEnd":"2025-03-07T23:59:59.999Z",
                                          "detailedFilter":{"page":2,"pageSize":200,"sortColumn":"DATE"},"exportType":"JSON"})"});
  EXPECT_EQ(size(answer, "/timeentries"), 252u - 200u);
}

// Over HTTP, in virtual time.
class SimulatorTest : public ::testing::Test {
 protected:
  int status_of(Simulator& simulator) {
    const auto transfer = collectors::make_curl_transfer(io_.get_executor(), {});
    collectors::TransferRequest request;
    request.url = simulator.addresses().api + "/report?from=2025-03-05&to=2025-03-11";
    request.secret_headers = {{"Authorization", config::Secret("Bearer plain-secret-token")}};
    request.allow_private_addresses = true;
    int status = 0;
    boost::asio::co_spawn(io_, transfer->fetch(std::move(request)),
                          [&](std::exception_ptr, collectors::TransferResult result) {
                            status = result ? result->status : -1;
                          });
    io_.restart();
    io_.run();
    return status;
  }

  boost::asio::io_context io_;
  testing::ManualClock clock_{kStart};
  Simulator simulator_{make_plain_api(), clock_};
};

TEST_F(SimulatorTest, CountsRequestsBeforeTheyAreAllowed) {
  EXPECT_EQ(status_of(simulator_), 200);
  simulator_.arm({.kind = FaultKind::throttled});
  EXPECT_EQ(status_of(simulator_), 429);
  EXPECT_TRUE(simulator_.fired());
  clock_.advance(std::chrono::seconds(89));
  EXPECT_EQ(status_of(simulator_), 429);
  EXPECT_EQ(simulator_.violations().size(), 1u);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(status_of(simulator_), 200);
  EXPECT_EQ(simulator_.violations().size(), 1u);
}

TEST_F(SimulatorTest, CutsConnections) {
  simulator_.arm({.kind = FaultKind::cut_connection, .at = 1});
  EXPECT_EQ(status_of(simulator_), 200);
  EXPECT_EQ(status_of(simulator_), -1);
  EXPECT_EQ(status_of(simulator_), 200);
  EXPECT_EQ(simulator_.log().size(), 3u);
}

TEST(GraphqlTest, ReadsAliasesArgumentsAndNesting) {
  const auto selected = parse_graphql(
      "query Q($a: String) { all: orders(first: 5, query: \"x:{y}\", after: $a) { nodes { id } } }");
  ASSERT_TRUE(selected);
  EXPECT_EQ(selected->front().shown, "all");
  EXPECT_EQ(selected->front().name, "orders");
  EXPECT_EQ(selected->front().arguments.at("query"), "\"x:{y}\"");
  EXPECT_EQ(selected->front().arguments.at("after"), "$a");
  EXPECT_EQ(selected->front().find("nodes")->fields.front().name, "id");
  EXPECT_FALSE(parse_graphql("mutation { x }"));
  EXPECT_FALSE(parse_graphql("{ orders { id }"));
}

// Every vendor, once: a wrong path is refused, and whatever it says when it refuses has its shape.
class EveryVendorTest : public ::testing::TestWithParam<NamedVendor> {};

TEST_P(EveryVendorTest, RefusesWrongPaths) {
  const auto vendor = GetParam().make();
  TokenDesk tokens;
  Situation situation{.now = kStart, .addresses = {}, .tokens = tokens};
  const HttpReply reply = vendor->answer(Request({"GET", "/nowhere", {}, ""}), situation);
  EXPECT_GE(reply.status, 400);
  EXPECT_NE(situation.complaint, "");
}

TEST_P(EveryVendorTest, RestatesAndRemoves) {
  const auto vendor = GetParam().make();
  const auto before = vendor->truth(kStart).figures;
  ASSERT_FALSE(before.empty());
  vendor->restate({kToday - 6, kToday}, kStart);
  const auto restated = vendor->truth(kStart).figures;
  const bool counts_only =
      std::string_view(GetParam().name) == "hubspot_contacts";  // nothing of them changes
  EXPECT_TRUE(counts_only || before != restated);
  vendor->remove_rows({kToday - 6, kToday});
  EXPECT_TRUE(restated != vendor->truth(kStart).figures);
}

TEST_P(EveryVendorTest, AsksForPatienceOfSomeLength) {
  const auto vendor = GetParam().make();
  const Request request(HttpRequest{"GET", "/", {}, ""});
  EXPECT_FALSE(vendor->throttles().empty());
  for (const Throttle& throttle : vendor->throttles()) {
    EXPECT_FALSE(throttle.reply(request, kStart).body.empty()) << throttle.name;
    EXPECT_GT(throttle.until(kStart), kStart) << throttle.name;
  }
  EXPECT_EQ(vendor->error_in_200(request).status, 200);
}

INSTANTIATE_TEST_SUITE_P(All, EveryVendorTest, ::testing::ValuesIn(all_vendors()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace tightrope::vendors
