// Talking to a running daemon.
#pragma once

#include <boost/json/value.hpp>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tightrope::daemon::commands {

class Command;

// Where the daemon is, as every command that talks to it takes it: --url, --bearer-token-file.
struct DaemonAddress {
  std::string url = "http://127.0.0.1:9870";
  std::string bearer_token_file;
};
void add_daemon_address(Command& command, DaemonAddress& address);

struct DaemonReply {
  int status = 0;
  std::string body;
};
// What went wrong, for people.
struct DaemonProblem {
  std::string text;
};

// One request. Any status is a reply. `path` begins with "/"; `body` is JSON, or "" for none.
std::variant<DaemonReply, DaemonProblem> ask_daemon(const DaemonAddress& address, std::string_view method,
                                                    std::string_view path, std::string body);
// The "data" of a successful reply; anything else is a problem, with what the daemon said.
std::variant<boost::json::value, DaemonProblem> ask_for_data(const DaemonAddress& address,
                                                             std::string_view method, std::string_view path,
                                                             std::string body);
// All pages of a list: the elements of data[list].
std::variant<boost::json::array, DaemonProblem> ask_for_list(const DaemonAddress& address,
                                                             std::string_view path, std::string_view list);

// The same for a command with --output: the elements that are to be printed for people, or the command's exit
// code when all is said: a problem is told, and "json" printed as it is.
std::variant<boost::json::array, int> list_to_print(const DaemonAddress& address, std::string_view path,
                                                    std::string_view list, std::string_view output,
                                                    std::ostream& out, std::ostream& err);

// Percent-encoded, for a path segment or a query's value.
std::string url_encoded(std::string_view text);

// A member's text; "" when it is absent, null or no text.
std::string text_at(const boost::json::value& object, std::string_view key);
// The values of its `entity`, as "search/brand"; "(all)" without any.
std::string entity_at(const boost::json::value& object);

}  // namespace tightrope::daemon::commands
