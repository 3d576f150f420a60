// Real database servers in temporary folders, on free ports of the loopback interface.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "config/sources.h"
#include "tests/collectors/collecting.h"

namespace tightrope::testing {

inline constexpr const char* kReaderPassword = "pa55-of-the-reader";

// A server process as a user that is not root; killed when it goes.
class ServerProcess {
 public:
  ServerProcess() = default;
  ~ServerProcess() { end(9); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  void start(const std::vector<std::string>& command, const std::string& user, const std::string& log);
  // Sends the signal and waits for it to end. Nothing when it does not run.
  void end(int signal);
  bool running();

 private:
  pid_t pid_ = -1;
};

// With a database "shop", which "reader" (kReaderPassword) may read and write, so that only the source keeps
// from writing. Times are those of Los Angeles unless a session says else.
class DatabaseServer {
 public:
  virtual ~DatabaseServer() = default;
  virtual void start() = 0;  // returns when it answers; throws with its log when it does not
  virtual void kill() = 0;   // at once, as a crash would
  virtual void execute(const std::string& statement) = 0;  // as the one who may do everything; throws
  virtual int statements_of_reader() = 0;                  // that are being executed
  virtual std::string sleeping(
      int seconds) const = 0;              // a SELECT with columns day, campaign and spend that takes so long
  virtual std::string socket() const = 0;  // as `host` of a source

  // A source that reaches it as reader on 127.0.0.1, without TLS.
  config::Source source(const std::string& query) const;
  const std::string& certificate() const noexcept {
    return certificate_;
  }  // of "localhost", signed by itself
  std::string folder() const { return folder_.path(); }

 protected:
  explicit DatabaseServer(config::Database kind, std::string user);
  void make_certificate();

  const config::Database kind_;
  const std::string user_;
  collectors::TemporaryFolder folder_;
  int port_ = 0;
  std::string certificate_;
};

// Why there is none on this machine, or "".
std::string missing(config::Database kind);
enum class Tls { offered, absent };
std::unique_ptr<DatabaseServer> make_server(config::Database kind, Tls tls);

}  // namespace tightrope::testing
