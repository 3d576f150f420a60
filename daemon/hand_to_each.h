// One batch for several clients: exchange rates are everybody's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/client_runtime.h"

namespace tightrope::daemon {

// Starts to give the batch to a client; nothing when there is no such client any more.
using HandToOne = std::function<std::optional<asio::awaitable<Taken<Accepted>>>(const std::string& client,
                                                                                rules::ObservationBatch)>;

// Gives the batch to each of the clients, one after the other, also when one refuses: its refusal is what
// comes back then, the first of several. Giving the same batch again is harmless. Else the counts of the
// client to which most was new. `hand` is called on the executor's thread as long as the coroutine runs.
asio::awaitable<Taken<Accepted>> hand_to_each(std::vector<std::string> clients, rules::ObservationBatch batch,
                                              HandToOne hand);

}  // namespace tightrope::daemon
