// SPDX-License-Identifier: BSL-1.0
// Lines cut into fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace metapool {

/// What lies between two columns.
enum class gwas_separator : std::uint8_t {
  automatic,    ///< tab if the header has one, else comma if it has one, else white space
  white_space,  ///< any run of blanks and tabs
  tab,          ///< each tab: a field may be empty
  comma,        ///< each comma
  both          ///< any run of blanks, tabs and commas
};

namespace detail {

struct text_field {
  const char* begin;
  const char* end;
  std::string_view view() const { return {begin, static_cast<std::size_t>(end - begin)}; }
};

/// One bit for each of the 64 bytes from `at` on that may end a field: the bit of a byte is set if it is a tab, a line break, or one of a and b. (A byte of which a bit is set
/// by mistake costs time only.)
template <class = void>
[[gnu::always_inline]] inline std::uint64_t mark_ends(const char* at, char a, char b) {
#if defined(__SSE2__)
  const __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b), line = _mm_set1_epi8('\n');
  std::uint64_t mask = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + std::size_t{16} * i));
    const __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, va), _mm_cmpeq_epi8(x, vb)), _mm_cmpeq_epi8(x, line));
    mask |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(hit))) << (16 * i);
  }
  return mask;
#else
  std::uint64_t mask = 0;
  for (unsigned i = 0; i < 64; ++i) mask |= static_cast<std::uint64_t>(at[i] == a || at[i] == b || at[i] == '\n') << i;
  return mask;
#endif
}

template <class = void>
[[gnu::always_inline]] inline unsigned lowest_bit(std::uint64_t mask) {
#if defined(__GNUC__)
  return static_cast<unsigned>(__builtin_ctzll(mask));
#else
  unsigned i = 0;
  while ((mask >> i & 1U) == 0) ++i;
  return i;
#endif
}

/// Goes through a text line by line, each cut into fields. The text ends with a line break, and 64 bytes behind its end may be read.
class field_scanner {
 public:
  field_scanner(const char* begin, const char* end, gwas_separator separator) : at_(begin), end_(end), separator_(separator) {
    a_ = separator == gwas_separator::comma ? ',' : '\t';
    b_ = separator == gwas_separator::white_space ? ' ' : separator == gwas_separator::both ? ' ' : a_;
  }

  bool done() const { return at_ == end_; }

  /// Cuts the next line into no more than `most` fields, and returns how many it has (also if these are more). A carriage return before the line break is no part of
  /// the line. Of fields that are runs apart none is empty; a blank line has none.
  std::size_t next(text_field* fields, std::size_t most) {
    return separator_ == gwas_separator::tab || separator_ == gwas_separator::comma ? cut<false>(fields, most) : cut<true>(fields, most);
  }

 private:
  std::uint64_t mark(const char* at) const {
    const std::uint64_t marks = mark_ends(at, a_, b_);
    return separator_ == gwas_separator::both ? marks | mark_ends(at, ',', ',') : marks;
  }

  // The marks of each line are taken from its first byte on: the same number of steps for line after line, which processors foresee.
  template <bool Runs>
  std::size_t cut(text_field* fields, std::size_t most) {
    std::size_t count = 0;
    const char* begin = at_;
    const char* block = at_;
    std::uint64_t marks = mark(block);
    for (;;) {
      while (marks == 0) {
        block += 64;
        marks = mark(block);
      }
      const char* const end = block + lowest_bit(marks);
      marks &= marks - 1;
      const bool last = *end == '\n';
      const char* stop = end;
      if (last && stop != begin && stop[-1] == '\r') --stop;
      if (!(Runs && stop == begin)) {
        if (count < most) fields[count] = {begin, stop};
        ++count;
      }
      begin = end + 1;
      if (last) {
        if (!Runs && count == 1 && stop == at_) count = 0;
        at_ = begin;
        return count;
      }
    }
  }

  const char* at_;
  const char* end_;
  gwas_separator separator_;
  char a_ = '\t', b_ = '\t';
};

/// A field without the double quotes around it, if it has them.
template <class = void>
[[gnu::always_inline]] inline std::string_view unquoted(std::string_view s) {
  if (s.size() >= 2 && s.front() == '"' && s.back() == '"') return s.substr(1, s.size() - 2);
  return s;
}

/// The separator of a file whose header is `line`.
constexpr gwas_separator find_separator(std::string_view line) {
  if (line.find('\t') != std::string_view::npos) return gwas_separator::tab;
  return line.find(',') != std::string_view::npos ? gwas_separator::comma : gwas_separator::white_space;
}

}  // namespace detail
}  // namespace metapool
