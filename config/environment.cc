#include "config/environment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "config/problems.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

class File {
 public:
  // Opening a pipe must not wait for whoever writes it; regular files do not care.
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

std::string failure(const std::string& path, int error) {
  return fmt::format("cannot read {}: {}", in_quotes(path), std::generic_category().message(error));
}

struct Content {
  std::string text;
  bool world_readable;
};

std::variant<Content, std::string> read(const std::string& path, std::size_t most_bytes) {
  const File file(path);
  if (file.descriptor() < 0) return failure(path, errno);
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) return failure(path, errno);
  if (!S_ISREG(status.st_mode)) return fmt::format("{} is not a regular file", in_quotes(path));
  Content content{std::string(most_bytes + 1, '\0'), (status.st_mode & S_IROTH) != 0};
  std::size_t length = 0;
  while (length <= most_bytes) {
    const auto count = ::read(file.descriptor(), content.text.data() + length, content.text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(path, errno);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  if (length > most_bytes)
    return fmt::format("{} is larger than {}", in_quotes(path), format_size(most_bytes));
  content.text.resize(length);
  return content;
}

}  // namespace

std::variant<std::string, EnvironmentError> expand_environment(std::string_view text,
                                                               std::vector<std::string>& values) {
  constexpr std::string_view kOpening = "${env:";
  std::string out;
  std::size_t at = 0;
  for (std::size_t found = text.find(kOpening); found != std::string_view::npos;
       found = text.find(kOpening, at)) {
    out.append(text.substr(at, found - at));
    const std::size_t begin = found + kOpening.size();
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) return EnvironmentError{found, "\"${env:\" without its closing brace"};
    const std::string name(text.substr(begin, end - begin));
    if (!is_identifier(name))
      return EnvironmentError{begin,
                              fmt::format("{} is not the name of an environment variable", in_quotes(name))};
    const char* value = std::getenv(name.c_str());
    if (value == nullptr)
      return EnvironmentError{begin, fmt::format("environment variable {} is not set", in_quotes(name))};
    if (*value == '\0')
      return EnvironmentError{begin, fmt::format("environment variable {} is empty", in_quotes(name))};
    out.append(value);
    values.emplace_back(value);
    at = end + 1;
  }
  out.append(text.substr(at));
  return out;
}

std::variant<SecretFile, std::string> read_secret_file(const std::string& path) {
  constexpr std::size_t kMost = 64u << 10;
  auto content = read(path, kMost);
  if (auto* failed = std::get_if<std::string>(&content)) return std::move(*failed);
  auto& [text, world_readable] = std::get<Content>(content);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return fmt::format("{} is empty", in_quotes(path));
  // Secrets go into headers and URLs, where a line break would begin another header.
  if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos) {
    return fmt::format("{} must hold one line", in_quotes(path));
  }
  return SecretFile{Secret(std::move(text)), world_readable};
}

std::variant<FileText, std::string> read_file(const std::string& path, std::size_t most_bytes) {
  auto content = read(path, most_bytes);
  if (auto* failed = std::get_if<std::string>(&content)) return std::move(*failed);
  return FileText{std::move(std::get<Content>(content).text)};
}

}  // namespace tightrope::config
