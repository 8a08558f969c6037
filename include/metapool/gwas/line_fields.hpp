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

/// One bit for each of the 64 bytes from `at` on: set if the byte is a line break, or one of the `Marks` (1 or 2) at `marks`.
template <int Marks>
[[gnu::always_inline]] inline std::uint64_t mark_ends(const char* at, const char* marks) {
  std::uint64_t mask = 0;
#if defined(__SSE2__)
  const __m128i first = _mm_set1_epi8(marks[0]), second = _mm_set1_epi8(marks[Marks - 1]), line = _mm_set1_epi8('\n');
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + std::size_t{16} * i));
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(x, first), _mm_cmpeq_epi8(x, line));
    if constexpr (Marks == 2) hit = _mm_or_si128(hit, _mm_cmpeq_epi8(x, second));
    mask |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(hit))) << (16 * i);
  }
#else
  for (unsigned i = 0; i < 64; ++i) mask |= static_cast<std::uint64_t>(at[i] == marks[0] || at[i] == marks[Marks - 1] || at[i] == '\n') << i;
#endif
  return mask;
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
  field_scanner(const char* begin, const char* end, gwas_separator separator) : at_(begin), end_(end), separator_(separator) {}

  bool done() const { return at_ == end_; }
  const char* at() const { return at_; }  ///< the next line

  /// Places that `fields` of next must have beside `most`: those of 64 bytes are stored before it is looked how many there are.
  static constexpr std::size_t spare = 64;

  /// Cuts the next line into fields, and returns how many it has. The first most - 1 are stored, and `fields` has room for most + spare; `most` is 1 or more. A carriage return
  /// before the line break is no part of the line. Of fields that are runs apart none is empty; a blank line has none.
  [[gnu::always_inline]] std::size_t next(text_field* fields, std::size_t most) {
    switch (separator_) {
      case gwas_separator::tab: return cut<false, 1>(fields, most, "\t");
      case gwas_separator::comma: return cut<false, 1>(fields, most, ",");
      case gwas_separator::both: return cut_runs(fields, most, true);
      default: return cut_runs(fields, most, false);
    }
  }

 private:
  std::size_t cut_runs(text_field* fields, std::size_t most, bool commas) { return commas ? cut<true, 3>(fields, most, "\t ") : cut<true, 2>(fields, most, "\t "); }

  // The marks of each line are taken from its first byte on: the same number of steps for line after line, which processors foresee.
  template <bool Runs, int Marks>
  [[gnu::always_inline]] std::size_t cut(text_field* fields, std::size_t most, const char* separators) {
    const auto mark = [&](const char* at) {
      if constexpr (Marks == 3) return mark_ends<2>(at, separators) | mark_ends<1>(at, ",");
      if constexpr (Marks < 3) return mark_ends<Marks>(at, separators);
    };
    const std::size_t last = most - 1;  // from where on fields are written over each other
    std::size_t count = 0;
    const char* begin = at_;
    for (const char* block = at_;; block += 64) {
      const std::uint64_t breaks = mark_ends<1>(block, "\n");
      text_field* const first = fields + (count < last ? count : last);
      text_field* to = first;
      for (std::uint64_t marks = mark(block) & ~breaks & (breaks - 1); marks != 0; marks &= marks - 1) {
        const char* const end = block + lowest_bit(marks);
        if (!Runs || end != begin) *to++ = {begin, end};
        begin = end + 1;
      }
      count += static_cast<std::size_t>(to - first);
      if (breaks == 0) continue;
      const char* const end = block + lowest_bit(breaks);
      const char* const stop = end != begin && end[-1] == '\r' ? end - 1 : end;
      const bool nothing = Runs ? stop == begin : count == 0 && stop == begin;
      if (!nothing) fields[count < last ? count : last] = {begin, stop};
      at_ = end + 1;
      return nothing ? count : count + 1;
    }
  }

  const char* at_;
  const char* end_;
  gwas_separator separator_;
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
