#include "daemon/engine_calls.h"

#include <utility>

#include "daemon/call_on.h"

namespace tightrope::daemon {

asio::awaitable<Outcome> outcome_of(asio::any_io_executor strand, EngineCall call) {
  auto outcome = std::make_shared<Outcome>();
  std::function<void(Finish)> work = [call = std::move(call), outcome](Finish finish) {
    call([outcome, finish = std::move(finish)](const Outcome& given) {
      *outcome = given;
      finish();
    });
  };
  co_await call_on(strand, std::move(work));
  co_return std::move(*outcome);
}

asio::awaitable<void> read_engine(asio::any_io_executor strand, std::shared_ptr<JournalledEngine> engine,
                                  std::function<void(const rules::Engine&)> read) {
  std::function<void(Finish)> work = [engine, read = std::move(read)](Finish finish) {
    read(engine->engine());
    finish();
  };
  co_await call_on(strand, std::move(work));
}

asio::awaitable<bool> engine_has(asio::any_io_executor strand, std::shared_ptr<JournalledEngine> engine,
                                 std::function<bool(const rules::Engine&)> has) {
  auto found = std::make_shared<bool>(false);
  std::function<void(const rules::Engine&)> read = [has = std::move(has), found](const rules::Engine& state) {
    *found = has(state);
  };
  co_await read_engine(strand, engine, std::move(read));
  co_return *found;
}

asio::awaitable<std::optional<JournalError>> save_engine(asio::any_io_executor strand,
                                                         std::shared_ptr<JournalledEngine> engine) {
  auto failure = std::make_shared<std::optional<JournalError>>();
  std::function<void(Finish)> work = [engine, failure](Finish finish) {
    engine->save([failure, finish = std::move(finish)](std::optional<JournalError> error) {
      *failure = std::move(error);
      finish();
    });
  };
  co_await call_on(strand, std::move(work));
  co_return std::move(*failure);
}

asio::awaitable<void> close_engine(asio::any_io_executor strand, std::shared_ptr<JournalledEngine> engine) {
  std::function<void(Finish)> work = [engine](Finish finish) { engine->close(std::move(finish)); };
  co_await call_on(strand, std::move(work));
}

asio::awaitable<void> prune_journal(asio::any_io_executor strand, Journal& journal, Timestamp before) {
  std::function<void(Finish)> work = [&journal, before](Finish finish) {
    journal.prune(before, [finish = std::move(finish)](std::optional<JournalError>) { finish(); });
  };
  co_await call_on(strand, std::move(work));
}

}  // namespace tightrope::daemon
