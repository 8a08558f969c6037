// SPDX-License-Identifier: BSL-1.0
// What the README prints is what there is.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(std::string(METAPOOL_SOURCE_DIR) + "/" + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("the README's code is examples/quick_start.cpp, which is built and run") {
  const std::string readme = text_of("README.md"), example = text_of("examples/quick_start.cpp");
  const std::string open = "```cpp\n";
  const auto start = readme.find(open);
  REQUIRE(start != std::string::npos);
  const auto end = readme.find("```", start + open.size());
  REQUIRE(end != std::string::npos);
  const auto first_line = example.find('\n');
  REQUIRE(first_line != std::string::npos);
  CHECK(readme.substr(start + open.size(), end - start - open.size()) == example.substr(first_line + 1));
}

TEST_CASE("every file that the README links to is there") {
  const std::string readme = text_of("README.md");
  int links = 0;
  for (auto at = readme.find("]("); at != std::string::npos; at = readme.find("](", at + 1)) {
    const auto end = readme.find(')', at);
    const std::string target = readme.substr(at + 2, end - at - 2);
    if (target.find("://") != std::string::npos) continue;
    INFO(target);
    CHECK(std::filesystem::exists(std::string(METAPOOL_SOURCE_DIR) + "/" + target));
    ++links;
  }
  CHECK(links >= 5);
}
