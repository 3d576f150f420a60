#include "tests/integration/database_servers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace tightrope::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 120s;

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// None of those that the system gives to connections: between now and the server's start, somebody else might
// get it.
int free_port() {
  std::random_device draw;
  std::uniform_int_distribution<int> any(10'000, 31'999);
  for (int tries = 0; tries < 1000; ++tries) {
    const int port = any(draw);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(listener);
    if (bound) return port;
  }
  throw std::runtime_error("no free port");
}

// In a child: gives up being root.
void become(const passwd& user) {
  if (getuid() != 0) return;
  if (setgid(user.pw_gid) != 0 || initgroups(user.pw_name, user.pw_gid) != 0 || setuid(user.pw_uid) != 0)
    _exit(126);
}

pid_t spawn(const std::vector<std::string>& command, const std::string& user, const std::string& log) {
  const passwd* const found = getpwnam(user.c_str());
  if (found == nullptr && getuid() == 0) throw std::runtime_error("no user " + user);
  const passwd account = found == nullptr ? passwd{} : *found;
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) {
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    become(account);
    if (chdir("/") != 0) _exit(126);
    execv(words[0], words.data());
    _exit(127);
  }
  return pid;
}

void run_to_end(const std::vector<std::string>& command, const std::string& user, const std::string& log) {
  const pid_t pid = spawn(command, user, log);
  int status = 0;
  waitpid(pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(command[0] + " failed:\n" + text_of(log));
}

void give_to(const std::string& path, const std::string& user) {
  const passwd* const found = getpwnam(user.c_str());
  if (getuid() == 0 && found != nullptr && ::chown(path.c_str(), found->pw_uid, found->pw_gid) != 0)
    throw std::runtime_error("cannot give away " + path);
}

std::string postgresql_folder() {
  std::string newest;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const fs::path folder = version.path() / "bin";
    if (fs::exists(folder / "initdb") && folder.string() > newest) newest = folder;
  }
  return newest;
}

std::string found_program(std::initializer_list<const char*> places) {
  for (const char* place : places) {
    if (fs::exists(place)) return place;
  }
  return "";
}
std::string mariadbd() {
  return found_program({"/usr/sbin/mariadbd", "/usr/libexec/mariadbd"});
}
std::string mariadb_install() {
  return found_program({"/usr/bin/mariadb-install-db"});
}

class PostgresqlServer final : public DatabaseServer {
 public:
  explicit PostgresqlServer(Tls tls) : DatabaseServer(config::Database::postgresql, "postgres"), tls_(tls) {
    std::ofstream(folder() + "/password") << "of-the-one-who-may-do-everything";
    run_to_end(
        {postgresql_folder() + "/initdb", "-D", folder() + "/data", "-U", "chief", "-A", "scram-sha-256",
         "--pwfile=" + folder() + "/password", "--locale=C", "-E", "UTF8", "--no-sync"},
        user_, folder() + "/log");
    if (tls_ == Tls::offered) make_certificate();
    begin();
    execute("CREATE ROLE reader LOGIN PASSWORD '" + std::string(kReaderPassword) + "'");
    execute("CREATE DATABASE shop OWNER reader");
    database_ = "shop";
  }

  void start() override { begin(); }
  void kill() override { process_.end(SIGQUIT); }  // "immediate shutdown": no goodbye to clients

  void execute(const std::string& statement) override {
    PGconn* connection = connected();
    PGresult* result = PQexec(connection, statement.c_str());
    const ExecStatusType status = PQresultStatus(result);
    const std::string problem =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? "" : PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (!problem.empty()) throw std::runtime_error(problem + "; " + statement);
  }

  int statements_of_reader() override {
    PGconn* connection = connected();
    PGresult* result = PQexec(
        connection, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'");
    const int count = PQntuples(result) == 1 ? std::atoi(PQgetvalue(result, 0, 0)) : -1;
    PQclear(result);
    PQfinish(connection);
    return count;
  }

  std::string sleeping(int seconds) const override {
    return "SELECT date '2026-11-20' AS day, 'brand' AS campaign, 1 AS spend FROM pg_sleep(" +
           std::to_string(seconds) + ")";
  }
  std::string socket() const override { return folder(); }

 private:
  void begin() {
    std::vector<std::string> command{postgresql_folder() + "/postgres",
                                     "-D",
                                     folder() + "/data",
                                     "-k",
                                     folder(),
                                     "-p",
                                     std::to_string(port_),
                                     "-c",
                                     "listen_addresses=127.0.0.1",
                                     "-c",
                                     "fsync=off",
                                     "-c",
                                     "timezone=America/Los_Angeles"};
    if (tls_ == Tls::offered) {
      for (const std::string& setting : {std::string("ssl=on"), "ssl_cert_file=" + certificate_,
                                         "ssl_key_file=" + folder() + "/key.pem"}) {
        command.emplace_back("-c");
        command.push_back(setting);
      }
    }
    process_.start(command, user_, folder() + "/log");
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      try {
        execute("SELECT 1");
        return;
      } catch (const std::exception& error) {
        if (!process_.running() || std::chrono::steady_clock::now() > until)
          throw std::runtime_error(std::string(error.what()) + text_of(folder() + "/log"));
      }
      std::this_thread::sleep_for(50ms);
    }
  }

  PGconn* connected() const {
    const std::string settings = "host=" + folder() + " port=" + std::to_string(port_) +
                                 " dbname=" + database_ +
                                 " user=chief password=of-the-one-who-may-do-everything";
    PGconn* connection = PQconnectdb(settings.c_str());
    if (PQstatus(connection) == CONNECTION_OK) return connection;
    const std::string problem = PQerrorMessage(connection);
    PQfinish(connection);
    throw std::runtime_error(problem);
  }

  const Tls tls_;
  std::string database_ = "postgres";
  ServerProcess process_;
};

class MariadbServer final : public DatabaseServer {
 public:
  explicit MariadbServer(Tls tls) : DatabaseServer(config::Database::mariadb, "mysql"), tls_(tls) {
    run_to_end({mariadb_install(), "--no-defaults", "--datadir=" + folder() + "/data",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                "--innodb-flush-method=nosync"},
               user_, folder() + "/log");
    if (tls_ == Tls::offered) make_certificate();
    begin();
    execute("CREATE DATABASE shop");
    execute("CREATE USER reader IDENTIFIED BY '" + std::string(kReaderPassword) + "'");
    execute("GRANT ALL ON shop.* TO reader");
  }

  void start() override { begin(); }
  void kill() override { process_.end(SIGKILL); }

  void execute(const std::string& statement) override {
    MYSQL* connection = connected();
    const std::string problem =
        mysql_query(connection, statement.c_str()) == 0 ? "" : mysql_error(connection);
    if (problem.empty()) mysql_free_result(mysql_store_result(connection));
    mysql_close(connection);
    if (!problem.empty()) throw std::runtime_error(problem + "; " + statement);
  }

  int statements_of_reader() override {
    MYSQL* connection = connected();
    int count = -1;
    if (mysql_query(
            connection,
            "SELECT count(*) FROM information_schema.processlist WHERE user = 'reader' AND command <> "
            "'Sleep'") == 0) {
      MYSQL_RES* rows = mysql_store_result(connection);
      if (MYSQL_ROW row = mysql_fetch_row(rows)) count = std::atoi(row[0]);
      mysql_free_result(rows);
    }
    mysql_close(connection);
    return count;
  }

  std::string sleeping(int seconds) const override {
    return "SELECT date '2026-11-20' AS day, 'brand' AS campaign, sleep(" + std::to_string(seconds) +
           ") AS spend";
  }
  std::string socket() const override { return folder() + "/socket"; }

 private:
  void begin() {
    std::vector<std::string> command{mariadbd(),
                                     "--no-defaults",
                                     "--datadir=" + folder() + "/data",
                                     "--port=" + std::to_string(port_),
                                     "--bind-address=127.0.0.1",
                                     "--socket=" + socket(),
                                     "--pid-file=" + folder() + "/pid",
                                     "--skip-name-resolve",
                                     "--innodb-flush-method=nosync",
                                     "--default-time-zone=-08:00"};
    if (tls_ == Tls::offered) {
      command.push_back("--ssl-cert=" + certificate_);
      command.push_back("--ssl-key=" + folder() + "/key.pem");
    }
    process_.start(command, user_, folder() + "/log");
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      try {
        execute("DO 1");
        return;
      } catch (const std::exception& error) {
        if (!process_.running() || std::chrono::steady_clock::now() > until)
          throw std::runtime_error(std::string(error.what()) + text_of(folder() + "/log"));
      }
      std::this_thread::sleep_for(50ms);
    }
  }

  MYSQL* connected() const {
    MYSQL* connection = mysql_init(nullptr);
    if (mysql_real_connect(connection, nullptr, "root", "", nullptr, 0, socket().c_str(), 0) != nullptr)
      return connection;
    const std::string problem = mysql_error(connection);
    mysql_close(connection);
    throw std::runtime_error(problem);
  }

  const Tls tls_;
  ServerProcess process_;
};

}  // namespace

void ServerProcess::start(const std::vector<std::string>& command, const std::string& user,
                          const std::string& log) {
  end(SIGKILL);
  pid_ = spawn(command, user, log);
}

void ServerProcess::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
}

bool ServerProcess::running() {
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

DatabaseServer::DatabaseServer(config::Database kind, std::string user)
    : kind_(kind), user_(std::move(user)), port_(free_port()) {
  give_to(folder(), user_);
}

void DatabaseServer::make_certificate() {
  certificate_ = folder() + "/certificate.pem";
  run_to_end({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
              "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
              "-keyout", folder() + "/key.pem", "-out", certificate_},
             user_, folder() + "/log");
  fs::permissions(folder() + "/key.pem", fs::perms::owner_read);
}

config::Source DatabaseServer::source(const std::string& query) const {
  config::SqlSource sql;
  sql.database = kind_;
  sql.host = "127.0.0.1";
  sql.port = port_;
  sql.name = "shop";
  sql.user = "reader";
  sql.password = config::Secret(kReaderPassword);
  sql.tls = config::DatabaseTls::disable;
  sql.query = query;
  config::Source source;
  source.name = "warehouse";
  source.connector = "sql";
  source.allow_private_addresses = true;
  source.deadline = std::chrono::seconds(60);
  source.kind = std::move(sql);
  return source;
}

std::string missing(config::Database kind) {
  if (!fs::exists("/usr/bin/openssl")) return "openssl is not installed";
  if (kind == config::Database::postgresql) {
    if (postgresql_folder().empty()) return "there is no PostgreSQL server under /usr/lib/postgresql";
    return getuid() == 0 && getpwnam("postgres") == nullptr ? "there is no user postgres" : "";
  }
  if (mariadbd().empty() || mariadb_install().empty()) return "there is no MariaDB server";
  return getuid() == 0 && getpwnam("mysql") == nullptr ? "there is no user mysql" : "";
}

std::unique_ptr<DatabaseServer> make_server(config::Database kind, Tls tls) {
  if (kind == config::Database::postgresql) return std::make_unique<PostgresqlServer>(tls);
  return std::make_unique<MariadbServer>(tls);
}

}  // namespace tightrope::testing
