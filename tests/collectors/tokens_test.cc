// Who asks, who is cancelled, what the server says and what the disk does: in whatever order they come,
// nobody waits for ever and no refresh token is lost.
#include "collectors/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <deque>

#include "collectors/token_answer.h"
#include "collectors/web_address.h"
#include "tests/collectors/collecting.h"
#include "tests/support/manual_clock.h"

namespace tightrope::collectors {
namespace {

using namespace std::chrono_literals;
using config::Secret;
using ::testing::ElementsAre;
using testing::FakeTransfer;
using ::testing::HasSubstr;
using testing::ManualClock;
using ::testing::Not;

// Answers when it is let go.
class HeldTransfer final : public Transfer {
 public:
  HeldTransfer(FakeTransfer& answers, std::vector<std::string>& events)
      : answers_(answers), events_(events) {}

  void hold() { held_ = true; }
  void let_go() {
    held_ = false;
    for (asio::steady_timer* timer : waiting_) timer->cancel();
  }
  asio::awaitable<TransferResult> fetch(TransferRequest request) override {
    events_.push_back("asked");
    if (held_) {
      const auto executor = co_await asio::this_coro::executor;
      asio::steady_timer timer(executor, asio::steady_timer::time_point::max());
      waiting_.push_back(&timer);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      std::erase(waiting_, &timer);
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    auto answering = answers_.fetch(std::move(request));
    TransferResult result = co_await std::move(answering);
    co_return result;
  }

 private:
  FakeTransfer& answers_;
  std::vector<std::string>& events_;
  bool held_ = false;
  std::vector<asio::steady_timer*> waiting_;
};

class WatchedStore final : public TokenStore {
 public:
  explicit WatchedStore(std::vector<std::string>& events) : events_(events) {}

  std::optional<Secret> load(const std::string& key) override {
    if (unreadable) throw std::runtime_error("cannot read tokens/x.token: Permission denied");
    return kept->load(key);
  }
  void save(const std::string& key, const Secret& refresh_token) override {
    if (saves_to_fail > 0) {
      --saves_to_fail;
      events_.push_back("not saved");
      throw std::runtime_error("cannot write tokens/x.token: No space left on device");
    }
    kept->save(key, refresh_token);
    events_.push_back("saved " + refresh_token.reveal());
  }

  int saves_to_fail = 0;
  bool unreadable = false;
  std::unique_ptr<TokenStore> kept = make_memory_token_store();

 private:
  std::vector<std::string>& events_;
};

class TokensTest : public ::testing::Test {
 protected:
  struct Asker {
    asio::cancellation_signal cancel;
    bool ended = false;
    bool cancelled = false;
    std::string outcome;  // the token, or "KIND: TEXT"
    std::optional<rules::Duration> retry_after;
  };

  TokensTest() {
    refreshing.token_url = "https://login.example.com/token";
    refreshing.client_id = "client-7";
    refreshing.client_secret = Secret("client-secret");
    refreshing.refresh_token = Secret("configured-refresh");
  }
  ~TokensTest() override {
    tokens.reset();
    settle();
  }

  Asker& ask(const TokenRequest& request, std::optional<Secret> refused = std::nullopt) {
    Asker& asker = askers.emplace_back();
    asio::co_spawn(io, tokens->access_token(request, std::move(refused)),
                   asio::bind_cancellation_slot(
                       asker.cancel.slot(), [this, &asker](std::exception_ptr failure, TokenResult result) {
                         asker.ended = true;
                         asker.cancelled = failure != nullptr;
                         if (failure) return;
                         asker.outcome = result ? result->reveal()
                                                : std::string(to_string(result.error().kind)) + ": " +
                                                      result.error().text;
                         if (!result) asker.retry_after = result.error().retry_after;
                         events.push_back("gave " + asker.outcome);
                       }));
    return asker;
  }
  void settle() {
    io.restart();
    io.poll();
  }
  std::string token(std::optional<Secret> refused = std::nullopt) {
    return token(refreshing, std::move(refused));
  }
  std::string token(const TokenRequest& request, std::optional<Secret> refused = std::nullopt) {
    Asker& asker = ask(request, std::move(refused));
    settle();
    return asker.ended ? asker.outcome : "still waits";
  }
  void will_give(const std::string& access, const std::string& more = R"(,"expires_in":3600)") {
    answers.will_answer(200, R"({"access_token":")" + access + R"(","token_type":"bearer")" + more + "}");
  }
  void will_refuse(int status, const std::string& body) {
    answers.will_answer(status, body, {{"content-type", "application/json"}});
  }
  const std::string& body(std::size_t i) const { return answers.requests().at(i).body; }

  asio::io_context io;
  ManualClock clock{kNow};
  FakeTransfer answers;
  std::vector<std::string> events;
  HeldTransfer transfer{answers, events};
  WatchedStore store{events};
  std::unique_ptr<Tokens> tokens = make_tokens(transfer, clock, store);
  TokenRequest refreshing;
  std::deque<Asker> askers;
};

TEST_F(TokensTest, RefreshesWithTheClientInTheForm) {
  refreshing.scope = "ads.read offline";
  will_give("a1");
  EXPECT_EQ(token(), "a1");
  const TransferRequest& request = answers.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://login.example.com/token");
  EXPECT_EQ(
      request.body,
      "grant_type=refresh_token&refresh_token=configured-refresh&client_id=client-7&client_secret=client-"
      "secret&scope=ads.read%20offline");
  EXPECT_TRUE(request.secret_headers.empty());
  EXPECT_EQ(request.most_redirects, 0) << "a form with secrets goes nowhere else";
  EXPECT_EQ(request.most_bytes, 64u << 10);
  EXPECT_EQ(request.timeout, 30s);
  EXPECT_FALSE(request.allow_private_addresses);
}

TEST_F(TokensTest, AsksForItselfWithTheClientInAHeader) {
  TokenRequest request = refreshing;
  request.refresh_token.reset();
  request.client_in_header = true;
  request.client_secret = Secret("s:1");
  request.allow_private_addresses = true;
  will_give("a1");
  EXPECT_EQ(token(request), "a1");
  EXPECT_EQ(body(0), "grant_type=client_credentials");
  EXPECT_EQ(answers.requests().at(0).secret_headers.at(0).first, "Authorization");
  EXPECT_EQ(answers.requests().at(0).secret_headers.at(0).second.reveal(),
            "Basic " + base64("client-7:s%3A1"));
  EXPECT_TRUE(answers.requests().at(0).allow_private_addresses);
}

TEST_F(TokensTest, ATokenIsRenewedBeforeItExpires) {
  struct Case {
    const char* more;
    rules::Duration life, renewed_after;
  };
  for (const auto& [more, life, renewed_after] :
       std::vector<Case>{{R"(,"expires_in":3600)", 1h, 54min},
                         {R"(,"expires_in":"1800")", 30min, 27min},
                         {R"(,"expires_in":300)", 5min, 4min},
                         {R"(,"expires_in":60)", 1min, 30s},
                         {"", 1h, 54min},
                         {R"(,"expires_in":0)", 1h, 54min},
                         {R"(,"expires_in":"soon")", 1h, 54min},
                         {R"(,"expires_in":1e300)", 8784h, 7905h}}) {
    clock.advance(20000h);
    will_give("first", more);
    EXPECT_EQ(token(), "first") << more;
    clock.advance(renewed_after - 1ms);
    EXPECT_EQ(token(), "first") << more;
    will_give("second", more);
    clock.advance(1h);
    EXPECT_EQ(token(), "second") << more;
    EXPECT_EQ(answers.answers_left(), 0u) << more;
  }
}

TEST_F(TokensTest, AHundredWhoAskAreServedByOneRequest) {
  will_give("a1");
  for (int i = 0; i < 100; ++i) ask(refreshing);
  settle();
  for (const Asker& asker : askers) EXPECT_EQ(asker.outcome, "a1");
  EXPECT_EQ(answers.requests().size(), 1u);
}

TEST_F(TokensTest, AHundredWhoAskShareOneFailure) {
  answers.will_fail(TransferFailure::connect, "login.example.com:443: refused");
  for (int i = 0; i < 100; ++i) ask(refreshing);
  settle();
  for (const Asker& asker : askers)
    EXPECT_EQ(asker.outcome, "temporary: no access token: login.example.com:443: refused");
  EXPECT_EQ(answers.requests().size(), 1u);
  will_give("a1");
  EXPECT_EQ(token(), "a1") << "a failure is not remembered";
}

TEST_F(TokensTest, WhoAskedFirstMayBeCancelledAndTheOthersAreServed) {
  transfer.hold();
  will_give("a1");
  Asker& first = ask(refreshing);
  Asker& second = ask(refreshing);
  Asker& third = ask(refreshing);
  settle();
  first.cancel.emit(asio::cancellation_type::terminal);
  third.cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(first.cancelled);
  EXPECT_TRUE(third.cancelled);
  EXPECT_FALSE(second.ended);
  transfer.let_go();
  settle();
  EXPECT_EQ(second.outcome, "a1");
  EXPECT_EQ(answers.requests().size(), 1u);
}

TEST_F(TokensTest, ARefreshTokenIsKeptThoughNobodyWaitsAnyMore) {
  transfer.hold();
  will_give("a1", R"(,"refresh_token":"second-refresh")");
  Asker& asker = ask(refreshing);
  settle();
  asker.cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(asker.cancelled);
  bool idle = false;
  asio::co_spawn(io, tokens->idle(), [&idle](std::exception_ptr) { idle = true; });
  settle();
  EXPECT_FALSE(idle);
  transfer.let_go();
  settle();
  EXPECT_TRUE(idle);
  EXPECT_THAT(events, ElementsAre("asked", "saved second-refresh"));
  EXPECT_EQ(token(), "a1") << "which is kept too";
}

TEST_F(TokensTest, WhatIsStillFetchedEndsWithTheTokens) {
  transfer.hold();
  Asker& asker = ask(refreshing);
  settle();
  asker.cancel.emit(asio::cancellation_type::terminal);
  settle();
  tokens.reset();
  settle();
  EXPECT_TRUE(answers.requests().empty()) << "it never got that far";
  EXPECT_TRUE(io.stopped()) << "and nothing is left to run";
}

TEST_F(TokensTest, ARefusedTokenIsFetchedAgainOnceForAllWhoHoldIt) {
  will_give("a1");
  EXPECT_EQ(token(), "a1");
  will_give("a2");
  for (int i = 0; i < 5; ++i) ask(refreshing, Secret("a1"));
  settle();
  EXPECT_EQ(token(Secret("a1")), "a2") << "who comes later has it without another request";
  EXPECT_EQ(answers.requests().size(), 2u);
  for (std::size_t i = 1; i < askers.size(); ++i) EXPECT_EQ(askers[i].outcome, "a2");
}

TEST_F(TokensTest, AServerThatGivesTheRefusedTokenAgainIsNotAskedByEverybody) {
  will_give("a1");
  EXPECT_EQ(token(), "a1");
  will_give("a1");
  EXPECT_EQ(token(Secret("a1")), "a1");
  EXPECT_EQ(token(Secret("a1")), "a1");
  EXPECT_EQ(answers.requests().size(), 2u);
  clock.advance(2min);
  will_give("a2");
  EXPECT_EQ(token(Secret("a1")), "a2") << "refused much later, it is asked for again";
}

TEST_F(TokensTest, ScopesOfOneRefreshTokenAreFetchedOneAfterTheOther) {
  TokenRequest other = refreshing;
  other.scope = "reports";
  will_give("a1", R"(,"refresh_token":"second-refresh")");
  will_give("b1");
  ask(refreshing);
  ask(other);
  settle();
  EXPECT_EQ(askers[0].outcome, "a1");
  EXPECT_EQ(askers[1].outcome, "b1");
  EXPECT_THAT(body(1), HasSubstr("refresh_token=second-refresh")) << "never the old one again";
}

TEST_F(TokensTest, AChangedRefreshTokenIsKeptBeforeItsAccessTokenIsUsed) {
  will_give("a1", R"(,"refresh_token":"second-refresh")");
  EXPECT_EQ(token(), "a1");
  EXPECT_THAT(events, ElementsAre("asked", "saved second-refresh", "gave a1"));
  clock.advance(1h);
  will_give("a2", R"(,"refresh_token":"second-refresh")");
  EXPECT_EQ(token(), "a2");
  EXPECT_THAT(body(1), HasSubstr("refresh_token=second-refresh"));
  EXPECT_THAT(events, ElementsAre("asked", "saved second-refresh", "gave a1", "asked", "gave a2"))
      << "the same again is not saved again";
}

TEST_F(TokensTest, ANewStartGoesOnWithWhatWasKept) {
  will_give("a1", R"(,"refresh_token":"second-refresh")");
  EXPECT_EQ(token(), "a1");
  tokens = make_tokens(transfer, clock, store);
  will_give("a2");
  EXPECT_EQ(token(), "a2");
  EXPECT_THAT(body(1), HasSubstr("refresh_token=second-refresh"));
}

TEST_F(TokensTest, ANewlyConfiguredRefreshTokenTakesThePlaceOfWhatWasKept) {
  will_give("a1", R"(,"refresh_token":"second-refresh")");
  EXPECT_EQ(token(), "a1");
  refreshing.refresh_token = Secret("new-consent");
  will_give("a2");
  EXPECT_EQ(token(), "a2");
  EXPECT_THAT(body(1), HasSubstr("refresh_token=new-consent"));
}

TEST_F(TokensTest, UntilANewRefreshTokenIsKeptNothingIsGiven) {
  store.saves_to_fail = 2;
  will_give("a1", R"(,"refresh_token":"second-refresh")");
  const std::string failed = token();
  EXPECT_EQ(
      failed,
      "temporary: the server gave a new refresh token, which cannot be kept, and without it the next start "
      "would need a new consent: cannot write tokens/x.token: No space left on device");
  EXPECT_EQ(token(), failed);
  EXPECT_EQ(token(), "a1");
  EXPECT_EQ(answers.requests().size(), 1u) << "the access token was good all the time";
  EXPECT_THAT(events, ElementsAre("asked", "not saved", "gave " + failed, "not saved", "gave " + failed,
                                  "saved second-refresh", "gave a1"));
}

TEST_F(TokensTest, ANewRefreshTokenThatIsNotKeptYetIsTheOneThatIsUsed) {
  store.saves_to_fail = 1;
  will_give("a1", R"(,"refresh_token":"second-refresh")");
  token();
  clock.advance(2h);
  will_give("a2", R"(,"refresh_token":"third-refresh")");
  EXPECT_EQ(token(), "a2");
  EXPECT_THAT(body(1), HasSubstr("refresh_token=second-refresh"));
  EXPECT_EQ(events.at(4), "saved third-refresh");
}

TEST_F(TokensTest, AStoreThatCannotBeReadIsAnErrorAndNoReasonToUseAnOldToken) {
  store.unreadable = true;
  EXPECT_EQ(token(), "temporary: cannot read tokens/x.token: Permission denied");
  EXPECT_TRUE(answers.requests().empty());
}

TEST_F(TokensTest, WhatWasKeptIsRefusedAndTheConfiguredOneIsTriedOnce) {
  store.kept->save(token_store_key(refreshing), Secret("kept-refresh"));
  will_refuse(400, R"({"error":"invalid_grant"})");
  will_give("a1");
  EXPECT_EQ(token(), "a1");
  EXPECT_THAT(body(0), HasSubstr("refresh_token=kept-refresh"));
  EXPECT_THAT(body(1), HasSubstr("refresh_token=configured-refresh"));
  EXPECT_THAT(events, ElementsAre("asked", "asked", "saved configured-refresh", "gave a1"));
  store.kept->save(token_store_key(refreshing), Secret("kept-refresh"));
  clock.advance(2h);
  will_refuse(400, R"({"error":"invalid_grant"})");
  will_refuse(400, R"({"error":"invalid_grant"})");
  EXPECT_THAT(token(),
              HasSubstr("unauthorized: no access token: HTTP 400 from login.example.com:443: invalid_grant"));
  EXPECT_EQ(answers.requests().size(), 4u) << "once each";
}

TEST_F(TokensTest, WhatAnotherProcessKeptMeanwhileIsUsed) {
  will_give("a1");
  EXPECT_EQ(token(), "a1");
  store.kept->save(token_store_key(refreshing), Secret("kept-by-another"));
  clock.advance(2h);
  will_give("a2");
  EXPECT_EQ(token(), "a2");
  EXPECT_THAT(body(1), HasSubstr("refresh_token=kept-by-another"));
}

struct ErrorCase {
  const char* name;
  int status;
  const char* body;
  FakeTransfer::Headers headers;
  const char* outcome;
};

TEST_F(TokensTest, ErrorsSayWhatTheServerSaidAndWhatToDo) {
  const std::vector<ErrorCase> cases{
      {"InvalidGrant",
       400,
       R"({"error":"invalid_grant","error_description":"Token has been revoked."})",
       {},
       "unauthorized: no access token: HTTP 400 from login.example.com:443: Token has been revoked. "
       "(invalid_grant); the refresh token has expired, was revoked or is another client's: give consent "
       "again "
       "and put the new refresh token in its place"},
      {"InvalidClient",
       401,
       R"({"error":"invalid_client"})",
       {},
       "unauthorized: no access token: HTTP 401 from login.example.com:443: invalid_client; check client_id "
       "and "
       "client_secret, and that this client may ask for tokens this way"},
      {"InvalidScope",
       400,
       R"({"error":"invalid_scope"})",
       {},
       "unauthorized: no access token: HTTP 400 from login.example.com:443: invalid_scope; check scope"},
      {"NestedError",
       400,
       R"({"error":{"type":"OAuthException","message":"No such app","code":101}})",
       {},
       "unauthorized: no access token: HTTP 400 from login.example.com:443: No such app (OAuthException); "
       "check "
       "token_url, client_id, client_secret and refresh_token"},
      {"ErrorIn200",
       200,
       R"({"error":"invalid_client"})",
       {},
       "unauthorized: no access token: HTTP 200 without an access token (invalid_client); check client_id "
       "and "
       "client_secret, and that this client may ask for tokens this way"},
      {"SaidToBeTemporary",
       400,
       R"({"error":"temporarily_unavailable"})",
       {},
       "temporary: no access token: HTTP 400 from login.example.com:443: temporarily_unavailable"},
      {"ServerFails",
       500,
       R"({"error":"internal_failure"})",
       {},
       "temporary: no access token: HTTP 500 from login.example.com:443: internal_failure"},
      {"AnHtmlPageOfAFailure",
       502,
       "<html>",
       {{"content-type", "text/html"}},
       "temporary: no access token: HTTP 502 from login.example.com:443"},
      {"NotFoundAsHtml",
       404,
       "<html>",
       {{"content-type", "text/html"}},
       "bad_data: no access token: HTTP 404 from login.example.com:443: an HTML page; check token_url"},
      {"NotFound",
       404,
       "",
       {},
       "rejected: no access token: HTTP 404 from login.example.com:443; check token_url, client_id and "
       "client_secret"},
      {"HtmlInstead",
       200,
       "<html>",
       {{"content-type", "text/html"}},
       "bad_data: no access token: an HTML page came instead of JSON; check token_url"},
      {"NoJson",
       200,
       "access_token=x",
       {},
       "bad_data: no access token: the answer is not JSON; check token_url"},
      {"NoAccessToken",
       200,
       R"({"token":"x"})",
       {},
       "bad_data: no access token: the answer has no access_token; check token_url"},
      {"ANumberForAToken",
       200,
       R"({"access_token":7})",
       {},
       "bad_data: no access token: the answer has no access_token; check token_url"},
      {"ATokenWithALineBreak",
       200,
       R"({"access_token":"a\nb"})",
       {},
       "bad_data: no access token: the one that came holds characters that none may hold"},
  };
  for (const ErrorCase& each : cases) {
    FakeTransfer::Headers headers = each.headers;
    if (headers.empty()) headers = {{"content-type", "application/json"}};
    answers.will_answer(each.status, each.body, headers);
    EXPECT_EQ(token(), each.outcome) << each.name;
    EXPECT_EQ(answers.answers_left(), 0u) << each.name;
  }
}

TEST_F(TokensTest, AServerThatSaysWaitIsBelieved) {
  for (const int status : {429, 503}) {
    answers.will_answer(status, "{}", {{"retry-after", "120"}});
    EXPECT_THAT(token(), HasSubstr("throttled: no access token: HTTP " + std::to_string(status)));
    EXPECT_EQ(askers.back().retry_after, 120s);
  }
}

TEST_F(TokensTest, WhatTheTransferCannotDoIsTold) {
  answers.will_fail(TransferFailure::too_many_redirects, "login.example.com:443: too many redirects");
  EXPECT_EQ(
      token(),
      "rejected: no access token: login.example.com:443: too many redirects; redirects are not followed with "
      "secrets, so give the token_url they lead to");
  answers.will_fail(TransferFailure::too_large, "login.example.com:443: too large");
  EXPECT_EQ(token(), "bad_data: no access token: login.example.com:443: too large");
  answers.will_fail(TransferFailure::timeout, "login.example.com:443: slow");
  EXPECT_EQ(token(), "temporary: no access token: login.example.com:443: slow");
}

TEST_F(TokensTest, NoTextHoldsASecret) {
  store.kept->save(token_store_key(refreshing), Secret("kept+refresh"));
  const std::vector<std::string> leaks{"client-secret", "configured-refresh", "kept+refresh",
                                       "kept%2Brefresh", base64("client-7:client-secret")};
  for (const std::string& leak : leaks) {
    for (const char* form : {R"({"error":"invalid_client","error_description":"bad LEAK"})",
                             R"({"error":"LEAK"})", R"({"message":"LEAK"})", "LEAK"}) {
      std::string said = form;
      said.replace(said.find("LEAK"), 4, leak);
      answers.will_answer(400, said, {{"content-type", "application/json"}});
      const std::string text = token();
      for (const std::string& secret : leaks) EXPECT_THAT(text, Not(HasSubstr(secret))) << form;
    }
  }
  answers.will_answer(
      400, R"({"error":"invalid_client","access_token":"fresh-access","error_description":"fresh-access"})",
      {{"content-type", "application/json"}});
  EXPECT_THAT(token(), Not(HasSubstr("fresh-access")));
}

TEST(TokenAnswerTest, TheStoresKeyIsOfUrlClientAndConfiguredToken) {
  TokenRequest request;
  request.token_url = "https://login.example.com/token";
  request.client_id = "id";
  request.refresh_token = Secret("refresh");
  const std::string key = token_store_key(request);
  EXPECT_EQ(key.size(), 64u);
  EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
  TokenRequest same = request;
  same.client_secret = Secret("another");
  same.scope = "another";
  EXPECT_EQ(token_store_key(same), key);
  EXPECT_NE(access_token_key(same), access_token_key(request));
  TokenRequest other = request;
  other.refresh_token = Secret("refresh2");
  EXPECT_NE(token_store_key(other), key);
  TokenRequest shifted = request;
  shifted.token_url += "i";
  shifted.client_id = "d";
  EXPECT_NE(token_store_key(shifted), key);
}

}  // namespace
}  // namespace tightrope::collectors
