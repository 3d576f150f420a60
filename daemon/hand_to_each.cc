#include "daemon/hand_to_each.h"

#include <algorithm>
#include <utility>

namespace tightrope::daemon {

asio::awaitable<Taken<Accepted>> hand_to_each(std::vector<std::string> clients, rules::ObservationBatch batch,
                                              HandToOne hand) {
  Accepted most{};
  std::optional<Refusal> refused;
  for (const std::string& client : clients) {
    auto handing = hand(client, batch);
    if (!handing) continue;
    const Taken<Accepted> taken = co_await std::move(*handing);
    if (!taken) {
      if (!refused) refused = taken.error();
      continue;
    }
    most.changed = std::max(most.changed, taken->changed);
    most.restated = std::max(most.restated, taken->restated);
    most.outside = std::max(most.outside, taken->outside);
  }
  Taken<Accepted> outcome = most;
  if (refused) outcome = *std::move(refused);
  co_return outcome;
}

}  // namespace tightrope::daemon
