// Where findings of sources and what their checks remember outlive a restart.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/client_runtime.h"
#include "rules/source_finding.h"

namespace tightrope::daemon {

// On the I/O thread.
class FindingStore {
 public:
  virtual ~FindingStore() = default;

  // All that is found of a source now. Success means that the client's engine knows it, durably.
  virtual asio::awaitable<Taken<Accepted>> tell(std::string client, std::string source,
                                                std::vector<rules::SourceFinding> findings) = 0;
  // What the client's engine knows of it.
  virtual asio::awaitable<std::vector<rules::SourceFinding>> known(std::string client,
                                                                   std::string source) = 0;
  // Of other sources nothing is found any more: they are gone.
  virtual asio::awaitable<void> keep_only(std::string client, std::vector<std::string> sources) = 0;

  // ArrivalMemory::encode() as last kept; nothing of a source that never was.
  virtual std::optional<std::string> memory(const std::string& source) = 0;
  // Losing it is no harm but a few weeks of not knowing what is usual.
  virtual void keep_memory(std::string source, std::string bytes) = 0;
};

}  // namespace tightrope::daemon
