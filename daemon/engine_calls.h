// What a coroutine asks of an engine on its strand, and waits for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/journalled_engine.h"

namespace tightrope::daemon {

// None of them can be cancelled: what was handed to the journal cannot be taken back. Each returns on the
// coroutine's own executor.

// Calls on the strand, and returns the outcome.
using EngineCall = std::function<void(JournalledEngine::Completion)>;
asio::awaitable<Outcome> outcome_of(asio::any_io_executor strand, EngineCall call);

asio::awaitable<void> read_engine(asio::any_io_executor strand, std::shared_ptr<JournalledEngine> engine,
                                  std::function<void(const rules::Engine&)> read);
asio::awaitable<bool> engine_has(asio::any_io_executor strand, std::shared_ptr<JournalledEngine> engine,
                                 std::function<bool(const rules::Engine&)> has);
asio::awaitable<std::optional<JournalError>> save_engine(asio::any_io_executor strand,
                                                         std::shared_ptr<JournalledEngine> engine);
// Nothing is taken any more; returns when nothing is under way.
asio::awaitable<void> close_engine(asio::any_io_executor strand, std::shared_ptr<JournalledEngine> engine);

// Drops old events. What could not be dropped now is dropped the next time.
asio::awaitable<void> prune_journal(asio::any_io_executor strand, Journal& journal, Timestamp before);

}  // namespace tightrope::daemon
