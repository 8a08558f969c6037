// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/coverage_evidence.hpp>

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;

namespace {

using key = std::pair<int, std::string>;
using cells = std::array<double, 6>;  // equal, then unequal, of k = 3, 5, 10

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in(line.substr(1));
  for (std::string field; std::getline(in, field, '|');) {
    const auto from = field.find_first_not_of(' '), to = field.find_last_not_of(' ');
    out.push_back(from == std::string::npos ? std::string() : field.substr(from, to - from + 1));
  }
  return out;
}

// The lowest bold coverage of every method of the page that has any.
std::map<key, cells> shortfalls_of_page() {
  std::ifstream in(METAPOOL_SOURCE_DIR "/docs/coverage.md");
  std::map<key, cells> found;
  int section = -1;
  std::size_t k = 0;
  bool coverage = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "## The mean") section = 0, coverage = true;
    if (line == "## The next trial") section = 1, coverage = true;
    if (line == "## The between-study variance") section = 2, coverage = true;
    if (line.rfind("Median width", 0) == 0) coverage = false;
    if (!coverage || line.empty() || line[0] != '|' || line[1] == '-') continue;
    const auto field = fields(line);
    if (field[0].rfind("k = ", 0) == 0) {
      k = field[0] == "k = 3" ? 0 : field[0] == "k = 5" ? 1 : 2;
      continue;
    }
    for (std::size_t j = 1; j < field.size() && j <= 12; ++j) {
      if (field[j].rfind("**", 0) != 0) continue;
      const double x = std::stod(field[j].substr(2));
      cells& at = found.try_emplace({section, field[0]}, cells{100, 100, 100, 100, 100, 100}).first->second;
      double& lowest = at[(j > 6 ? 3 : 0) + k];
      if (x < lowest) lowest = x;
    }
  }
  return found;
}

situation of(std::size_t k, double precision_ratio) {
  situation s;
  s.k = k;
  s.largest_share = 0.3;
  s.precision_ratio = precision_ratio;
  return s;
}

}  // namespace

TEST_CASE("the shortfalls are those of docs/coverage.md, all of them") {
  const auto page = shortfalls_of_page();
  CHECK(page.size() > 20);
  CHECK(page.size() == std::size(detail::shortfalls));
  for (const coverage_row& row : detail::shortfalls) {
    INFO(std::string(row.method));
    const auto at = page.find({static_cast<int>(row.of), std::string(row.method)});
    REQUIRE(at != page.end());
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(row.equal[j] == at->second[j]);
      CHECK(row.unequal[j] == at->second[j + 3]);
    }
  }
}

TEST_CASE("a situation is judged by the nearest one that was simulated") {
  const auto z = [](std::size_t k, double ratio) { return detail::lowest_coverage(coverage_of::mean, "REML, Wald z", of(k, ratio)); };
  CHECK(z(2, 1) == 84.0);
  CHECK(z(3, 5) == 79.0);
  CHECK(z(4, 1) == 88.5);
  CHECK(z(7, 1) == 88.5);
  CHECK(z(8, 4) == 92.0);
  CHECK(z(8, 4.1) == 90.2);
  CHECK(z(19, 1) == 92.0);
  CHECK(z(20, 1) == 100);
  CHECK(detail::lowest_coverage(coverage_of::mean, "REML, Wald t", of(10, 9)) == 93.8);
  CHECK(detail::lowest_coverage(coverage_of::mean, "REML, Wald t", of(11, 9)) == 100);  // too small a shortfall to be carried over
  CHECK(detail::lowest_coverage(coverage_of::mean, "multiplicative (UWLS), t", of(100, 9), true) == 77.5);
  CHECK(detail::lowest_coverage(coverage_of::mean, "profile likelihood, Bartlett", of(3, 9)) == 100);
  CHECK(detail::lowest_coverage(coverage_of::tau2, "REML, Wald z", of(3, 9)) == 100);
  CHECK(detail::nearest_text(of(6, 9)) == "5 trials of unequal size");
  CHECK(detail::nearest_text(of(30, 1)) == "10 trials of equal size");
}
