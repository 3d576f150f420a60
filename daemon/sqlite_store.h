// The writing side of tightrope.db.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/journal_encoding.h"
#include "daemon/journal_store.h"
#include "daemon/sqlite.h"

namespace tightrope::daemon {

// REQUIRES: the caller holds the journal's lock. One thread at a time, except file_bytes().
class SqliteStore final : public JournalStore {
 public:
  explicit SqliteStore(std::string path);
  ~SqliteStore() override;

  // Before all else. Makes the file when it is missing.
  std::optional<JournalError> open();

  std::optional<JournalError> commit(const std::vector<QuickRequest>& group,
                                     std::vector<Sequence>& sequences) override;
  Step step(const SlowRequest& request, const Hurry& hurry) override;
  bool do_chore() override;
  std::optional<JournalError> maintain() override;
  void close() override;
  std::uint64_t file_bytes() const override;

 private:
  struct Statements;
  struct SaveProgress {
    std::int64_t generation = 0;
    std::size_t offset = 0;  // into the state
    std::int64_t parts = 0;
  };
  struct PruneProgress {
    std::int64_t at;  // the last event looked at
    std::int64_t sequence;
  };

  std::optional<JournalError> connect(SqliteAccess access);
  template <class Body>
  std::optional<JournalError> transact(Body body);
  std::optional<JournalError> take_error();
  void append(const AppendRequest& request, Sequence sequence);
  void write(const WriteRequest& request);
  Step save_parts(const Snapshot& snapshot, const Hurry& hurry);
  void add_part(const Snapshot& snapshot, SaveProgress& progress);
  void put_snapshot(const Snapshot& snapshot, const SaveProgress& progress);
  Step prune_some(Timestamp before);
  std::int64_t client_id(const std::string& name);

  const std::string path_;
  // Sticky: a file that is known to be damaged, or another's, is not written to any more.
  std::optional<JournalError> unusable_;
  bool reconnect_ = false;  // the connection has seen an error after which it is not trusted
  std::unique_ptr<SqliteDatabase> database_;
  std::unique_ptr<Statements> statements_;
  JournalPacker packer_;

  Sequence last_sequence_ = 0;
  std::int64_t last_generation_ = 0;
  std::unordered_map<std::string, std::int64_t> clients_;
  std::vector<std::string> new_clients_;  // of the transaction under way
  std::optional<SaveProgress> saving_;
  std::optional<PruneProgress> pruning_;
  int last_log_pages_ = 0;
  int checkpoint_due_;
};

}  // namespace tightrope::daemon
