// What an answer means, and what is sent to get it.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/receivers/http_answer.h"
#include "daemon/receivers/receiver.h"
#include "tests/daemon/example_alerts.h"
#include "tests/support/fake_transfer.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using Kind = Delivery::Kind;
using testing::FakeTransfer;

struct AnswerCase {
  const char* name;
  int status;
  Kind kind;
};

class AnswerTest : public ::testing::TestWithParam<AnswerCase> {};

TEST_P(AnswerTest, Means) {
  collectors::TransferResponse response;
  response.status = GetParam().status;
  EXPECT_EQ(judge_answer(collectors::TransferResult(response), {}).kind, GetParam().kind);
}

INSTANTIATE_TEST_SUITE_P(All, AnswerTest,
                         ::testing::ValuesIn(std::vector<AnswerCase>{
                             {"OkIsDelivered", 200, Kind::delivered},
                             {"AcceptedIsDelivered", 202, Kind::delivered},
                             {"NoContentIsDelivered", 204, Kind::delivered},
                             {"RedirectIsTriedAgain", 302, Kind::try_again},
                             {"PermanentRedirectIsTriedAgain", 308, Kind::try_again},
                             {"BadRequestIsRefused", 400, Kind::refused},
                             {"NotFoundIsRefused", 404, Kind::refused},
                             {"RequestTimeoutIsTriedAgain", 408, Kind::try_again},
                             {"TooManyRequestsIsTriedAgain", 429, Kind::try_again},
                             {"ServerErrorIsTriedAgain", 500, Kind::try_again},
                             {"UnavailableIsTriedAgain", 503, Kind::try_again},
                         }),
                         [](const auto& row) { return std::string(row.param.name); });

std::optional<rules::Duration> wait_for(std::vector<std::pair<std::string, std::string>> headers) {
  collectors::TransferResponse response;
  response.status = 429;
  response.headers = std::move(headers);
  return judge_answer(collectors::TransferResult(response), {}).retry_after;
}

TEST(RetryAfterTest, ReadsSecondsAndDates) {
  EXPECT_EQ(wait_for({{"retry-after", "30"}}), 30s);
  EXPECT_EQ(
      wait_for({{"retry-after", "Fri, 20 Nov 2026 21:05:30 GMT"}, {"date", "Fri, 20 Nov 2026 21:04:00 GMT"}}),
      90s);
  EXPECT_EQ(
      wait_for({{"retry-after", "Fri, 20 Nov 2026 21:04:00 GMT"}, {"date", "Fri, 20 Nov 2026 21:05:00 GMT"}}),
      0s);
}

TEST(RetryAfterTest, IgnoresWhatItCannotRead) {
  EXPECT_EQ(wait_for({}), std::nullopt);
  EXPECT_EQ(wait_for({{"retry-after", "soon"}}), std::nullopt);
  EXPECT_EQ(wait_for({{"retry-after", "-5"}}), std::nullopt);
  EXPECT_EQ(wait_for({{"retry-after", "Fri, 20 Nov 2026 21:05:30 GMT"}}), std::nullopt)
      << "no Date to compare it with";
  EXPECT_EQ(
      wait_for({{"retry-after", "Fri, 32 Nov 2026 21:05:30 GMT"}, {"date", "Fri, 20 Nov 2026 21:04:00 GMT"}}),
      std::nullopt);
  EXPECT_EQ(wait_for({{"retry-after", "99999999999999999999"}}), std::nullopt);
}

TEST(RetryAfterTest, ReceiverThatAsksForDaysIsTriedAgainInAQuarterOfAnHour) {
  EXPECT_EQ(wait_for({{"retry-after", "901"}}), 15min);
  EXPECT_EQ(wait_for({{"retry-after", "2000000"}}), 15min);
  EXPECT_EQ(
      wait_for({{"retry-after", "Sat, 21 Nov 2026 21:04:00 GMT"}, {"date", "Fri, 20 Nov 2026 21:04:00 GMT"}}),
      15min);
}

TEST(ExcerptTest, IsOneShortLine) {
  EXPECT_EQ(excerpt("  no_service\r\n", {}), "no_service");
  EXPECT_EQ(excerpt("a\nb", {}), "a b");
  EXPECT_EQ(excerpt(std::string(500, 'x'), {}).size(), 200u);
  EXPECT_EQ(excerpt(" \n", {}), "");
}

struct EchoCase {
  const char* name;
  const char* answer;
  const char* shown;
};

class EchoTest : public ::testing::TestWithParam<EchoCase> {};

TEST_P(EchoTest, ShowsNoSecret) {
  SecretMask mask;
  mask.hide_address(
      config::Secret("https://example.com/services/T0/a%20k3y-of-ours?token=hid&den&to=swordfish"));
  mask.hide(config::Secret("s3cret/\"<"));
  EXPECT_EQ(excerpt(GetParam().answer, mask), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    All, EchoTest,
    ::testing::ValuesIn(std::vector<EchoCase>{
        {"PathAndQuery", "Cannot POST /services/T0/a%20k3y-of-ours?token=hid&den&to=swordfish now",
         "Cannot POST <secret> now"},
        {"PathAlone", "no /services/T0/a%20k3y-of-ours here", "no <secret> here"},
        {"PathAsTheServerReadsIt", "no /services/T0/a k3y-of-ours here", "no <secret> here"},
        {"KeyOfThePath", "no token a%20k3y-of-ours in services", "no token <secret> in services"},
        {"ValueOfTheQuery", "unknown: swordfish", "unknown: <secret>"},
        {"QueryAlone", "{\"query\":\"token=hid&den&to=swordfish\"}", "{\"query\":\"<secret>\"}"},
        {"PercentEncoded", "next=%2Fservices%2fT0%2Fa%2520k3y-of-ours", "next=<secret>"},
        {"EscapedForHtml", "<p>token=hid&amp;den&#38;to=swordfish</p>", "<p><secret></p>"},
        {"EscapedForJson", R"({"url":"https:\/\/example.com\/services\/T0\/a%20k3y-of-ours"})",
         R"({"url":"https:\/\/example.com<secret>"})"},
        {"TokenAsItIs", "Authorization: Bearer s3cret/\"<!", "Authorization: Bearer <secret>!"},
        {"TokenEscaped",
         R"(Bearer s3cret\/\"\u003c and s3cret%2F%22%3c, s3cret/&quot;&lt; and s3cret&#x2f;&#34;<)",
         "Bearer <secret> and <secret>, <secret> and <secret>"},
        {"NothingElse", "s3cre, example.com, T0 /services", "s3cre, example.com, T0 /services"},
    }),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ExcerptTest, HidesASecretThatStandsWhereItIsCut) {
  SecretMask mask;
  mask.hide(config::Secret("swordfish"));
  const std::string line = excerpt(std::string(196, 'x') + "swordfish", mask);
  EXPECT_EQ(line, std::string(196, 'x') + "<sec");
}

TEST(ExcerptTest, AddressWithoutAPathHidesNothing) {
  SecretMask mask;
  mask.hide_address(config::Secret("http://example.com/"));
  mask.hide_address(config::Secret("http://example.com"));
  mask.hide(config::Secret());
  EXPECT_EQ(excerpt("<a href=/>http://example.com/</a>", mask), "<a href=/>http://example.com/</a>");
}

class IntegrationTest : public ::testing::Test {
 protected:
  Delivery send(Integration& integration) {
    Delivery delivery;
    boost::asio::co_spawn(io_, integration.send("{\"body\":1}", "0123456789abcdef"),
                          [&delivery](std::exception_ptr failure, Delivery ended) {
                            EXPECT_FALSE(failure);
                            delivery = std::move(ended);
                          });
    io_.restart();
    io_.run();
    return delivery;
  }

  std::vector<std::unique_ptr<Integration>> make() {
    config::Receiver receiver;
    receiver.name = "oncall";
    config::WebhookReceiver webhook;
    webhook.url = config::Secret("http://127.0.0.1:9/hook?token=hidden");
    webhook.bearer_token = config::Secret("s3cret");
    receiver.webhooks = {webhook};
    config::SlackReceiver slack;
    slack.webhook_url = config::Secret("https://hooks.slack.example/services/T0/B0/hidden");
    receiver.slacks = {slack};
    receiver.allow_private_addresses = false;
    return make_integrations(receiver, transfer_, MessageLinks{"http://tightrope.example"});
  }

  boost::asio::io_context io_;
  FakeTransfer transfer_;
};

TEST_F(IntegrationTest, NamesSayReceiverKindAndPlace) {
  const auto integrations = make();
  ASSERT_EQ(integrations.size(), 2u);
  EXPECT_EQ(integrations[0]->name(), "oncall/webhook[0]");
  EXPECT_EQ(integrations[1]->name(), "oncall/slack[0]");
}

TEST_F(IntegrationTest, WebhookPostsTheBodyWithItsIdAndSecret) {
  const auto integrations = make();
  transfer_.will_answer(200, "");
  EXPECT_EQ(send(*integrations[0]).kind, Kind::delivered);
  ASSERT_EQ(transfer_.requests().size(), 1u);
  const collectors::TransferRequest& request = transfer_.requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, "{\"body\":1}");
  EXPECT_FALSE(request.allow_private_addresses);
  EXPECT_NE(std::find(request.headers.begin(), request.headers.end(),
                      std::pair<std::string, std::string>("X-Tightrope-Notification", "0123456789abcdef")),
            request.headers.end());
  ASSERT_EQ(request.secret_headers.size(), 1u);
  EXPECT_EQ(request.secret_headers[0].second.reveal(), "Bearer s3cret");
}

// A POST that is redirected with 301, 302 or 303 goes on as a GET: the page at its end said 200, and the
// alert had reached nobody.
TEST_F(IntegrationTest, RedirectIsNotFollowedAndSaysWhatToDoWithoutSayingWhereItLeads) {
  const auto integrations = make();
  for (const auto& integration : integrations) {
    transfer_.will_answer(302, "<a href=\"/login?next=hidden\">Found</a>",
                          {{"location", "/login?next=hidden"}});
    const Delivery delivery = send(*integration);
    EXPECT_FALSE(transfer_.requests().back().follow_redirects);
    EXPECT_EQ(delivery.kind, Kind::try_again);
    EXPECT_EQ(delivery.text, "answered 302, a redirect: configure the address it leads to");
  }
}

TEST_F(IntegrationTest, AnswerThatRepeatsTheRequestShowsNoSecret) {
  const auto integrations = make();
  transfer_.will_answer(401, "POST /hook?token=hidden Authorization: Bearer s3cret");
  EXPECT_EQ(send(*integrations[0]).text, "answered 401: POST <secret> Authorization: Bearer <secret>");
  transfer_.will_answer(500, "POST /services/T0/B0/hidden failed");
  EXPECT_EQ(send(*integrations[1]).text, "answered 500: POST <secret> failed");
  transfer_.will_answer(200, "{\"ok\":false,\"error\":\"\\/services\\/T0\\/B0\\/hidden\"}");
  EXPECT_EQ(send(*integrations[1]).text, "answered: {\"ok\":false,\"error\":\"<secret>\"}");
}

TEST_F(IntegrationTest, FailedTransferIsTriedAgainWithItsReason) {
  const auto integrations = make();
  transfer_.will_fail(collectors::TransferFailure::connect, "127.0.0.1:9: connection refused");
  const Delivery delivery = send(*integrations[0]);
  EXPECT_EQ(delivery.kind, Kind::try_again);
  EXPECT_EQ(delivery.text, "127.0.0.1:9: connection refused");
}

TEST_F(IntegrationTest, SlackRateLimitIsHonoured) {
  const auto integrations = make();
  transfer_.will_answer(429, "rate_limited", {{"retry-after", "7"}});
  const Delivery delivery = send(*integrations[1]);
  EXPECT_EQ(delivery.kind, Kind::try_again);
  EXPECT_EQ(delivery.retry_after, 7s);
  EXPECT_EQ(delivery.text, "answered 429: rate_limited");
}

TEST_F(IntegrationTest, SlackAnswersAreUnderstood) {
  const auto integrations = make();
  transfer_.will_answer(200, "ok");
  transfer_.will_answer(200, "{\"ok\":true}");
  transfer_.will_answer(200, "{\"ok\":false,\"error\":\"channel_not_found\"}");
  transfer_.will_answer(404, "no_service");
  EXPECT_EQ(send(*integrations[1]).kind, Kind::delivered);
  EXPECT_EQ(send(*integrations[1]).kind, Kind::delivered);
  EXPECT_EQ(send(*integrations[1]).kind, Kind::refused);
  const Delivery gone = send(*integrations[1]);
  EXPECT_EQ(gone.kind, Kind::refused);
  EXPECT_EQ(gone.text, "answered 404: no_service");
}

TEST(RenderTest, ResolutionsAreLeftOutForThoseWhoDoNotWantThem) {
  FakeTransfer transfer;
  config::Receiver receiver;
  receiver.name = "oncall";
  receiver.webhooks.resize(1);
  receiver.slacks.resize(1);
  receiver.webhooks[0].send_resolved = false;
  receiver.slacks[0].send_resolved = false;
  const auto integrations = make_integrations(receiver, transfer, MessageLinks{});
  Notification mixed;
  mixed.firing = {testing::firing_pace()};
  mixed.resolved = {testing::resolved_cpa()};
  Notification only_resolved = mixed;
  only_resolved.firing_news = false;  // one went, the other is known already
  for (const auto& integration : integrations) {
    const auto rendered = integration->render(mixed);
    ASSERT_TRUE(rendered.has_value());
    EXPECT_EQ(rendered->body.find("back on target"), std::string::npos) << rendered->body;
    EXPECT_EQ(rendered->shown, (std::vector<std::string>{mixed.firing[0].id}));
    EXPECT_FALSE(integration->render(only_resolved).has_value());
  }
}

TEST(RenderedTest, NamesTheAlertsThatItsMessageHasRoomFor) {
  FakeTransfer transfer;
  config::Receiver receiver;
  receiver.name = "oncall";
  receiver.webhooks.resize(1);
  receiver.webhooks[0].max_alerts = 3;
  receiver.slacks.resize(1);
  const auto integrations = make_integrations(receiver, transfer, MessageLinks{});
  Notification many;
  for (int i = 0; i < 20; ++i)
    many.firing.push_back(testing::small_alert("a" + std::to_string(i), "acme", "page", testing::kEvening));
  const auto webhook = integrations[0]->render(many);
  EXPECT_EQ(webhook->shown, (std::vector<std::string>{"a0", "a1", "a2"}));
  const auto slack = integrations[1]->render(many);
  ASSERT_EQ(slack->shown.size(), 10u);
  EXPECT_EQ(slack->shown.back(), "a9");
}

}  // namespace
}  // namespace tightrope::daemon
