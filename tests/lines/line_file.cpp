// SPDX-License-Identifier: BSL-1.0
#include <metapool/lines/line_file.hpp>

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mp = metapool;

TEST_CASE("a file of lines: names of columns in its first line or given, and where its lines are") {
  metapool_test::scratch_folder folder;
  const std::string path = folder.write("a.tsv", "\xEF\xBB\xBFid\ty1\tv1\r\na\t1\t1\n").string();
  const std::vector<std::string> names{"id", "y1", "v1"};
  const auto a = mp::look_at_lines(path, mp::line_format::tsv);
  CHECK(a.names == names);
  CHECK(a.has_header);
  CHECK(a.lines.begin == 13);
  CHECK(a.lines.end == 19);
  const auto b = mp::look_at_lines(path, mp::line_format::tsv, "id, y1 v1");
  CHECK(b.names == names);
  CHECK_FALSE(b.has_header);
  CHECK(b.lines.begin == 0);
  CHECK(mp::look_at_lines(path, mp::line_format::tsv, "my id\ty1\tv1").names.front() == "my id");
  CHECK(mp::look_at_lines(path, mp::line_format::ndjson).names.empty());
  const std::string empty = folder.write("b.tsv", "").string();
  CHECK_THROWS_WITH_AS(mp::look_at_lines(empty, mp::line_format::tsv), doctest::Contains("empty"), mp::input_error);
  CHECK_THROWS_AS(mp::look_at_lines("no such file", mp::line_format::tsv), mp::input_error);
}
