#include "daemon/token_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace tightrope::daemon {
namespace {

constexpr std::string_view kFirstLine = "tightrope refresh token 1\n";
constexpr std::size_t kMostBytes = 64 << 10;

class File {
 public:
  explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const noexcept { return descriptor_; }
  bool open() const noexcept { return descriptor_ >= 0; }
  // The error of closing, which may be that of a write.
  bool close() noexcept { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

[[noreturn]] void fail(const char* what, const std::string& path, int error, const char* remedy) {
  throw std::runtime_error(
      fmt::format("cannot {} {}: {}; {}", what, path, std::system_category().message(error), remedy));
}

constexpr const char* kMakeReadable = "let the user that Tightrope runs as read it";
constexpr const char* kMakeRoom =
    "see that the user Tightrope runs as may write there, and that there is room";

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// At most one byte more than a good file has.
std::string read_all(const File& file, const std::string& path) {
  std::string bytes(kFirstLine.size() + kMostBytes + 2, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path, errno, kMakeReadable);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

// What was made or renamed in it is on disk.
void sync_folder(const std::string& folder) {
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.open() || ::fsync(file.get()) != 0) fail("write", folder, errno, kMakeRoom);
}

void make_folder(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path path(folder);
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) fail("make", path.parent_path(), error.value(), kMakeRoom);
  if (::mkdir(folder.c_str(), 0700) == 0) {
    sync_folder(path.parent_path());
  } else if (errno != EEXIST) {
    fail("make", folder, errno, kMakeRoom);
  } else if (::chmod(folder.c_str(), 0700) != 0) {
    fail("close to others", folder, errno, kMakeRoom);
  }
}

// Gone again unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& beside) : path_(beside + ".XXXXXX"), file_(make(path_)) {}
  ~TemporaryFile() {
    if (!renamed_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view bytes) {
    if (!write_all(file_.get(), bytes) || ::fsync(file_.get()) != 0 || !file_.close())
      fail("write", path_, errno, kMakeRoom);
  }
  void rename(const std::string& to) {
    if (::rename(path_.c_str(), to.c_str()) != 0) fail("write", to, errno, kMakeRoom);
    renamed_ = true;
  }

 private:
  // With mode 0600, as mkostemp has it.
  static int make(std::string& path) {
    const int file = ::mkostemp(path.data(), O_CLOEXEC);
    if (file < 0) fail("write", path, errno, kMakeRoom);
    return file;
  }

  std::string path_;
  File file_;
  bool renamed_ = false;
};

}  // namespace

FileTokenStore::FileTokenStore(const std::string& storage_path) : folder_(storage_path + "/tokens") {}

std::string FileTokenStore::file_of(const std::string& key) const {
  const bool named = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  });
  if (!named) throw std::logic_error("a token's key is no file name");
  return folder_ + "/" + key + ".token";
}

std::optional<config::Secret> FileTokenStore::load(const std::string& key) {
  const std::string path = file_of(key);
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) {
    if (errno == ENOENT) return std::nullopt;
    fail("read", path, errno, kMakeReadable);
  }
  const std::string bytes = read_all(file, path);
  std::string_view token(bytes);
  const bool good = token.starts_with(kFirstLine) && token.ends_with('\n');
  if (good) {
    token.remove_prefix(kFirstLine.size());
    token.remove_suffix(std::min<std::size_t>(1, token.size()));
  }
  if (!good || !is_token(token) || token.size() > kMostBytes) {
    throw std::runtime_error(fmt::format(
        "{} is no refresh token as Tightrope writes it; delete it, and the configured one is used again",
        path));
  }
  return config::Secret(std::string(token));
}

void FileTokenStore::save(const std::string& key, const config::Secret& refresh_token) {
  const std::string path = file_of(key);
  if (!is_token(refresh_token.reveal()) || refresh_token.reveal().size() > kMostBytes)
    throw std::runtime_error("the new refresh token holds characters that none may hold, or is too long");
  make_folder(folder_);
  TemporaryFile file(path);
  file.write(fmt::format("{}{}\n", kFirstLine, refresh_token.reveal()));
  file.rename(path);
  sync_folder(folder_);
}

}  // namespace tightrope::daemon
