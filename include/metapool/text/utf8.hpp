// SPDX-License-Identifier: BSL-1.0
// UTF-8 in and out, and text that is safe to draw.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace metapool::detail {

inline constexpr char32_t replacement_character = 0xFFFD;

/// The code point that starts at `at` (at < s.size()), which moves behind it. Whatever is not valid UTF-8 (overlong forms, surrogates,
/// values above 10FFFF, stray or missing continuation bytes) gives U+FFFD; then at least one byte is passed, and never a byte that could
/// start a character. The Unicode Standard, table 3-7.
template <class = void>
char32_t next_code_point(std::string_view s, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(s[i])); };
  const unsigned first = byte(at++);
  if (first < 0x80) return first;
  unsigned follow = 0, low = 0x80, high = 0xBF, value = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    follow = 1;
    value = first & 0x1FU;
  } else if (first >= 0xE0 && first <= 0xEF) {
    follow = 2;
    value = first & 0x0FU;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    follow = 3;
    value = first & 0x07U;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return replacement_character;
  }
  for (; follow != 0; --follow) {
    if (at == s.size() || byte(at) < low || byte(at) > high) return replacement_character;
    value = (value << 6U) | (byte(at++) & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return value;
}

/// True if the text is UTF-8 as Unicode defines it (no overlong forms, no surrogates, nothing above U+10FFFF).
template <class = void>
bool is_utf8(std::string_view s) {
  for (std::size_t at = 0; at < s.size();) {
    const std::size_t start = at;
    if (next_code_point(s, at) == replacement_character && s.substr(start, 3) != "\xEF\xBF\xBD") return false;
  }
  return true;
}

/// Appends a code point (a valid one) as UTF-8.
template <class = void>
void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t b) { out.push_back(static_cast<char>(static_cast<unsigned char>(b))); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

/// Valid UTF-8 on one line: white space of any kind becomes a space; control characters, which XML forbids or discourages, and
/// non-characters are dropped; so are the characters that reverse the direction of text (U+202A to 202E, 2066 to 2069), with which a
/// label could make another number be read; bytes that are not UTF-8 become U+FFFD.
template <class = void>
std::string clean_text(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t at = 0; at < s.size();) {
    const char32_t c = next_code_point(s, at);
    if ((c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0x2028 || c == 0x2029) {
      out.push_back(' ');
    } else if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF) ||
               (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) {
      continue;
    } else {
      append_utf8(out, c);
    }
  }
  return out;
}

}  // namespace metapool::detail
