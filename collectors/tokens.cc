// A fetch is a coroutine of its own, so that it outlives those who wait for it: whoever is cancelled takes
// nothing from the others, and a refresh token that the server has changed meanwhile is not lost.
#include "collectors/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "collectors/token_answer.h"

namespace tightrope::collectors {
namespace {

namespace asio = boost::asio;
using config::Secret;
using rules::Duration;
using rules::Timestamp;

// A server may give the same token again; within this it is not asked once more for everybody that holds it.
constexpr Duration kFreshlyFetched = std::chrono::minutes(1);

class MemoryTokenStore final : public TokenStore {
 public:
  std::optional<Secret> load(const std::string& key) override {
    const auto found = tokens_.find(key);
    if (found == tokens_.end()) return std::nullopt;
    return found->second;
  }
  void save(const std::string& key, const Secret& refresh_token) override {
    tokens_.insert_or_assign(key, refresh_token);
  }

 private:
  std::map<std::string, Secret> tokens_;
};

struct Fetch {
  Fetch(const asio::any_io_executor& executor, std::string key)
      : access_key(std::move(key)), ended(executor, asio::steady_timer::time_point::max()) {}

  const std::string access_key;       // of what is fetched
  std::optional<TokenResult> result;  // when it has ended
  asio::steady_timer ended;           // never expires; cancelled to wake those who wait
  asio::cancellation_signal cancel;
};

struct Access {
  Secret token;
  Timestamp fetched;
  Timestamp renewed_at;
  std::optional<Secret> refused;  // what it was fetched in place of

  bool good(Timestamp now, const std::optional<Secret>& refused_now) const {
    if (now >= renewed_at) return false;
    if (!refused_now || *refused_now != token) return true;
    return refused == refused_now && fetched <= now && now - fetched < kFreshlyFetched;
  }
};

// One refresh token, or one client without: of it one thing is fetched at a time.
struct Account {
  std::optional<Secret> unsaved;  // a new refresh token that the store does not have yet
  std::map<std::string, Access> accesses;
  std::shared_ptr<Fetch> fetch;  // under way
};

CollectError temporary(std::string text) {
  return {FailureKind::temporary, std::move(text), std::nullopt};
}

// Shared with the fetches, which may end after the Tokens.
struct State {
  State(Transfer& with_transfer, Clock& with_clock, TokenStore& with_store)
      : transfer(with_transfer), clock(with_clock), store(with_store) {}

  // None of these when `closed`.
  Transfer& transfer;
  Clock& clock;
  TokenStore& store;
  bool closed = false;
  std::map<std::string, std::shared_ptr<Account>> accounts;  // by the store's keys

  std::shared_ptr<Account> account(const std::string& key) {
    const auto found = accounts.find(key);
    if (found != accounts.end()) return found->second;
    // Those that a reload has left behind.
    const Timestamp now = clock.now();
    std::erase_if(accounts, [now](const auto& entry) {
      const Account& old = *entry.second;
      return !old.fetch && !old.unsaved && std::ranges::all_of(old.accesses, [now](const auto& access) {
        return now >= access.second.renewed_at;
      });
    });
    return accounts.emplace(key, std::make_shared<Account>()).first->second;
  }

  // Why a new refresh token is still not kept; nothing when all are.
  std::optional<CollectError> save(const std::string& key, Account& account) {
    if (!account.unsaved) return std::nullopt;
    try {
      store.save(key, *account.unsaved);
    } catch (const std::exception& error) {
      return temporary(
          fmt::format("the server gave a new refresh token, which cannot be kept, and without it the next "
                      "start would need "
                      "a new consent: {}",
                      error.what()));
    }
    account.unsaved.reset();
    return std::nullopt;
  }
};

std::optional<Secret> newest_untried(State& state, const TokenRequest& request, const std::string& key,
                                     const Account& account, const std::vector<Secret>& tried) {
  const auto fresh = [&tried](const std::optional<Secret>& token) {
    return token && !token->empty() && std::ranges::find(tried, *token) == tried.end();
  };
  if (fresh(account.unsaved)) return account.unsaved;
  // Each time anew: another process may have used, and changed, the token.
  const std::optional<Secret> stored = state.store.load(key);
  if (fresh(stored)) return stored;
  if (fresh(request.refresh_token)) return request.refresh_token;
  return std::nullopt;
}

// What was kept, and if that is refused what is configured; without refresh tokens one attempt.
asio::awaitable<TokenResult> fetch_token(std::shared_ptr<State> state, std::shared_ptr<Account> account,
                                         TokenRequest request, std::optional<Secret> refused) {
  const std::string key = token_store_key(request);
  const std::string access_key = access_token_key(request);
  std::vector<Secret> tried;
  TokenResult result = CollectError{FailureKind::unauthorized, "there is no refresh token", std::nullopt};
  for (;;) {
    std::optional<Secret> refresh_token;
    if (request.refresh_token) {
      try {
        refresh_token = newest_untried(*state, request, key, *account, tried);
      } catch (const std::exception& error) {
        result = temporary(error.what());
        break;
      }
      if (!refresh_token) break;
      tried.push_back(*refresh_token);
    }
    const Timestamp began = state->clock.now();
    auto fetching = state->transfer.fetch(token_request(request, refresh_token));
    const TransferResult response = co_await std::move(fetching);
    if (state->closed) break;
    if (!response) {
      result = token_transfer_failure(response.error()).error;
      break;
    }
    std::vector<Secret> hidden = tried;
    if (request.refresh_token) hidden.push_back(*request.refresh_token);
    auto read = read_token_answer(*response, token_secrets(request, hidden), state->clock.now());
    if (auto* refusal = std::get_if<TokenRefusal>(&read)) {
      result = std::move(refusal->error);
      if (!refresh_token || !refusal->of_refresh_token) break;
      continue;
    }
    auto& answer = std::get<TokenAnswer>(read);
    if (refresh_token) {
      // Kept before its access token is used. One that is used as it was configured is kept too where another
      // was kept before, or that would be tried first for ever.
      const bool changed = answer.refresh_token && answer.refresh_token != refresh_token;
      if (changed) {
        account->unsaved = answer.refresh_token;
      } else if (tried.size() > 1) {
        account->unsaved = refresh_token;
      }
    }
    account->accesses.insert_or_assign(
        access_key, Access{.token = answer.access_token,
                           .fetched = began,
                           .renewed_at = began + answer.life - renewed_before_expiry(answer.life),
                           .refused = std::move(refused)});
    if (auto unsaved = state->save(key, *account)) {
      result = std::move(*unsaved);
    } else {
      result = std::move(answer.access_token);
    }
    break;
  }
  co_return result;
}

// Suspended once before it begins: one that is cancelled before makes Boost 1.81's co_spawn throw out of the
// executor's run().
asio::awaitable<TokenResult> begin_fetch(asio::any_io_executor executor, std::shared_ptr<State> state,
                                         std::shared_ptr<Account> account, TokenRequest request,
                                         std::optional<Secret> refused) {
  co_await asio::post(executor, asio::use_awaitable);
  auto fetching = fetch_token(std::move(state), std::move(account), std::move(request), std::move(refused));
  TokenResult result = co_await std::move(fetching);
  co_return result;
}

void start_fetch(const asio::any_io_executor& executor, const std::shared_ptr<State>& state,
                 const std::shared_ptr<Account>& account, TokenRequest request,
                 std::optional<Secret> refused) {
  const auto fetch = std::make_shared<Fetch>(executor, access_token_key(request));
  account->fetch = fetch;
  auto work = begin_fetch(executor, state, account, std::move(request), std::move(refused));
  auto on_end = [account, fetch](std::exception_ptr failure, TokenResult result) {
    fetch->result = std::move(result);
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        fetch->result = temporary(fmt::format("no access token: {}", error.what()));
      }
    }
    account->fetch.reset();
    fetch->ended.cancel();
  };
  asio::co_spawn(executor, std::move(work),
                 asio::bind_cancellation_slot(fetch->cancel.slot(), std::move(on_end)));
}

asio::awaitable<void> wait_for(std::shared_ptr<Fetch> fetch) {
  // A cancelled wait goes round the loop, and the next co_await throws.
  while (!fetch->result) co_await fetch->ended.async_wait(asio::as_tuple(asio::use_awaitable));
}

class OAuthTokens final : public Tokens {
 public:
  OAuthTokens(Transfer& transfer, Clock& clock, TokenStore& store)
      : state_(std::make_shared<State>(transfer, clock, store)) {}
  ~OAuthTokens() override {
    state_->closed = true;
    for (const auto& [key, account] : state_->accounts) {
      if (const auto fetch = account->fetch) fetch->cancel.emit(asio::cancellation_type::terminal);
    }
  }
  OAuthTokens(const OAuthTokens&) = delete;
  OAuthTokens& operator=(const OAuthTokens&) = delete;

  asio::awaitable<TokenResult> access_token(TokenRequest request, std::optional<Secret> refused) override {
    const std::shared_ptr<State> state = state_;
    const std::string key = token_store_key(request);
    const std::string access_key = access_token_key(request);
    const std::shared_ptr<Account> account = state->account(key);
    const auto executor = co_await asio::this_coro::executor;
    for (;;) {
      const auto known = account->accesses.find(access_key);
      if (known != account->accesses.end() && known->second.good(state->clock.now(), refused)) {
        if (auto unsaved = state->save(key, *account)) co_return std::move(*unsaved);
        co_return known->second.token;
      }
      if (!account->fetch) start_fetch(executor, state, account, request, refused);
      const std::shared_ptr<Fetch> fetch = account->fetch;
      co_await wait_for(fetch);
      if (fetch->access_key == access_key) co_return *fetch->result;
      // That was somebody else's: look again.
    }
  }

  asio::awaitable<void> idle() override {
    const std::shared_ptr<State> state = state_;
    for (;;) {
      const auto busy = std::ranges::find_if(
          state->accounts, [](const auto& entry) { return entry.second->fetch != nullptr; });
      if (busy == state->accounts.end()) co_return;
      const std::shared_ptr<Fetch> fetch = busy->second->fetch;
      co_await wait_for(fetch);
    }
  }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<TokenStore> make_memory_token_store() {
  return std::make_unique<MemoryTokenStore>();
}

std::unique_ptr<Tokens> make_tokens(Transfer& transfer, Clock& clock, TokenStore& store) {
  return std::make_unique<OAuthTokens>(transfer, clock, store);
}

}  // namespace tightrope::collectors
