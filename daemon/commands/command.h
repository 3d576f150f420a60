// What every command of the command line is made of.
//
// The library that reads the line is known to command_line.cc alone: each file that includes it takes seconds
// more to compile.
#pragma once

#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tightrope::daemon::commands {

// Exit codes of interfaces.md.
constexpr int kGood = 0;
constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr int kWarnings = 3;  // only where warnings were said to be fatal

// Answers go to `out`, everything else to `err`. Returns the exit code.
using Run = std::function<int(std::ostream& out, std::ostream& err)>;

// One option of a command. Each member returns it again, so that they can be put in a row.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option& required();
  // Help shows the value that the variable has now.
  Option& with_default();
  Option& one_of(std::initializer_list<const char*> words);
  Option& between(double low, double high);  // both included
  Option& existing_file();
  // `problem` returns what is wrong with what was given, or "".
  Option& check(std::function<std::string(const std::string& given)> problem);

 private:
  CLI::Option* option_;
};

// One command: what it takes, and what it does. The variables named are filled when the line names the
// command, and must live until it has run.
class Command {
 public:
  Command(CLI::App& app, Run& chosen) : app_(&app), chosen_(&chosen) {}

  // Options begin with "--"; a name without it is told from others by its place. A list takes one or more.
  Option option(std::string_view name, std::string& value, std::string_view help);
  Option option(std::string_view name, std::vector<std::string>& values, std::string_view help);
  Option option(std::string_view name, double& value, std::string_view help);
  // `names` may hold more than one, such as "--verbose,-v".
  void flag(std::string_view names, bool& value, std::string_view help);
  // What help says last.
  void footer(std::string_view text);
  // Called once the whole line was understood.
  void does(Run run);

 private:
  CLI::App* app_;
  Run* chosen_;
};

// The line that is being described: its commands in the order of help.
class CommandLine {
 public:
  CommandLine(CLI::App& app, Run& chosen) : app_(&app), chosen_(&chosen) {}

  Command command(std::string_view name, std::string_view about);

 private:
  CLI::App* app_;
  Run* chosen_;
};

// Each adds its command to the line.
void add_run(CommandLine& line);
void add_check(CommandLine& line);
void add_test(CommandLine& line);
void add_schema(CommandLine& line);
void add_connectors(CommandLine& line);
void add_poll(CommandLine& line);
void add_import(CommandLine& line);
void add_backtest(CommandLine& line);
void add_explain(CommandLine& line);
void add_status(CommandLine& line);
void add_alerts(CommandLine& line);
void add_digest(CommandLine& line);
void add_identity(CommandLine& line);
void add_ack(CommandLine& line);
void add_decide(CommandLine& line);

// Reads the line and does what it says. Returns the exit code. REQUIRES: argv[0] is the program.
int run_command_line(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace tightrope::daemon::commands
