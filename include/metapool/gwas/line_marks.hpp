// SPDX-License-Identifier: BSL-1.0
// Where the fields of many lines end, found before the lines are looked at: fewer steps a line than one after the other.
#pragma once

#include <metapool/gwas/line_fields.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace metapool::detail {

/// Where a text is marked: all separators and line breaks, and the line breaks by themselves.
class line_marks {
 public:
  /// Before the first one is that of a line break before the text: -1.
  std::uint32_t* ends() { return ends_.data() + 1; }
  std::size_t end_count() const { return end_count_; }
  const std::uint32_t* breaks() const { return breaks_.data(); }
  std::size_t break_count() const { return break_count_; }

  /// Finds the marks of `size` bytes, less than 2^31. Fields are separated by `first` or `second`. 64 bytes behind the text may be read.
  void find(const char* text, std::size_t size, char first, char second) {
    begin(size);
    find_widest(text, size, first, second);
    finish();
  }

  /// find() without vectors of 32 bytes, as on processors that do not have them.
  void find_plainly(const char* text, std::size_t size, char first, char second) {
    begin(size);
    find_narrow(text, size, first, second);
    finish();
  }

 private:
  static constexpr std::size_t spare = 80;

  void begin(std::size_t size) {
    if (ends_.size() < size + spare) {
      ends_.resize(size + spare);
      breaks_.resize(size + spare);
    }
    ends_[0] = static_cast<std::uint32_t>(-1);
    end_ = ends_.data() + 1;
    break_ = breaks_.data();
  }
  void finish() {
    end_count_ = static_cast<std::size_t>(end_ - ends_.data()) - 1;
    break_count_ = static_cast<std::size_t>(break_ - breaks_.data());
  }

  /// Puts down where the bits of a block's mask are. The first Most of them without a branch on how many there are; what is written for those that are not there is written over.
  template <std::size_t Most>
  [[gnu::always_inline]] static std::uint32_t* put(std::size_t block, std::uint64_t mask, std::uint32_t* to) {
    const std::uint32_t at = static_cast<std::uint32_t>(block);
    std::uint32_t* const end = to + std::popcount(mask);
    for (std::size_t i = 0; i < Most; ++i, mask &= mask - 1) *to++ = at + lowest_bit(mask | std::uint64_t{1} << 63U);
    for (; mask != 0; mask &= mask - 1) *to++ = at + lowest_bit(mask);
    return end;
  }

  template <std::size_t MostEnds, std::size_t MostBreaks>
  [[gnu::always_inline]] void put_block(std::size_t block, std::size_t size, std::uint64_t marks, std::uint64_t breaks) {
    if (size - block < 64) {
      marks &= (std::uint64_t{1} << (size - block)) - 1;
      breaks &= (std::uint64_t{1} << (size - block)) - 1;
    }
    end_ = put<MostEnds>(block, marks, end_);
    break_ = put<MostBreaks>(block, breaks, break_);
  }

  void find_narrow(const char* text, std::size_t size, char first, char second) {
    const char separators[2] = {first, second};
    for (std::size_t block = 0; block < size; block += 64) put_block<0, 0>(block, size, mark_ends<2>(text + block, separators), mark_ends<1>(text + block, "\n"));
  }

#if defined(__GNUC__) && defined(__x86_64__)
  __attribute__((target("avx2,bmi"))) void find_wide(const char* text, std::size_t size, char first, char second) {
    typedef char bytes __attribute__((vector_size(32)));
    const bytes none{}, a = none + first, b = none + second, line = none + '\n';
    for (std::size_t block = 0; block < size; block += 64) {
      bytes x, y;
      std::memcpy(&x, text + block, 32);
      std::memcpy(&y, text + block + 32, 32);
      const bytes x_breaks = x == line, y_breaks = y == line, x_marks = (x == a) | (x == b) | x_breaks, y_marks = (y == a) | (y == b) | y_breaks;
      const std::uint32_t m0 = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(x_marks)), m1 = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(y_marks));
      const std::uint32_t b0 = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(x_breaks)), b1 = static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(y_breaks));
      put_block<12, 2>(block, size, std::uint64_t{m1} << 32U | m0, std::uint64_t{b1} << 32U | b0);
    }
  }

  void find_widest(const char* text, std::size_t size, char first, char second) {
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
      find_wide(text, size, first, second);
    } else {
      find_narrow(text, size, first, second);
    }
  }
#else
  void find_widest(const char* text, std::size_t size, char first, char second) { find_narrow(text, size, first, second); }
#endif

  std::vector<std::uint32_t> ends_, breaks_;
  std::uint32_t* end_ = nullptr;
  std::uint32_t* break_ = nullptr;
  std::size_t end_count_ = 0, break_count_ = 0;
};

}  // namespace metapool::detail
