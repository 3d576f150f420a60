#include <exception>
#include <iostream>

#include "daemon/commands/command.h"

int main(int argc, char** argv) {
  try {
    const int code = tightrope::daemon::commands::run_command_line(argc, argv, std::cout, std::cerr);
    std::cout.flush();
    if (!std::cout) {
      std::cerr << "tightrope: cannot write to standard output\n";
      return tightrope::daemon::commands::kFailure;
    }
    return code;
  } catch (const std::exception& error) {
    std::cerr << "tightrope: " << error.what() << "\n";
    return tightrope::daemon::commands::kFailure;
  }
}
