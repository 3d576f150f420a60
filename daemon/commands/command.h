// What every command of the command line is made of.
#pragma once

#include <functional>
#include <iosfwd>

namespace CLI {
class App;
}

namespace tightrope::daemon::commands {

// Exit codes of interfaces.md.
constexpr int kGood = 0;
constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr int kWarnings = 3;  // only where warnings were said to be fatal

// What the command line asked for: set by the command that was named, run once the whole line was understood.
// Answers go to `out`, everything else to `err`.
struct Invocation {
  std::function<int(std::ostream& out, std::ostream& err)> run;
};

// Each adds its command to the line. `invocation` must outlive the parsing.
void add_run(CLI::App& line, Invocation& invocation);
void add_check(CLI::App& line, Invocation& invocation);
void add_test(CLI::App& line, Invocation& invocation);
void add_schema(CLI::App& line, Invocation& invocation);
void add_connectors(CLI::App& line, Invocation& invocation);
void add_poll(CLI::App& line, Invocation& invocation);
void add_import(CLI::App& line, Invocation& invocation);
void add_backtest(CLI::App& line, Invocation& invocation);
void add_explain(CLI::App& line, Invocation& invocation);
void add_status(CLI::App& line, Invocation& invocation);
void add_alerts(CLI::App& line, Invocation& invocation);
void add_digest(CLI::App& line, Invocation& invocation);
void add_identity(CLI::App& line, Invocation& invocation);
void add_ack(CLI::App& line, Invocation& invocation);
void add_decide(CLI::App& line, Invocation& invocation);

// Reads the line and does what it says. Returns the exit code. REQUIRES: argv[0] is the program.
int run_command_line(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace tightrope::daemon::commands
