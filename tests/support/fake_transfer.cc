#include "tests/support/fake_transfer.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tightrope::testing {

using collectors::TransferError;
using collectors::TransferFailure;
using collectors::TransferResponse;
using collectors::TransferResult;

void FakeTransfer::will_answer(int status, std::string body, Headers headers) {
  TransferResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  answers_.push_back({std::move(response), false});
}

void FakeTransfer::will_fail(TransferFailure kind, std::string text) {
  answers_.push_back({TransferError{kind, std::move(text)}, false});
}

void FakeTransfer::will_hang() {
  answers_.push_back({TransferError{TransferFailure::cancelled, "never answered"}, true});
}

boost::asio::awaitable<TransferResult> FakeTransfer::fetch(collectors::TransferRequest request) {
  requests_.push_back(std::move(request));
  if (answers_.empty())
    co_return TransferError{TransferFailure::broken, "the fake transfer has no answer left"};
  Answer answer = std::move(answers_.front());
  answers_.pop_front();
  if (answer.hangs) {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer never(executor, boost::asio::steady_timer::time_point::max());
    co_await never.async_wait(boost::asio::use_awaitable);
  }
  if (answer.result) {
    const std::string& url = requests_.back().url;
    answer.result->url = url.substr(0, url.find('?'));
  }
  co_return std::move(answer.result);
}

}  // namespace tightrope::testing
