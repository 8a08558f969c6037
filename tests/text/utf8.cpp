// SPDX-License-Identifier: BSL-1.0
#include <metapool/text/utf8.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using metapool::detail::clean_text;

namespace {

std::string decoded(const std::string& s) {  // code points in hexadecimal
  std::string out;
  for (std::size_t at = 0; at < s.size();) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "%X ", static_cast<unsigned>(metapool::detail::next_code_point(s, at)));
    out += buffer;
  }
  return out;
}

}  // namespace

TEST_CASE("UTF-8 of one to four bytes is read, at the borders of each length") {
  CHECK(decoded("\x01\x7F") == "1 7F ");
  CHECK(decoded("\xC2\x80\xDF\xBF") == "80 7FF ");
  CHECK(decoded("\xE0\xA0\x80\xEF\xBF\xBD") == "800 FFFD ");
  CHECK(decoded("\xED\x9F\xBF\xEE\x80\x80") == "D7FF E000 ");
  CHECK(decoded("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF") == "10000 10FFFF ");
}

TEST_CASE("What is not UTF-8 becomes U+FFFD and swallows no character after it") {
  CHECK(decoded("\x80") == "FFFD ");
  CHECK(decoded("\xC0\x80") == "FFFD FFFD ");                  // overlong
  CHECK(decoded("\xE0\x80\x80") == "FFFD FFFD FFFD ");         // overlong
  CHECK(decoded("\xED\xA0\x80") == "FFFD FFFD FFFD ");         // a surrogate
  CHECK(decoded("\xF4\x90\x80\x80") == "FFFD FFFD FFFD FFFD ");  // above 10FFFF
  CHECK(decoded("\xFF" "A") == "FFFD 41 ");
  CHECK(decoded("\xE4" "A") == "FFFD 41 ");
  CHECK(decoded("\xE4\xB8" "A") == "FFFD 41 ");
  CHECK(decoded("\xF0\x9F\x98") == "FFFD ");                   // cut off: one character lost, one mark
}

TEST_CASE("Every code point survives writing and reading") {
  for (char32_t c = 1; c <= 0x10FFFF; c += (c < 0x3000 ? 1 : 251)) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string s;
    metapool::detail::append_utf8(s, c);
    std::size_t at = 0;
    REQUIRE(metapool::detail::next_code_point(s, at) == c);
    REQUIRE(at == s.size());
  }
}

TEST_CASE("Cleaned text is one line without control characters, and cleaning it again changes nothing") {
  CHECK(clean_text("a\tb\r\nc") == "a b  c");
  CHECK(clean_text(std::string("a\0b\x1B[31m\x7F" "c", 10)) == "ab[31mc");
  CHECK(clean_text("M\xC3\xBCller \xE4\xB8\xAD\xE6\x96\x87 e\xCC\x81") == "M\xC3\xBCller \xE4\xB8\xAD\xE6\x96\x87 e\xCC\x81");
  CHECK(clean_text("a\xEF\xBF\xBE" "b") == "ab");        // U+FFFE
  CHECK(clean_text("1\xE2\x80\xAE" "2") == "12");        // U+202E turns the text that follows around
  CHECK(clean_text("M\xFCller") == "M\xEF\xBF\xBDller");  // Latin-1
  std::uint32_t state = 12345;
  for (int round = 0; round < 2000; ++round) {
    std::string s;
    for (int i = 0; i < 24; ++i) {
      state = state * 1664525U + 1013904223U;
      s.push_back(static_cast<char>(static_cast<unsigned char>(state >> 24U)));
    }
    const std::string once = clean_text(s);
    REQUIRE(clean_text(once) == once);
    for (const char c : once) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
  }
}
