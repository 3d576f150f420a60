// A process that writes to a journal is killed at a random moment, two hundred times over. Whatever it had
// acknowledged is there afterwards, in order and unharmed.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/journal.h"
#include "tests/support/journal_calls.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::daemon {
namespace {

using namespace tightrope::testing;

constexpr Timestamp kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};
constexpr int kRounds = 200;
constexpr std::uint64_t kClients = 3;

// What the killed process says of each event, once it is durable. Written whole: pipes do not cut so little.
struct Acknowledged {
  std::uint64_t round;
  std::uint64_t number;
  Sequence sequence;
};

std::string client_of(std::uint64_t number) {
  return "client " + std::to_string(number % kClients);
}

// Of very different sizes: some fit into a page with others, some take many.
std::string payload_of(std::uint64_t round, std::uint64_t number) {
  const std::uint64_t seed = round * 1'000'003 + number;
  return std::to_string(round) + ":" + std::to_string(number) + ":" +
         noise(seed * 7919 % (number % 7 == 0 ? 20'000 : 600), seed);
}

// The process that will be killed. Never returns.
[[noreturn]] void write_until_killed(const std::string& folder, std::uint64_t round, int acknowledgements) {
  OpenedJournal opened = open_sqlite_journal({.directory = folder});
  if (opened.error) _exit(1);
  for (std::uint64_t number = 0;; ++number) {
    const bool wait = number % 20 == 19;  // keeps the queue short, and commits of different sizes come about
    const auto acknowledge = [=](std::optional<JournalError> error, Sequence sequence) {
      const Acknowledged told{.round = round, .number = number, .sequence = sequence};
      if (error || ::write(acknowledgements, &told, sizeof told) != sizeof told) _exit(2);
    };
    JournalEvent event{
        .sequence = 0, .client = client_of(number), .at = kStart, .payload = payload_of(round, number)};
    const std::string value = std::to_string(round) + ":" + std::to_string(number);
    opened.journal->append(std::move(event), acknowledge);
    opened.journal->write({{"pair", "left", value}, {"pair", "right", value}},
                          [](std::optional<JournalError>) {});
    if (number % 50 == 25) {
      opened.journal->save({.client = client_of(number),
                            .upto = 0,
                            .at = kStart,
                            .state = value + std::string(1'500'000, 'x'),
                            .document = value},
                           [](std::optional<JournalError>) {});
    }
    if (wait) tightrope::testing::write(*opened.journal, {});
  }
}

// Reads `count` acknowledgements, kills, and reads those that were still on their way.
std::vector<Acknowledged> kill_after(std::size_t count, pid_t process, int acknowledgements) {
  std::vector<Acknowledged> all;
  Acknowledged next{};
  while (all.size() < count && read(acknowledgements, &next, sizeof next) == sizeof next) all.push_back(next);
  kill(process, SIGKILL);
  while (read(acknowledgements, &next, sizeof next) == sizeof next) all.push_back(next);
  return all;
}

TEST(JournalKillTest, TwoHundredKillsLoseNothingThatWasAcknowledged) {
  const TemporaryDirectory directory;
  const std::string folder = directory / "journal";
  std::mt19937_64 random(20261120);
  Sequence last = 0;
  std::uint64_t acknowledged_in_all = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(pipe(pipe_ends.data()), 0);
    const pid_t process = fork();
    ASSERT_GE(process, 0);
    if (process == 0) {
      close(pipe_ends[0]);
      write_until_killed(folder, round, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    const std::vector<Acknowledged> acknowledged = kill_after(random() % 120, process, pipe_ends[0]);
    close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(process, &status, 0), process);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
    acknowledged_in_all += acknowledged.size();

    const OpenedJournal opened =
        open_sqlite_journal({.directory = folder, .read_only = acknowledged.empty()});
    if (opened.error) {
      // Killed before there was a file.
      ASSERT_TRUE(round == 0 && acknowledged.empty()) << opened.error->text;
      continue;
    }
    std::map<Sequence, JournalEvent> found;
    for (std::uint64_t client = 0; client < kClients; ++client) {
      Sequence previous = last;
      for (const JournalEvent& event : events_of(*opened.journal, client_of(client), last)) {
        EXPECT_GT(event.sequence, previous);
        previous = event.sequence;
        found.emplace(event.sequence, event);
      }
    }
    for (const Acknowledged& each : acknowledged) {
      const auto event = found.find(each.sequence);
      ASSERT_NE(event, found.end()) << "acknowledged event " << each.sequence << " is gone";
      EXPECT_EQ(event->second.client, client_of(each.number));
      EXPECT_EQ(event->second.payload, payload_of(each.round, each.number));
    }
    // And what is there beyond that is whole and in order, too: the events of this round without a gap.
    std::uint64_t number = 0;
    for (const auto& [sequence, event] : found) {
      EXPECT_EQ(sequence, last + number + 1);
      EXPECT_EQ(event.payload, payload_of(round, number));
      ++number;
    }
    EXPECT_GE(number, acknowledged.size());
    const auto pair = records_of(*opened.journal, "pair");
    ASSERT_TRUE(pair.empty() || pair.size() == 2);
    if (!pair.empty()) {
      EXPECT_EQ(pair[0].value, pair[1].value);
    }
    for (std::uint64_t client = 0; client < kClients; ++client) {
      const auto snapshot = snapshot_of(*opened.journal, client_of(client));
      if (snapshot) {
        EXPECT_EQ(snapshot->state, snapshot->document + std::string(1'500'000, 'x'));
      }
    }
    if (!found.empty()) last = found.rbegin()->first;
    if (HasFailure()) return;
  }
  EXPECT_GT(acknowledged_in_all, 5'000u);
}

}  // namespace
}  // namespace tightrope::daemon
