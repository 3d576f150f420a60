// Refresh tokens that vendors have changed, on disk.
//
// <storage.path>/tokens/<key>.token, one file for each, with two lines: "tightrope refresh token 1" (the 1 is
// the form's version), and the token. Only the daemon's user can read the folder and the files. They are
// secrets: whoever copies the storage path copies them too.
#pragma once

#include <memory>
#include <string>

#include "collectors/tokens.h"

namespace tightrope::daemon {

// `storage_path` and its folder are made when the first token is saved. Saving is atomic: after a crash a
// file holds the old token or the new one. Several processes may use one path.
class FileTokenStore final : public collectors::TokenStore {
 public:
  explicit FileTokenStore(const std::string& storage_path);

  std::optional<config::Secret> load(const std::string& key) override;
  void save(const std::string& key, const config::Secret& refresh_token) override;

 private:
  std::string file_of(const std::string& key) const;

  const std::string folder_;
};

}  // namespace tightrope::daemon
