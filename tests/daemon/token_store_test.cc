// Refresh tokens on disk: who may read them, what a crash and a full disk leave, and what is said.
#include "daemon/token_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "tests/support/temporary_directory.h"

namespace tightrope::daemon {
namespace {

using config::Secret;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

constexpr const char* kKey = "0123456789abcdef";

// Files may not become larger than this.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : before_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, before_handler_);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
  sighandler_t before_handler_;
};

class TokenStoreTest : public ::testing::Test {
 protected:
  static mode_t mode(const std::string& path) {
    struct stat about {};
    EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
    return about.st_mode & 07777;
  }
  std::string loaded(const std::string& key = kKey) {
    const auto token = store_.load(key);
    return token ? token->reveal() : "none";
  }
  template <class Action>
  static std::string error_of(Action action) {
    try {
      action();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "none";
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory_ / "data/tokens"),
                      std::filesystem::directory_iterator()));
  }

  TemporaryDirectory directory_;
  FileTokenStore store_{directory_ / "data"};
  const std::string file_ = directory_ / "data/tokens/0123456789abcdef.token";
};

TEST_F(TokenStoreTest, GivesBackWhatWasSavedLastAlsoAfterANewStart) {
  EXPECT_EQ(loaded(), "none");
  store_.save(kKey, Secret("first"));
  store_.save(kKey, Secret("second"));
  store_.save("another", Secret("third"));
  EXPECT_EQ(loaded(), "second");
  EXPECT_EQ(FileTokenStore(directory_ / "data").load("another")->reveal(), "third");
  EXPECT_EQ(read_file(file_), "tightrope refresh token 1\nsecond\n");
  EXPECT_EQ(files(), 2u) << "nothing else is left";
}

TEST_F(TokenStoreTest, OnlyTheDaemonsUserMayReadIt) {
  const mode_t before = ::umask(0);
  store_.save(kKey, Secret("first"));
  ::umask(before);
  EXPECT_EQ(mode(directory_ / "data/tokens"), 0700u);
  EXPECT_EQ(mode(file_), 0600u);
  ::chmod((directory_ / "data/tokens").c_str(), 0755);
  store_.save(kKey, Secret("second"));
  EXPECT_EQ(mode(directory_ / "data/tokens"), 0700u);
}

TEST_F(TokenStoreTest, AFileOfAnotherFormIsAnErrorThatNamesItAndTheRemedy) {
  store_.save(kKey, Secret("good"));
  for (const std::string& bytes :
       {std::string(), std::string("hush-hush"), std::string("tightrope refresh token 1\n"),
        std::string("tightrope refresh token 1\nhush-hush"), std::string("tightrope refresh token 1\n\n"),
        std::string("tightrope refresh token 2\nhush-hush\n"),
        std::string("tightrope refresh token 1\nhush-hush\nmore\n"),
        "tightrope refresh token 1\n" + std::string(70'000, 'x') + "\n"}) {
    write_file(file_, bytes);
    const std::string error = error_of([this] { store_.load(kKey); });
    EXPECT_EQ(error, file_ +
                         " is no refresh token as Tightrope writes it; delete it, and the configured one is "
                         "used again");
  }
}

TEST_F(TokenStoreTest, AFullDiskLeavesTheOldTokenAndSaysWhere) {
  store_.save(kKey, Secret("first"));
  std::string error;
  {
    const SizeLimit full(10);
    error = error_of([this] { store_.save(kKey, Secret("hush-hush")); });
  }
  EXPECT_THAT(error, HasSubstr("cannot write " + directory_.path()));
  EXPECT_THAT(error,
              HasSubstr("; see that the user Tightrope runs as may write there, and that there is room"));
  EXPECT_THAT(error, Not(HasSubstr("hush")));
  EXPECT_EQ(loaded(), "first");
  EXPECT_EQ(files(), 1u) << "what was half written is gone";
  store_.save(kKey, Secret("second"));
  EXPECT_EQ(loaded(), "second");
}

TEST_F(TokenStoreTest, AFolderThatIsNoneIsAnError) {
  std::filesystem::create_directory(directory_ / "data");
  write_file(directory_ / "data/tokens", "");
  EXPECT_THAT(error_of([this] { store_.load(kKey); }), HasSubstr("cannot read " + file_));
  EXPECT_THAT(error_of([this] { store_.save(kKey, Secret("first")); }), HasSubstr("cannot write"));
}

TEST_F(TokenStoreTest, AFileThatCannotBeReplacedKeepsNothingHalf) {
  std::filesystem::create_directories(file_);
  EXPECT_THAT(error_of([this] { store_.save(kKey, Secret("first")); }), HasSubstr("cannot write " + file_));
  EXPECT_EQ(files(), 1u);
}

TEST_F(TokenStoreTest, TokensThatWouldBreakTheFormAreRefused) {
  for (const std::string& token :
       {std::string(), std::string("a\nb"), std::string("a b"), std::string(70'000, 'x')})
    EXPECT_NE(error_of([&] { store_.save(kKey, Secret(token)); }), "none");
  EXPECT_THROW(store_.load("../../etc/passwd"), std::logic_error);
}

}  // namespace
}  // namespace tightrope::daemon
