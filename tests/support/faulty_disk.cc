#include "tests/support/faulty_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <new>
#include <random>
#include <string_view>
#include <utility>

#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

// What SQLite holds of an open file: this, and behind it the real one. `disk` is null for files elsewhere.
struct OpenFile {
  sqlite3_file base;
  FaultyDisk* disk;
  const char* name;  // SQLite's, valid while the file is open
};

sqlite3_file* real_file(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<OpenFile*>(file) + 1);
}

void apply(std::string& content, std::int64_t offset, std::string_view bytes, bool cut) {
  const auto at = static_cast<std::size_t>(offset);
  if (cut) {
    content.resize(at, '\0');
    return;
  }
  if (content.size() < at + bytes.size()) content.resize(at + bytes.size(), '\0');
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

// What the C functions may do with a disk.
struct FaultyDisk::Access {
  // Counts an operation and says whether it fails.
  static bool fails(FaultyDisk& disk, Fault& fault) {
    const std::lock_guard lock(disk.mutex_);
    ++disk.operations_;
    const bool planned =
        disk.count_ > 0 && disk.operations_ >= disk.first_ && disk.operations_ - disk.first_ < disk.count_;
    if (planned) ++disk.faults_;
    fault = disk.fault_;
    return planned;
  }
  static void note(FaultyDisk& disk, const std::string& name, std::int64_t offset, std::string bytes,
                   bool cut) {
    const std::lock_guard lock(disk.mutex_);
    disk.images_[name].pending.push_back({offset, std::move(bytes), cut});
  }
  static void synced(FaultyDisk& disk, const std::string& name) {
    const std::lock_guard lock(disk.mutex_);
    Image& image = disk.images_[name];
    for (const Write& write : image.pending) apply(image.synced, write.offset, write.bytes, write.cut);
    image.pending.clear();
  }
  // What was there before the disk's life counts as synced.
  static void opened(FaultyDisk& disk, const std::string& name) {
    const std::lock_guard lock(disk.mutex_);
    if (!disk.images_.contains(name))
      disk.images_.emplace(name, Image{.synced = read_file(name), .pending = {}});
  }
  static void removed(FaultyDisk& disk, const std::string& name) {
    const std::lock_guard lock(disk.mutex_);
    disk.images_.erase(name);
  }
  static bool holds(const FaultyDisk& disk, std::string_view name) {
    return name.starts_with(disk.folder_ + "/");
  }
};

namespace {

using Fault = FaultyDisk::Fault;
using Access = FaultyDisk::Access;

sqlite3_vfs* g_real = nullptr;
FaultyDisk* g_disk = nullptr;

int code_of(Fault fault, int io_error) {
  switch (fault) {
    case Fault::full:
      return SQLITE_FULL;
    case Fault::read_only:
      return SQLITE_READONLY;
    default:
      return io_error;
  }
}

int file_close(sqlite3_file* file) {
  return real_file(file)->pMethods->xClose(real_file(file));
}
int file_read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return real_file(file)->pMethods->xRead(real_file(file), to, size, offset);
}

int write_through(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const auto* open = reinterpret_cast<OpenFile*>(file);
  const int code = real_file(file)->pMethods->xWrite(real_file(file), bytes, size, offset);
  if (code == SQLITE_OK && open->disk) {
    Access::note(*open->disk, open->name, offset,
                 {static_cast<const char*>(bytes), static_cast<std::size_t>(size)}, false);
  }
  return code;
}

int file_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const auto* open = reinterpret_cast<OpenFile*>(file);
  Fault fault{};
  if (open->disk && Access::fails(*open->disk, fault)) {
    if (fault != Fault::read_only && size > 1) write_through(file, bytes, size / 2, offset);
    return code_of(fault, SQLITE_IOERR_WRITE);
  }
  return write_through(file, bytes, size, offset);
}

int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const auto* open = reinterpret_cast<OpenFile*>(file);
  Fault fault{};
  if (open->disk && Access::fails(*open->disk, fault)) return code_of(fault, SQLITE_IOERR_TRUNCATE);
  const int code = real_file(file)->pMethods->xTruncate(real_file(file), size);
  if (code == SQLITE_OK && open->disk) Access::note(*open->disk, open->name, size, {}, true);
  return code;
}

int file_sync(sqlite3_file* file, int flags) {
  const auto* open = reinterpret_cast<OpenFile*>(file);
  if (!open->disk) return real_file(file)->pMethods->xSync(real_file(file), flags);
  Fault fault{};
  if (Access::fails(*open->disk, fault) && fault != Fault::full) return code_of(fault, SQLITE_IOERR_FSYNC);
  // The model of the disk is what counts; a real sync would only take time.
  Access::synced(*open->disk, open->name);
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real_file(file)->pMethods->xFileSize(real_file(file), size);
}
int file_lock(sqlite3_file* file, int level) {
  return real_file(file)->pMethods->xLock(real_file(file), level);
}
int file_unlock(sqlite3_file* file, int level) {
  return real_file(file)->pMethods->xUnlock(real_file(file), level);
}
int file_check_lock(sqlite3_file* file, int* held) {
  return real_file(file)->pMethods->xCheckReservedLock(real_file(file), held);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return real_file(file)->pMethods->xFileControl(real_file(file), operation, argument);
}
int file_sector_size(sqlite3_file* file) {
  return real_file(file)->pMethods->xSectorSize(real_file(file));
}
int file_characteristics(sqlite3_file* file) {
  return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}
int file_shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  return real_file(file)->pMethods->xShmMap(real_file(file), region, size, extend, memory);
}
int file_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real_file(file)->pMethods->xShmLock(real_file(file), offset, count, flags);
}
void file_shm_barrier(sqlite3_file* file) {
  real_file(file)->pMethods->xShmBarrier(real_file(file));
}
int file_shm_unmap(sqlite3_file* file, int remove) {
  return real_file(file)->pMethods->xShmUnmap(real_file(file), remove);
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int disk_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* open = new (file) OpenFile{.base = {.pMethods = nullptr}, .disk = nullptr, .name = name};
  const int code = g_real->xOpen(g_real, name, real_file(file), flags, out_flags);
  if (!real_file(file)->pMethods) return code;
  open->base.pMethods = &kMethods;
  if (code != SQLITE_OK || !name || !Access::holds(*g_disk, name)) return code;
  open->disk = g_disk;
  Access::opened(*g_disk, name);
  return code;
}

int disk_delete(sqlite3_vfs*, const char* name, int sync_folder) {
  const int code = g_real->xDelete(g_real, name, sync_folder);
  if (code == SQLITE_OK) Access::removed(*g_disk, name);
  return code;
}

}  // namespace

struct FaultyDisk::Registration {
  explicit Registration(FaultyDisk& disk) {
    g_real = sqlite3_vfs_find(nullptr);
    g_disk = &disk;
    vfs = *g_real;
    vfs.zName = "faulty";
    vfs.szOsFile = static_cast<int>(sizeof(OpenFile)) + g_real->szOsFile;
    vfs.pNext = nullptr;
    vfs.xOpen = disk_open;
    vfs.xDelete = disk_delete;
    sqlite3_vfs_register(&vfs, 1);
  }
  ~Registration() {
    sqlite3_vfs_unregister(&vfs);
    sqlite3_vfs_register(g_real, 1);
    g_disk = nullptr;
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  // The rest of its functions are the real one's, which do not look at it.
  sqlite3_vfs vfs{};
};

FaultyDisk::FaultyDisk(std::string folder)
    : folder_(std::move(folder)), registration_(std::make_unique<Registration>(*this)) {}
FaultyDisk::~FaultyDisk() = default;

std::uint64_t FaultyDisk::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

std::uint64_t FaultyDisk::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

void FaultyDisk::fail(Fault fault, std::uint64_t first, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  first_ = first;
  count_ = fault == Fault::power_cut ? ~std::uint64_t{0} : count;
}

void FaultyDisk::heal() {
  const std::lock_guard lock(mutex_);
  count_ = 0;
}

void FaultyDisk::write_survivors(const std::string& to, std::uint64_t seed) const {
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  for (const auto& [name, image] : images_) {
    std::string content = image.synced;
    for (const Write& write : image.pending) {
      if (random() % 2 == 0) continue;
      // A disk writes whole sectors, so a write may be cut at one.
      const bool torn = random() % 4 == 0 && write.bytes.size() > 512;
      const std::size_t size = torn ? 512 * (1 + random() % (write.bytes.size() / 512)) : write.bytes.size();
      apply(content, write.offset, std::string_view(write.bytes).substr(0, size), write.cut);
    }
    write_file(to + name.substr(name.find_last_of('/')), content);
  }
}

}  // namespace tightrope::testing
