// A disk that fails when told to, and that forgets what was not synced when its power is cut.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tightrope::testing {

// While it lives, SQLite's files under `folder` go through it; others are untouched. One at a time in a
// process, and no file is open at its beginning or its end. Writes, syncs and cuts of files are counted, from
// 1; SQLite's shared memory is not.
class FaultyDisk {
 public:
  enum class Fault {
    io_error,   // nothing, or half of the bytes, reach the file, and EIO
    full,       // half of the bytes reach the file, then no space; syncs work
    read_only,  // nothing is written
    power_cut,  // the disk is gone from then on, and what was not synced may or may not be on it
  };

  explicit FaultyDisk(std::string folder);
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  std::uint64_t operations() const;
  // Operations `first` to `first + count - 1` fail. Replaces an earlier plan.
  void fail(Fault fault, std::uint64_t first, std::uint64_t count = 1);
  void heal();  // no more faults
  std::uint64_t faults() const;

  // What is on the disk after the power was cut: all that was synced, and of the rest, write by write, some:
  // chosen by `seed`. Writes the files into `to`, an empty folder.
  void write_survivors(const std::string& to, std::uint64_t seed) const;

  // For the functions that SQLite calls.
  struct Access;

 private:
  struct Write {
    std::int64_t offset;
    std::string bytes;  // or, when `cut`, nothing: the file ends at offset
    bool cut = false;
  };
  struct Image {
    std::string synced;
    std::vector<Write> pending;
  };
  struct Registration;

  const std::string folder_;
  mutable std::mutex mutex_;  // protects what follows
  std::uint64_t operations_ = 0;
  std::uint64_t faults_ = 0;
  Fault fault_ = Fault::io_error;
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
  std::map<std::string, Image> images_;
  std::unique_ptr<Registration> registration_;
};

}  // namespace tightrope::testing
