// SPDX-License-Identifier: BSL-1.0
// JSON as far as lines need it.
#pragma once

#include <metapool/data/decimal.hpp>

#include <cstddef>
#include <string_view>

namespace metapool::detail {

/// Walks over one JSON value after another; each function moves `at` behind what it took, and gives false if it is not there (RFC 8259).
struct json_scanner {
  const char* at;
  const char* end;

  void blanks() {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
  }
  bool sign(char c) {
    blanks();
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool word(std::string_view w) {
    if (std::string_view(at, static_cast<std::size_t>(end - at)).substr(0, w.size()) != w) return false;
    at += w.size();
    return true;
  }
  /// text: what stands between the quotes, escapes as they are.
  bool string(std::string_view& text) {
    if (!sign('"')) return false;
    const char* const begin = at;
    for (; at != end && *at != '"'; ++at) {
      if (static_cast<unsigned char>(*at) < 32) return false;
      if (*at != '\\') continue;
      if (++at == end) return false;
      if (*at == 'u') {
        for (int i = 0; i < 4; ++i) {
          ++at;
          if (at == end || !(is_digit(*at) || (to_lower(*at) >= 'a' && to_lower(*at) <= 'f'))) return false;
        }
      } else if (std::string_view("\"\\/bfnrt").find(*at) == std::string_view::npos) {
        return false;
      }
    }
    if (at == end) return false;
    text = std::string_view(begin, static_cast<std::size_t>(at - begin));
    ++at;
    return true;
  }
  /// text: the number as it stands.
  bool number(std::string_view& text) {
    blanks();
    const char* const begin = at;
    const auto digits = [&] {
      const char* const from = at;
      while (at != end && is_digit(*at)) ++at;
      return at != from;
    };
    if (at != end && *at == '-') ++at;
    const char* const whole = at;
    if (!digits() || (*whole == '0' && at - whole > 1)) return false;
    if (at != end && *at == '.') {
      ++at;
      if (!digits()) return false;
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
      ++at;
      if (at != end && (*at == '-' || *at == '+')) ++at;
      if (!digits()) return false;
    }
    text = std::string_view(begin, static_cast<std::size_t>(at - begin));
    return true;
  }
  /// Any value, with no more than `depth` brackets within each other.
  bool value(int depth) {
    blanks();
    if (at == end || depth < 0) return false;
    std::string_view ignored;
    if (*at == '"') return string(ignored);
    if (*at == '{' || *at == '[') {
      const bool object = *at == '{';
      const char close = object ? '}' : ']';
      ++at;
      if (sign(close)) return true;
      do {
        if (object && !(string(ignored) && sign(':'))) return false;
        if (!value(depth - 1)) return false;
      } while (sign(','));
      return sign(close);
    }
    return word("true") || word("false") || word("null") || number(ignored);
  }
};

}  // namespace metapool::detail
