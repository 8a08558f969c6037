// SPDX-License-Identifier: BSL-1.0
#include <metapool/gwas/line_source.hpp>

#include <support/scratch_folder.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace metapool;

std::string put(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

/// All lines behind the header, and the pieces' number.
std::string rest_of(const std::string& path, std::size_t piece_size, std::string& header, int& pieces) {
  detail::line_source source(path, piece_size);
  header = source.header();
  detail::text_piece piece;
  std::string all;
  for (pieces = 0; source.next(piece); ++pieces) {
    CHECK(piece.end()[-1] == '\n');
    CHECK(piece.end()[63] == '\n');
    all.append(piece.begin(), piece.end());
  }
  return all;
}

std::string message_of(const std::string& path) {
  try {
    std::string header;
    int pieces = 0;
    rest_of(path, 1000, header, pieces);
  } catch (const input_error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("Pieces of any size hold the same whole lines, with a line break at the end") {
  const metapool_test::scratch_folder folder;
  std::string text;
  for (int i = 0; i < 300; ++i) text.append(std::to_string(i * i)).append("\tA\tG\n");
  std::string header;
  int pieces = 0;
  for (const std::string& last : {std::string(), std::string("last line without end")}) {
    const std::string path = put(folder.path() / "a.txt", "##comment\n\n#head\r\n" + text + last);
    for (const std::size_t size : {std::size_t(1), std::size_t(7), std::size_t(100), std::size_t(1000), std::size_t(1) << 20U}) {
      CHECK(rest_of(path, size, header, pieces) == text + (last.empty() ? "" : last + "\n"));
      CHECK(header == "#head\r");
    }
    CHECK(pieces == 1);
    detail::line_source source(path);
    CHECK(source.lines_before() == 3);
  }
  CHECK(rest_of(put(folder.path() / "h.txt", "only a header"), 10, header, pieces).empty());
  CHECK(header == "only a header");
}

TEST_CASE("A file that is not there, empty or a folder is an error that names it") {
  const metapool_test::scratch_folder folder;
  CHECK(message_of((folder.path() / "none").string()).find("none: the file cannot be opened") != std::string::npos);
  CHECK(message_of(put(folder.path() / "empty", "")).find("empty: the file has no header line") != std::string::npos);
  CHECK(message_of(put(folder.path() / "blank", "\n \n##x\n")).find("blank: the file has no header line") != std::string::npos);
  CHECK(message_of(folder.path().string()).find("cannot be read") != std::string::npos);
}

#if defined(METAPOOL_WITH_ZLIB)
namespace {

/// One gzip member; bgzip: with the field in its header that bgzip puts there.
std::string squeezed(const std::string& text, bool bgzip = false) {
  z_stream s{};
  REQUIRE(deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Bytef extra[6] = {'B', 'C', 2, 0, 0, 0};
  gz_header header{};
  header.extra = extra;
  header.extra_len = sizeof extra;
  header.os = 255;
  if (bgzip) REQUIRE(deflateSetHeader(&s, &header) == Z_OK);
  std::string in = text, out(text.size() + 1000, '\0');
  s.next_in = reinterpret_cast<Bytef*>(in.data());
  s.avail_in = static_cast<uInt>(in.size());
  s.next_out = reinterpret_cast<Bytef*>(out.data());
  s.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&s, Z_FINISH) == Z_STREAM_END);
  out.resize(s.total_out);
  deflateEnd(&s);
  return out;
}

}  // namespace
#endif

TEST_CASE("Compressed files, of one member or many, hold what was put in; without zlib they are an error that says so") {
  const metapool_test::scratch_folder folder;
#if defined(METAPOOL_WITH_ZLIB)
  std::string header, text;
  int pieces = 0;
  for (int i = 0; i < 3000; ++i) text.append(std::to_string(i * i)).append("\tA\tG\n");
  CHECK(rest_of(put(folder.path() / "one.gz", squeezed("head\n" + text)), 1000, header, pieces) == text);
  CHECK(header == "head");
  const std::string many = squeezed("head\n" + text.substr(0, 10)) + squeezed("") + squeezed(text.substr(10)) + squeezed("");
  CHECK(rest_of(put(folder.path() / "many.gz", many), 1000, header, pieces) == text);
  CHECK(rest_of(put(folder.path() / "padded.gz", many + std::string(100, '\0')), 1000, header, pieces) == text);
#else
  CHECK(message_of(put(folder.path() / "a.gz", "\x1f\x8b\x08 and so on")).find("was built without zlib") != std::string::npos);
#endif
}

TEST_CASE("A compressed file cut off anywhere, or damaged, is an error and never a shorter answer") {
  const metapool_test::scratch_folder folder;
#if defined(METAPOOL_WITH_ZLIB)
  std::string text = "head\n";
  for (int i = 0; i < 3000; ++i) text.append(std::to_string(i * 7919 % 1000003)).append("\tA\tG\n");
  const std::string whole = squeezed(text), two = squeezed("head\n1\n") + squeezed(text);
  for (std::size_t size = 2; size < whole.size(); size += whole.size() / 37) {
    INFO(size);
    CHECK(message_of(put(folder.path() / "cut.gz", whole.substr(0, size))).find("cut.gz: the gzip file is not sound at its byte") != std::string::npos);
  }
  CHECK(message_of(put(folder.path() / "last.gz", whole.substr(0, whole.size() - 1))).find("cut off") != std::string::npos);
  CHECK(message_of(put(folder.path() / "second.gz", two.substr(0, two.size() - 5))).find("cut off") != std::string::npos);
  for (const std::size_t at : {whole.size() / 2, whole.size() - 3, whole.size() - 7}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    CHECK(message_of(put(folder.path() / "damaged.gz", damaged)).find("not sound") != std::string::npos);
  }
  // bgzip's parts are whole each: that the last is missing shows by the empty one that is not there
  const std::string parts = squeezed("head\n1\n", true) + squeezed("2\n", true);
  std::string header;
  int pieces = 0;
  CHECK(rest_of(put(folder.path() / "whole.gz", parts + squeezed("", true)), 1000, header, pieces) == "1\n2\n");
  CHECK(message_of(put(folder.path() / "part.gz", parts)).find("part.gz: the gzip file is not sound at its byte " + std::to_string(parts.size()) + ": ends without the empty part") !=
        std::string::npos);
  CHECK(message_of(put(folder.path() / "tail.gz", whole + "rubbish")).find("not sound") != std::string::npos);
#else
  CHECK(message_of(put(folder.path() / "a.gz", "\x1f\x8b")).find("was built without zlib") != std::string::npos);
#endif
}
