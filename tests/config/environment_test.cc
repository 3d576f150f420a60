// Secrets and ${env:NAME}: they arrive, and are never shown.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "config/configuration.h"
#include "tests/config/scratch_folder.h"

namespace tightrope::config {
namespace {

// Sets a variable for one test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

std::string with_secret(std::string_view secrets, std::string_view url = "https://example.com/report") {
  return fmt::format(
      "clients: [{{name: acme}}]\nsources:\n  - name: ads\n    client: acme\n    connector: http_json\n    "
      "with:\n"
      "      url: \"{}\"\n      fields: {{date: day, spend: cost}}\n    secrets: {}\n",
      url, secrets);
}

const HttpSource& http_of(const Loaded& loaded) {
  return std::get<HttpSource>(loaded.configuration.value().sources.at(0).kind);
}
std::string token_of(const Loaded& loaded) {
  return http_of(loaded).secrets.at("token").reveal();
}

TEST(SecretTest, ComesFromTheKeyItselfOrTheEnvironmentOrAFile) {
  const ScratchFolder folder;
  folder.write("secrets/token", "from-file\n");
  const Variable variable("TIGHTROPE_TEST_TOKEN", "from-environment");
  const auto plain = load(folder.write("a.yaml", with_secret("{token: plain}")));
  const auto environment =
      load(folder.write("b.yaml", with_secret("{token: \"${env:TIGHTROPE_TEST_TOKEN}\"}")));
  const auto file = load(folder.write("c.yaml", with_secret("{token_file: secrets/token}")));
  ASSERT_TRUE(plain.configuration && environment.configuration && file.configuration);
  EXPECT_EQ(token_of(plain), "plain");
  EXPECT_EQ(token_of(environment), "from-environment");
  EXPECT_EQ(token_of(file), "from-file");
  EXPECT_EQ(http_of(file).auth.kind, AuthKind::bearer);
  EXPECT_TRUE(file.errors.empty());
}

TEST(SecretTest, OneInPlaceOfAFileIsNotShown) {
  const ScratchFolder folder;
  const Variable variable("TIGHTROPE_TEST_TOKEN", "hunter22secret");
  const auto loaded =
      load(folder.write("a.yaml", with_secret("{token_file: \"${env:TIGHTROPE_TEST_TOKEN}\"}")));
  ASSERT_FALSE(loaded.configuration);
  const std::string told = format(loaded.errors);
  EXPECT_NE(told.find("cannot read \"${env:TIGHTROPE_TEST_TOKEN}\": No such file"), std::string::npos)
      << told;
  EXPECT_EQ(told.find("hunter22"), std::string::npos) << told;
}

TEST(SecretTest, ASourceKnowsWhatCameFromTheEnvironment) {
  const ScratchFolder folder;
  const Variable variable("TIGHTROPE_TEST_KEY", "hunter22secret");
  const auto loaded = load(folder.write(
      "a.yaml", with_secret("{token: plain}", "https://example.com/report?key=${env:TIGHTROPE_TEST_KEY}")));
  ASSERT_TRUE(loaded.configuration);
  ASSERT_EQ(loaded.configuration->sources[0].from_environment.size(), 1u);
  EXPECT_EQ(loaded.configuration->sources[0].from_environment[0].reveal(), "hunter22secret");
}

TEST(SecretTest, AFileThatEverybodyCanReadIsAWarning) {
  const ScratchFolder folder;
  namespace fs = std::filesystem;
  fs::permissions(folder.write("token", "from-file"), fs::perms::others_read, fs::perm_options::add);
  const auto loaded = load(folder.write("a.yaml", with_secret("{token_file: token}")));
  ASSERT_TRUE(loaded.configuration);
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0].level, ErrorLevel::warning);
  EXPECT_EQ(loaded.errors[0].hint, "chmod o-r " + folder.path() + "/token");
}

TEST(SecretTest, AFileOfSeveralLinesIsRefusedWithoutShowingIt) {
  const ScratchFolder folder;
  folder.write("token", "swordfish\nInjected: header\n");
  const auto loaded = load(folder.write("a.yaml", with_secret("{token_file: token}")));
  EXPECT_FALSE(loaded.configuration);
  EXPECT_NE(format(loaded.errors).find("must hold one line"), std::string::npos);
  EXPECT_EQ(format(loaded.errors).find("swordfish"), std::string::npos);
}

TEST(SecretTest, LinesOfErrorsDoNotShowSecretsBesideThem) {
  const ScratchFolder folder;
  const std::string receivers =
      "receivers: [{name: a, webhook: {url: \"https://hooks/zebra\", colour: red}, slack: {webhook_url: "
      "zebra, chanel: x}}]\n";
  const std::string multi = "http:\n  bearer_token: |\n    zebra\n    zebra\n  timeout: soon\n";
  const std::string folded = "http:\n  bearer_token: \"zeb\\x72a\n    zebra\" \n  timeout: soon\n";
  for (const auto& text :
       {receivers, multi, folded, with_secret("{token: zebra, colour: red}"), with_secret("[zebra, zebra]"),
        with_secret("{tokenn: zebra}"), "http: {bearer_token: [zebra]}\n" + receivers,
        std::string("http:\n  bearer_token: zebra\n  bearer_token: zebra2\n"),
        std::string("http: {bearer_token: zebra, timeout: 5s\n"),
        std::string("http:\n  bearer_token: zebra: x\n")}) {
    const auto loaded = load(folder.write("a.yaml", text));
    EXPECT_FALSE(loaded.configuration) << text;
    EXPECT_EQ(format(loaded.errors).find("zeb"), std::string::npos) << format(loaded.errors);
  }
}

TEST(SecretTest, NeverStandsInTheDocumentOfAClient) {
  const ScratchFolder folder;
  const auto loaded = load(folder.write("a.yaml", with_secret("{token: swordfish}")));
  ASSERT_TRUE(loaded.configuration);
  EXPECT_EQ(loaded.configuration->clients.at(0).document.find("swordfish"), std::string::npos);
}

TEST(EnvironmentTest, IsPutIntoTextsAndNumbers) {
  const ScratchFolder folder;
  const Variable host("TIGHTROPE_TEST_HOST", "reports.example.com");
  const Variable name("TIGHTROPE_TEST_NAME", "acme");
  const Variable timeout("TIGHTROPE_TEST_TIMEOUT", "7s");
  const auto loaded = load(folder.write(
      "a.yaml", with_secret("{}", "https://${env:TIGHTROPE_TEST_HOST}/${env:TIGHTROPE_TEST_NAME}") +
                    "http: {timeout: \"${env:TIGHTROPE_TEST_TIMEOUT}\"}\n"));
  ASSERT_TRUE(loaded.configuration) << format(loaded.errors);
  EXPECT_EQ(std::get<HttpSource>(loaded.configuration->sources.at(0).kind).request.url,
            "https://reports.example.com/acme");
  EXPECT_EQ(loaded.configuration->http.request_timeout, std::chrono::seconds(7));
}

TEST(EnvironmentTest, ValuesAreNotLookedAtAgainAndNotShown) {
  const ScratchFolder folder;
  const Variable nested("TIGHTROPE_TEST_NESTED", "https://example.com/${env:HOME}");
  const auto good = load(folder.write("a.yaml", with_secret("{}", "${env:TIGHTROPE_TEST_NESTED}")));
  EXPECT_FALSE(good.configuration);  // {env:HOME} is no day of the window
  const Variable bad("TIGHTROPE_TEST_BAD", "ftp://swordfish");
  const auto loaded = load(folder.write("b.yaml", with_secret("{}", "${env:TIGHTROPE_TEST_BAD}") +
                                                      "http: {timeout: \"${env:TIGHTROPE_TEST_BAD}\"}\n"));
  EXPECT_EQ(loaded.errors.size(), 2u);
  EXPECT_EQ(format(loaded.errors).find("swordfish"), std::string::npos) << format(loaded.errors);
}

TEST(EnvironmentTest, AnUnsetSecretIsNamed) {
  const ScratchFolder folder;
  const auto loaded = load(folder.write("a.yaml", with_secret("{token: \"${env:TIGHTROPE_TEST_ABSENT}\"}")));
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0].problem, "environment variable \"TIGHTROPE_TEST_ABSENT\" is not set");
  EXPECT_NE(loaded.errors[0].line.find("${env:TIGHTROPE_TEST_ABSENT}"), std::string::npos);
}

}  // namespace
}  // namespace tightrope::config
