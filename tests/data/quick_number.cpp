// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/quick_number.hpp>
#include <metapool/math/random.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <string>

namespace mp = metapool;

namespace {

/// Whether quick_number took the text whole, and then whether parse_number reads the same bits.
bool taken(const std::string& text, bool& same) {
  double x = 0;
  const char* const end = mp::detail::quick_number<>(text.data(), text.data() + text.size(), '.', x);
  if (end != text.data() + text.size()) return false;
  const auto slow = mp::parse_number<double>(text, {.missing = {}});
  same = slow.status == mp::number_status::number && std::bit_cast<std::uint64_t>(slow.value) == std::bit_cast<std::uint64_t>(x);
  return true;
}

}  // namespace

TEST_CASE("numbers that are read quickly have the bits of numbers that are read with care") {
  mp::detail::random_stream random(3);
  const std::string signs = "0123456789.e-+";
  std::size_t count = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    if (i % 2 == 0) {  // any text of a number's signs
      for (std::uint64_t n = 1 + random.below(9); n > 0; --n) text.push_back(signs[random.below(signs.size())]);
    } else {
      text = std::to_string(static_cast<long long>(random() >> (1 + random.below(63))));
      text.insert(random.below(text.size() + 1), ".");
      if (random.below(2) == 0) text.insert(0, "-");
      if (random.below(2) == 0) text += "e" + std::to_string(static_cast<int>(random.below(60)) - 30);
    }
    bool same = false;
    if (!taken(text, same)) continue;
    ++count;
    INFO(text);
    CHECK(same);
  }
  CHECK(count > 5000);
}

TEST_CASE("what most files hold is read quickly, and doubtful texts are not") {
  bool same = false;
  for (const char* text : {"0", "-0", "12", "-0.25", ".5", "5.", "0.123456", "1e5", "1E-05", "9007199254740992", "1.5e+22"}) {
    INFO(text);
    CHECK(taken(text, same));
    CHECK(same);
  }
  for (const char* text : {"", "-", ".", "NA", "+1", "1e", "e5", "1e99999", "9007199254740993", "0.12345678901234567890", "12345678901234567890", "1e23", "1e-23"}) {
    INFO(text);
    CHECK_FALSE(taken(text, same));
  }
  const std::string comma = "1,5\t2", long_exponent = "1e00005";
  double x = 0;
  CHECK(mp::detail::quick_number<>(long_exponent.data(), long_exponent.data() + long_exponent.size(), '.', x) == nullptr);  // never a part of a number
  CHECK(mp::detail::quick_number<>(comma.data(), comma.data() + comma.size(), ',', x) == comma.data() + 3);
  CHECK(x == 1.5);
}
