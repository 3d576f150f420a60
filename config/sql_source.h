// A query on a database as a source of figures.
#pragma once

#include <string>

#include "config/field_mapping.h"
#include "config/secret.h"

namespace tightrope::config {

enum class Database { postgresql, mariadb, sqlite };
enum class DatabaseTls { verify_full, require, disable };

// A query on a database.
struct SqlSource {
  Database database = Database::postgresql;
  std::string path;  // sqlite: the file, absolute or relative to the configuration file; else "" and ...
  std::string host;  // ... a name or an address. With a "/" in front: the folder of PostgreSQL's socket, or
                     // MariaDB's socket itself; then there is no TLS
  int port = 0;
  std::string name;  // of the database
  std::string user;
  Secret password;                             // "" where the server asks for none
  DatabaseTls tls = DatabaseTls::verify_full;  // disable: never to a public address
  std::string ca_file;                         // PEM, as `path`; "" is what the system trusts
  std::string
      session_offset;    // mariadb: "+01:00" for the session's time zone; "" is the source's zone by name
  std::string query;     // see sql_template.h
  FieldMapping mapping;  // date_format "": as the column's type says
  friend bool operator==(const SqlSource&, const SqlSource&) = default;
};

}  // namespace tightrope::config
