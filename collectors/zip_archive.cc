#include "collectors/zip_archive.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "collectors/c_deleter.h"

namespace tightrope::collectors {
namespace {

using Archive = std::unique_ptr<zip_t, CDeleter<zip_discard>>;
using ZippedFile = std::unique_ptr<zip_file_t, CDeleter<zip_fclose>>;

using Unzipped = std::variant<std::string, std::string>;

Unzipped problem(std::string text) {
  return Unzipped(std::in_place_index<1>, std::move(text));
}

struct Opened {
  Archive archive;
  std::string problem;
};

Opened open(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  Opened opened;
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source != nullptr) {
    opened.archive.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!opened.archive) zip_source_free(source);  // else the archive owns it
  }
  if (!opened.archive) {
    const bool other = zip_error_code_zip(&error) == ZIP_ER_NOZIP;
    opened.problem =
        other ? "no ZIP archive" : fmt::format("a damaged ZIP archive: {}", zip_error_strerror(&error));
  }
  zip_error_fini(&error);
  return opened;
}

// The place of the one file, or what is wrong.
std::variant<zip_uint64_t, std::string> single_file(zip_t* archive) {
  const zip_int64_t entries = zip_get_num_entries(archive, 0);
  std::optional<zip_uint64_t> found;
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(std::max<zip_int64_t>(entries, 0)); ++i) {
    // As it stands there: a name in another code page still has its slash.
    const char* name = zip_get_name(archive, i, ZIP_FL_ENC_RAW);
    if (name == nullptr) return "a damaged ZIP archive: a file without a name";
    if (std::string_view(name).ends_with('/')) continue;
    if (found) return "a ZIP archive with several files, where one is expected";
    found = i;
  }
  if (!found) return "a ZIP archive without a file";
  return *found;
}

std::string too_large(std::uint64_t most_bytes) {
  return fmt::format("a ZIP archive whose file is larger than {} bytes", most_bytes);
}

std::string damaged(zip_error_t* error) {
  const int code = zip_error_code_zip(error);
  if (code == ZIP_ER_COMPNOTSUPP) return "a ZIP archive with a compression that cannot be unpacked";
  if (code == ZIP_ER_CRC) return "a damaged ZIP archive: the file's checksum is wrong";
  return fmt::format("a damaged ZIP archive: {}", zip_error_strerror(error));
}

Unzipped unpack(zip_t* archive, zip_uint64_t index, std::uint64_t most_bytes) {
  zip_stat_t about;
  zip_stat_init(&about);
  if (zip_stat_index(archive, index, 0, &about) != 0) return problem(damaged(zip_get_error(archive)));
  const bool encrypted =
      (about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE;
  if (encrypted) return problem("an encrypted ZIP archive");
  // What it says of its size is checked first, but only what comes out counts.
  if ((about.valid & ZIP_STAT_SIZE) != 0 && about.size > most_bytes) return problem(too_large(most_bytes));
  const ZippedFile file(zip_fopen_index(archive, index, 0));
  if (!file) return problem(damaged(zip_get_error(archive)));
  std::string content;
  std::array<char, 64 << 10> piece;
  for (;;) {
    const zip_int64_t size = zip_fread(file.get(), piece.data(), piece.size());
    if (size < 0) return problem(damaged(zip_file_get_error(file.get())));
    if (size == 0) break;
    if (static_cast<std::uint64_t>(size) > most_bytes - content.size()) return problem(too_large(most_bytes));
    content.append(piece.data(), static_cast<std::size_t>(size));
  }
  return Unzipped(std::in_place_index<0>, std::move(content));
}

}  // namespace

Unzipped unzip_single(std::string_view archive, std::uint64_t most_bytes) {
  if (archive.empty()) return problem("no ZIP archive: there is nothing in it");
  const Opened opened = open(archive);
  if (!opened.archive) return problem(opened.problem);
  const auto file = single_file(opened.archive.get());
  if (const auto* wrong = std::get_if<std::string>(&file)) return problem(*wrong);
  return unpack(opened.archive.get(), std::get<zip_uint64_t>(file), most_bytes);
}

}  // namespace tightrope::collectors
