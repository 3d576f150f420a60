// Findings in the journals of their clients, and the checks' memories among its records.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "daemon/client_set.h"
#include "daemon/finding_store.h"
#include "daemon/journal.h"

namespace tightrope::daemon {

inline constexpr std::string_view kArrivalMemories = "arrival_memory";  // records: by source

class JournalledFindings final : public FindingStore {
 public:
  // Borrows both.
  JournalledFindings(ClientSet& clients, Journal& journal) : clients_(clients), journal_(journal) {}

  // Blocking: the memories. Before anything else is asked for; without it there are none.
  std::optional<JournalError> open();

  asio::awaitable<Taken<Accepted>> tell(std::string client, std::string source,
                                        std::vector<rules::SourceFinding> findings) override;
  asio::awaitable<std::vector<rules::SourceFinding>> known(std::string client, std::string source) override;
  asio::awaitable<void> keep_only(std::string client, std::vector<std::string> sources) override;
  std::optional<std::string> memory(const std::string& source) override;
  void keep_memory(std::string source, std::string bytes) override;

 private:
  ClientSet& clients_;
  Journal& journal_;
  std::map<std::string, std::string> memories_;  // until they are asked for
};

}  // namespace tightrope::daemon
