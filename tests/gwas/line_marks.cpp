// SPDX-License-Identifier: BSL-1.0
#include <metapool/gwas/line_marks.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace metapool::detail;

TEST_CASE("Marks are where separators and line breaks are, in order, however many there are in a row and wherever the text ends") {
  std::uint64_t state = 5;
  line_marks wide, narrow;
  int bad = 0;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t size = i % 400;
    std::string text;
    for (std::size_t j = 0; j < size; ++j) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text += i % 3 == 0 ? "\t\n a"[state >> 62U] : i % 3 == 1 ? "0123456789abcde\t"[state >> 60U] : "ab\x8a\x89\xe9.,-+e/0:9\n\t"[state >> 60U];
    }
    std::vector<std::uint32_t> ends, breaks;
    for (std::size_t j = 0; j < size; ++j) {
      if (text[j] == '\t' || text[j] == ' ' || text[j] == '\n') ends.push_back(static_cast<std::uint32_t>(j));
      if (text[j] == '\n') breaks.push_back(static_cast<std::uint32_t>(j));
    }
    text.append(64, i % 2 == 0 ? '\n' : '\t');  // marks behind the text are none of it
    wide.find(text.data(), size, '\t', ' ');
    narrow.find_plainly(text.data(), size, '\t', ' ');
    for (line_marks* marks : {&wide, &narrow}) {
      bad += std::vector<std::uint32_t>(marks->ends(), marks->ends() + marks->end_count()) != ends;
      bad += std::vector<std::uint32_t>(marks->breaks(), marks->breaks() + marks->break_count()) != breaks;
      bad += marks->ends()[-1] != static_cast<std::uint32_t>(-1);
    }
  }
  CHECK(bad == 0);
}
