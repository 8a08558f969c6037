// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/file.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/math/random.hpp>

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::scratch_folder;

namespace {

std::string read_range(const std::string& path, const mp::byte_range& range, std::size_t block) {
  mp::line_reader reader(path, range);
  std::string all;
  for (std::string_view text = reader.next(block); !text.empty(); text = reader.next(block)) {
    const bool last = all.size() + text.size() == range.size();
    if (!last) CHECK(text.back() == '\n');
    all.append(text);
  }
  return all;
}

}  // namespace

TEST_CASE("pieces of a file follow each other to the whole, each a row of whole lines, for any number of pieces") {
  scratch_folder folder;
  mp::detail::random_stream random(7);
  for (int trial = 0; trial < 12; ++trial) {
    std::string text;
    for (std::uint64_t lines = random.below(30); lines > 0; --lines) text.append(std::string(random.below(trial % 3 == 0 ? 200 : 6), 'a')).push_back('\n');
    if (trial % 2 == 0 && !text.empty()) text.pop_back();  // a last line without an end
    const std::string path = folder.write("lines.txt", text).string();
    const std::size_t first = text.find('\n') == std::string::npos ? 0 : text.find('\n') + 1;
    for (const std::uint64_t begin : {std::uint64_t(0), std::uint64_t(first)}) {
      const mp::byte_range whole{begin, mp::file_size(path)};
      for (const std::uint64_t parts : {1U, 2U, 3U, 7U, 64U}) {
        std::string all;
        std::uint64_t at = whole.begin;
        for (std::uint64_t part = 0; part < parts; ++part) {
          const mp::byte_range piece = mp::line_range(path, whole, part, parts);
          CHECK(piece.begin == at);
          CHECK(piece.end >= piece.begin);
          CHECK((piece.size() == 0 || piece.end == whole.end || text[piece.end - 1] == '\n'));
          at = piece.end;
          all += read_range(path, piece, 1 + random.below(40));
        }
        CHECK(at == whole.end);
        CHECK(all == text.substr(begin));
      }
    }
  }
}

TEST_CASE("a line belongs to the piece in which its first byte lies") {
  scratch_folder folder;
  const std::string path = folder.write("lines.txt", "aaaa\nbbbb\ncccc\ndd\n").string();  // 18 bytes; lines begin at 0, 5, 10, 15
  CHECK(mp::line_range(path, {0, 18}, 0, 2).end == 10);  // the cut is at 9
  CHECK(mp::line_range(path, {0, 18}, 0, 3).end == 10);  // at 6
  CHECK(mp::line_range(path, {0, 18}, 1, 3).end == 15);  // at 12
  CHECK(mp::line_range(path, {0, 18}, 5, 7).begin == 15);  // at 12, of 12.9
  CHECK(mp::line_range(path, {5, 15}, 0, 2).end == 10);  // at 10, where a line begins
  CHECK_THROWS_AS(mp::line_range(path, {0, 18}, 3, 3), mp::input_error);
  CHECK_THROWS_AS(mp::line_range("no such file", {0, 18}, 0, 3), mp::input_error);
}

TEST_CASE("a reader gives lines one by one, then blocks, and works on streams") {
  scratch_folder folder;
  std::string text = "first\n\n" + std::string(10000, 'x') + "\nlast";
  const std::string path = folder.write("lines.txt", text).string();
  std::FILE* stream = std::fopen(path.c_str(), "rb");
  REQUIRE(stream != nullptr);
  {
    mp::line_reader reader(stream, "stream");
    CHECK(reader.line() == "first\n");
    CHECK(reader.line() == "\n");
    CHECK(reader.next(100) == std::string(10000, 'x') + "\nlast");
    CHECK(reader.next(100).empty());
    CHECK(reader.line().empty());
  }
  std::fclose(stream);
}

TEST_CASE("a file that ends before its range is an error, not a shorter answer") {
  scratch_folder folder;
  const std::string path = folder.write("lines.txt", "aaaa\nbb\n").string();
  mp::line_reader reader(path, {0, 20});
  CHECK_THROWS_WITH_AS(static_cast<void>(reader.next(100)), doctest::Contains("ends before"), mp::input_error);
  CHECK_THROWS_AS(mp::line_reader("no such file", mp::byte_range{}), mp::input_error);
  CHECK_THROWS_AS(static_cast<void>(mp::file_size("no such file")), mp::input_error);
  mp::line_reader of_folder(folder.path().string(), {0, 5});
  CHECK_THROWS_AS(static_cast<void>(of_folder.next(100)), mp::input_error);
}
