// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/atomic_file.hpp>
#include <metapool/data/file.hpp>

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#if !defined(_WIN32)
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#endif

namespace mp = metapool;
namespace fs = std::filesystem;
using metapool_test::scratch_folder;

namespace {

std::size_t files_in(const fs::path& folder) {
  std::size_t n = 0;
  for (const auto& entry : fs::directory_iterator(folder)) n += entry.is_regular_file() ? 1U : 0U;
  return n;
}

}  // namespace

TEST_CASE("an atomic file has its name only after commit, and then holds all that was written") {
  scratch_folder folder;
  const std::string path = (folder.path() / "a.tsv").string();
  {
    mp::atomic_file file(path);
    file.write("one\n");
    file.write(std::string(100000, 'x'));
    CHECK_FALSE(fs::exists(path));
    CHECK(file.aside().find(".part") != std::string::npos);
    file.commit();
    CHECK(mp::detail::read_file<>(path, "test") == "one\n" + std::string(100000, 'x'));
    CHECK_THROWS_AS(file.write("more"), mp::error);
    CHECK_THROWS_AS(file.commit(), mp::error);
  }
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("an atomic file that is not committed leaves the old file and nothing else") {
  scratch_folder folder;
  const std::string path = folder.write("a.tsv", "old").string();
  {
    mp::atomic_file file(path);
    file.write("new");
  }
  CHECK(mp::detail::read_file<>(path, "test") == "old");
  CHECK(files_in(folder.path()) == 1);
  CHECK_THROWS_WITH_AS(mp::atomic_file((folder.path() / "none" / "a.tsv").string()), doctest::Contains("a.tsv"), mp::error);
  CHECK_THROWS_AS(mp::atomic_file(folder.path().string()), mp::error);
}

TEST_CASE("two atomic files of one name do not write into each other") {
  scratch_folder folder;
  const std::string path = (folder.path() / "a.tsv").string();
  mp::atomic_file first(path), second(path);
  CHECK(first.aside() != second.aside());
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  CHECK(mp::detail::read_file<>(path, "test") == "first");
}

#if !defined(_WIN32)
TEST_CASE("an atomic file keeps permissions and follows a symbolic link") {
  scratch_folder folder;
  const auto real = folder.write("real.tsv", "old");
  ::chmod(real.c_str(), 0640);
  fs::create_symlink(real, folder.path() / "link.tsv");
  mp::atomic_file file((folder.path() / "link.tsv").string());
  file.write("new");
  file.commit();
  CHECK(fs::is_symlink(folder.path() / "link.tsv"));
  CHECK(mp::detail::read_file<>(real.string(), "test") == "new");
  struct ::stat status {};
  ::stat(real.c_str(), &status);
  CHECK((status.st_mode & 0777U) == 0640U);
}

TEST_CASE("an atomic file whose place is private is private from its first byte on") {
  scratch_folder folder;
  const auto real = folder.write("real.tsv", "old");
  ::chmod(real.c_str(), 0600);
  mp::atomic_file file(real.string());
  struct ::stat status {};
  ::stat(file.aside().c_str(), &status);
  CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("an atomic file follows links to a file that is not there yet") {
  scratch_folder folder;
  fs::create_directories(folder.path() / "elsewhere");
  fs::create_symlink("elsewhere/real.tsv", folder.path() / "second.tsv");
  fs::create_symlink(folder.path() / "second.tsv", folder.path() / "first.tsv");
  mp::atomic_file file((folder.path() / "first.tsv").string());
  file.write("new");
  file.commit();
  CHECK(fs::is_symlink(folder.path() / "first.tsv"));
  CHECK(fs::is_symlink(folder.path() / "second.tsv"));
  CHECK(mp::detail::read_file<>((folder.path() / "elsewhere" / "real.tsv").string(), "test") == "new");
  CHECK(files_in(folder.path() / "elsewhere") == 1);
}

TEST_CASE("a full disk is an error, leaves the old file, and no new one") {
  scratch_folder folder;
  const std::string path = folder.write("a.tsv", "old").string();
  struct ::rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct ::rlimit small { 4096, before.rlim_max };
  const auto fill = [&](std::size_t bytes) {
    mp::atomic_file file(path, "filling");
    for (std::size_t i = 0; i < bytes; i += 1000) file.write(std::string(1000, 'x'));
    file.commit();
  };
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string what;
  for (const std::size_t bytes : {std::size_t(5000), std::size_t(100000)}) {  // seen when all is brought to the disk, and while writing
    what.clear();
    try {
      fill(bytes);
    } catch (const mp::error& e) {
      what = e.what();
    }
    if (what.find("disk full") == std::string::npos) break;
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(what.find("filling: ") == 0);
  CHECK(what.find("disk full") != std::string::npos);
  CHECK(mp::detail::read_file<>(path, "test") == "old");
  CHECK(files_in(folder.path()) == 1);
}
#endif
