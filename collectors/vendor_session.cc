#include "collectors/vendor_session.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "collectors/http_answer.h"
#include "collectors/login.h"

namespace tightrope::collectors {
namespace {

using config::AnswerMeaning;

// Waits that are worth staying for; longer ones free the poll's place for others.
constexpr rules::Duration kLongestStay = std::chrono::minutes(1);
constexpr rules::Duration kShortestWait = std::chrono::seconds(1);  // whatever a server says
constexpr int kMostStays = 20;                                      // of one read
// Bodies beyond this are reports; what tells of an error is short.
constexpr std::size_t kLargestErrorBody = 1 << 20;

FailureKind kind_of(AnswerMeaning meaning) noexcept {
  switch (meaning) {
    case AnswerMeaning::throttled:
      return FailureKind::throttled;
    case AnswerMeaning::temporary:
      return FailureKind::temporary;
    case AnswerMeaning::token_expired:
    case AnswerMeaning::unauthorized:
      return FailureKind::unauthorized;
    case AnswerMeaning::rejected:
    case AnswerMeaning::too_large:
    case AnswerMeaning::no_data:
    case AnswerMeaning::good:
      break;
  }
  return FailureKind::rejected;
}

// Sources with the same credentials at the same place are one account unless they say else.
std::string account_of(const config::Source& source, const config::HttpSource& http,
                       const TemplateValues& values) {
  const std::string url = fill_template(http.request.url, values, Escaping::none);
  const auto address = parse_web_address(url);
  std::string account = fmt::format("{} {}", source.connector, address ? address->place() : url);
  if (!http.limits.account.empty())
    return account + ' ' + fill_template(http.limits.account, values, Escaping::none);
  std::size_t credentials = 0;
  for (const auto& [name, secret] : http.secrets)
    credentials = credentials * 31 + std::hash<std::string>()(secret.reveal());
  return fmt::format("{} {:x}", account, credentials);
}

}  // namespace

Vendor::Vendor(const config::Source& of, CollectorContext with)
    : source(of),
      http(std::get<config::HttpSource>(of.kind)),
      context(with),
      writer(of),
      rules(AnswerRules::compile(http, with.calendar)) {
  TemplateValues values{{}, {}, &with.calendar};
  values.source = &http;
  account = account_of(of, http, values);
  secrets = secrets_of(of);
  for (const auto& [name, secret] : http.secrets) secrets.push_back(secret.reveal());
  if (http.auth.kind == config::AuthKind::basic) {
    const auto fill = [&values](const std::string& text) {
      return fill_template(text, values, Escaping::none);
    };
    secrets.push_back(base64(fill(http.auth.user) + ':' + fill(http.auth.value)));
  }
}

rules::Timestamp VendorSession::now() const {
  return vendor_.context.clock != nullptr ? vendor_.context.clock->now() : asked_.now;
}

bool VendorSession::uses_tokens() const noexcept {
  const auto kind = vendor_.http.auth.kind;
  return kind == config::AuthKind::oauth2_refresh || kind == config::AuthKind::oauth2_client;
}

TokenRequest VendorSession::token_request(const TemplateValues& values) const {
  const config::HttpAuth& auth = vendor_.http.auth;
  const auto fill = [&values](const std::string& text) {
    return fill_template(text, values, Escaping::none);
  };
  TokenRequest request;
  request.token_url = fill(auth.token_url);
  request.client_id = fill(auth.client_id);
  request.client_secret = config::Secret(fill(auth.client_secret));
  if (auth.kind == config::AuthKind::oauth2_refresh)
    request.refresh_token = config::Secret(fill(auth.refresh_token));
  request.scope = fill(auth.scope);
  request.client_in_header = auth.client_in_header;
  request.allow_private_addresses = vendor_.source.allow_private_addresses;
  return request;
}

std::variant<PreparedRequest, std::string> VendorSession::prepare(const Question& question) const {
  const config::Secret token = token_.value_or(config::Secret());
  if (question.request == nullptr) return vendor_.writer.plain(*question.address);
  if (question.address)
    return vendor_.writer.follow(*question.address, *question.request, question.values, token);
  return vendor_.writer.write(*question.request, question.values, question.page, token);
}

asio::awaitable<void> VendorSession::sleep(rules::Duration time) {
  co_await vendor_.context.clock->sleep_until(now() + time);
}

asio::awaitable<VendorResult> VendorSession::ask(Question question) {
  const bool with_token = uses_tokens() && question.request != nullptr;
  std::optional<config::Secret> refused;
  for (;;) {
    if (with_token && !token_) {
      if (vendor_.context.tokens == nullptr)
        co_return VendorError{{FailureKind::rejected, "OAuth2 is not available here", std::nullopt}};
      TokenRequest wanted = token_request(question.values);
      TokenResult token = co_await vendor_.context.tokens->access_token(std::move(wanted), refused);
      if (!token) co_return VendorError{token.error()};
      token_ = std::move(*token);
    }
    auto prepared = prepare(question);
    if (auto* problem = std::get_if<std::string>(&prepared))
      co_return VendorError{{FailureKind::rejected, std::move(*problem), std::nullopt}};
    auto& ready = std::get<PreparedRequest>(prepared);
    RateGates::Pass pass;
    if (vendor_.context.gates != nullptr && question.request != nullptr) {
      const rules::Timestamp latest = std::min(asked_.deadline, now() + kLongestStay);
      auto turn = co_await vendor_.context.gates->pass(vendor_.account, vendor_.http.limits, latest);
      if (const auto* at = std::get_if<rules::Timestamp>(&turn)) {
        co_return VendorError{{FailureKind::throttled,
                               "its account has to wait: of its limits, or as the vendor said",
                               std::max(*at - now(), rules::Duration(0))}};
      }
      pass = std::get<RateGates::Pass>(std::move(turn));
    }
    TransferResult answer = co_await vendor_.context.transfer.fetch(std::move(ready.request));
    pass = RateGates::Pass();
    ++requests_;
    if (!answer) co_return VendorError{transfer_failure(answer.error())};
    bytes_ += answer->body.size();
    VendorAnswer given{std::move(ready.address), std::move(*answer), nullptr, false};
    const TransferResponse& response = given.response;
    if (question.request != nullptr && is_worth_parsing(response)) {
      auto parsed = JsonTree::parse(response.body);
      if (auto* tree = std::get_if<std::unique_ptr<JsonTree>>(&parsed)) given.tree = std::move(*tree);
    }
    Verdict verdict = judge(response, given.tree.get(), question);
    switch (verdict.kind) {
      case Verdict::Kind::good:
        co_return std::move(given);
      case Verdict::Kind::no_data:
        given.no_data = true;
        co_return std::move(given);
      case Verdict::Kind::renew_token:
        refused = std::exchange(token_, std::nullopt);
        renewed_ = true;
        continue;
      case Verdict::Kind::wait:
        ++waits_;
        continue;  // the gate is closed for as long
      case Verdict::Kind::failed:
        break;
    }
    co_return std::move(verdict.error);
  }
}

// Figures that are no JSON still come with errors, and with the states of reports, that are.
bool VendorSession::is_worth_parsing(const TransferResponse& response) const {
  const config::HttpSource& http = vendor_.http;
  if (http.records.format == config::AnswerFormat::json && !http.records.zipped) return true;
  const bool asked_for = http.job || std::get<AnswerRules>(vendor_.rules).look_into_body();
  return asked_for && response.body.size() <= kLargestErrorBody;
}

std::string VendorSession::text_of(const TransferResponse& response, std::string_view say) const {
  std::vector<std::string> hidden = vendor_.secrets;
  if (token_) hidden.push_back(token_->reveal());
  std::string text = answer_text(response, hidden);
  if (!say.empty()) (text += text.ends_with('.') ? " " : "; ") += say;
  return text;
}

VendorSession::Verdict VendorSession::throttled(CollectError error) {
  RateGates* gates = vendor_.context.gates;
  if (error.retry_after) error.retry_after = std::max(*error.retry_after, kShortestWait);
  if (error.retry_after && gates != nullptr) {
    const rules::Timestamp until = now() + *error.retry_after;
    gates->close(vendor_.account, until);
    const bool short_enough = *error.retry_after <= kLongestStay && until <= asked_.deadline;
    if (short_enough && waits_ < kMostStays) return {Verdict::Kind::wait, {std::move(error)}};
  }
  return {Verdict::Kind::failed, {std::move(error)}};
}

VendorSession::Verdict VendorSession::rested(const AnswerRules& rules, const TransferResponse& response,
                                             JsonValue root) {
  const auto rest = rules.usage(response, root, now());
  if (rest && vendor_.context.gates != nullptr) vendor_.context.gates->close(vendor_.account, now() + *rest);
  return {Verdict::Kind::good, {}};
}

VendorSession::Verdict VendorSession::judge(const TransferResponse& response, const JsonTree* tree,
                                            const Question& question) {
  const auto& rules = std::get<AnswerRules>(vendor_.rules);
  const JsonValue root = tree != nullptr ? tree->root() : JsonValue();
  const auto judged = rules.judge(response, root, now());
  std::optional<CollectError> by_status = answer_error(response, vendor_.secrets, now());
  const bool can_renew = uses_tokens() && !renewed_;
  if (!judged) {
    const bool accepted = response.status == kAccepted;
    if (!by_status || (accepted && question.may_be_accepted)) return rested(rules, response, root);
    if (response.status == 401 && can_renew) return {Verdict::Kind::renew_token, {}};
    by_status->text = text_of(response, accepted ? kNotReady : "");
    if (by_status->kind == FailureKind::throttled) return throttled(*std::move(by_status));
    return {Verdict::Kind::failed, {*std::move(by_status)}};
  }
  if (judged->means == AnswerMeaning::good) return rested(rules, response, root);
  if (judged->means == AnswerMeaning::no_data) return {Verdict::Kind::no_data, {}};
  if (judged->means == AnswerMeaning::token_expired && can_renew) return {Verdict::Kind::renew_token, {}};
  CollectError error{kind_of(judged->means), text_of(response, judged->say), judged->wait};
  if (!error.retry_after && by_status) error.retry_after = by_status->retry_after;
  if (judged->means == AnswerMeaning::throttled) return throttled(std::move(error));
  return {Verdict::Kind::failed, {std::move(error), judged->means == AnswerMeaning::too_large}};
}

}  // namespace tightrope::collectors
