// SPDX-License-Identifier: BSL-1.0
// What the files of the repository say: no place of the computer on which they were written, and nothing of how they came about.
#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

bool letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// True if `word` stands in `line` as a word of its own, in any case of letters.
bool has_word(std::string line, std::string_view word) {
  std::transform(line.begin(), line.end(), line.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  for (std::size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
    const bool starts = at == 0 || !letter(line[at - 1]);
    const std::size_t end = at + word.size();
    if (starts && (end == line.size() || !letter(line[end]))) return true;
  }
  return false;
}

/// True if an absolute path below one of the folders that belong to one computer stands in `line`.
bool has_private_path(const std::string& line) {
  for (const char* name : {"home", "root", "work", "tmp", "Users", "mnt", "media"}) {
    const std::string path = std::string("/") + name + "/";
    for (std::size_t at = line.find(path); at != std::string::npos; at = line.find(path, at + 1)) {
      const char before = at == 0 ? ' ' : line[at - 1];
      if (!letter(before) && before != '.' && before != '}' && before != '-' && before != '/' && before != ']' && before != '*')
        return true;
    }
  }
  return false;
}

/// "file:line: text" for each line that says what it should not.
std::vector<std::string> private_lines(const fs::path& root) {
  // Put together here, so that this file does not find itself.
  const std::vector<std::string> words{std::string("iss") + "ue", std::string("iss") + "ues", std::string("sess") + "ion",
                                       std::string("sess") + "ions", std::string("this mach") + "ine"};
  const std::string shared = std::string("../sha") + "red";
  std::vector<std::string> found;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    const std::string path = fs::relative(entry->path(), root).generic_string();
    if (entry->is_directory()) {
      // Not part of the repository; and data, which are as their source has them.
      if (name == ".git" || name == ".cache" || name.rfind("build", 0) == 0 || path == "tests/reference") entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file()) continue;
    std::ifstream in(entry->path(), std::ios::binary);
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
      bool bad = has_private_path(line) || line.find(shared) != std::string::npos;
      for (const auto& word : words) bad = bad || has_word(line, word);
      if (bad) found.push_back(path + ":" + std::to_string(number) + ": " + line);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("no file names a place of one computer or how the work was done") {
  std::string text;
  for (const auto& line : private_lines(METAPOOL_SOURCE_DIR)) text += "\n  " + line;
  INFO(text);
  CHECK(text.empty());
}

TEST_CASE("a private path or word is found, and what only looks like one is not") {
  metapool_test::scratch_folder tree;
  const std::string slash = "/";
  tree.write("a.md", "see " + slash + "home/ann/data.csv\n");
  tree.write("b.hpp", "// as said in the Iss" + std::string("ue\n"));
  tree.write("build/c.txt", slash + "home/ann\n");
  tree.write("d.md", "bone tissue, tests/home/x, https://example.org/home/x, possession\n");
  const auto found = private_lines(tree.path());
  REQUIRE(found.size() == 2);
  CHECK(std::count_if(found.begin(), found.end(), [](const std::string& s) { return s.rfind("a.md:1: ", 0) == 0; }) == 1);
  CHECK(std::count_if(found.begin(), found.end(), [](const std::string& s) { return s.rfind("b.hpp:1: ", 0) == 0; }) == 1);
}
