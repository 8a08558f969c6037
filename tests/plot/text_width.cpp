// SPDX-License-Identifier: BSL-1.0
#include <metapool/plot/text_width.hpp>

#include <doctest/doctest.h>

#include <string>

using metapool::text_width;
using metapool::wrap_text;

TEST_CASE("Widths are Helvetica's: Adobe's font metrics, in thousandths of an em") {
  CHECK(text_width("Study", 1000) == doctest::Approx(667 + 278 + 556 + 556 + 500));
  CHECK(text_width("Study", 1000, true) == doctest::Approx(667 + 333 + 611 + 611 + 556));
  CHECK(text_width("0123456789", 1000) == doctest::Approx(5560));
  CHECK(text_width("0.49 [0.34, 0.70]", 1000) == doctest::Approx(9 * 556 + 3 * 278 + 278 + 2 * 278 + 2 * 278));
  CHECK(text_width("@~", 1000) == doctest::Approx(1015 + 584));
  CHECK(text_width("", 12) == 0);
}

TEST_CASE("An accented letter is as wide as its letter, a combining mark has no width, an ideograph is an em") {
  CHECK(text_width("\xC3\xA4\xC3\x96\xC3\xA9", 1000) == doctest::Approx(text_width("aOe", 1000)));  // ä Ö é
  CHECK(text_width("e\xCC\x81", 1000) == doctest::Approx(text_width("e", 1000)));
  CHECK(text_width("\xE4\xB8\xAD\xE6\x96\x87", 1000) == doctest::Approx(2000));
  CHECK(text_width("\xE2\x88\x92", 1000) == doctest::Approx(584));  // minus
  CHECK(text_width("\xE2\x80\x8B", 1000) == 0);                     // zero-width space
  // Liberation Sans: Greek tau 395, chi 525; Cyrillic Zhe 923. Estimates are never far too narrow.
  CHECK(text_width("\xCF\x84", 1000) >= 380);
  CHECK(text_width("\xCF\x87", 1000) >= 509);
  CHECK(text_width("\xD0\x96", 1000) >= 907);
  CHECK(text_width("\xD0\x96", 1000) <= 1100);
}

TEST_CASE("Wrapped lines fit, and joined by spaces they are the text") {
  const std::string text = "Collaborative Group for the Study of Long Labels in Small Figures";
  for (const double width : {60.0, 90.0, 150.0, 1000.0}) {
    std::string joined;
    for (const auto& line : wrap_text(text, 12, false, width)) {
      CHECK(text_width(line, 12) <= width + 1e-9);
      CHECK(line.front() != ' ');
      CHECK(line.back() != ' ');
      if (width >= 90) joined += (joined.empty() ? "" : " ") + line;
    }
    if (width >= 90) CHECK(joined == text);
  }
  CHECK(wrap_text(text, 12, false, 1000).size() == 1);
}

TEST_CASE("A word that is too wide is broken between characters, ideographs anywhere, never before a combining mark") {
  const auto lines = wrap_text("Antidisestablishmentarianism", 10, false, 50);
  std::string joined;
  for (const auto& l : lines) {
    CHECK(text_width(l, 10) <= 50);
    joined += l;
  }
  CHECK(joined == "Antidisestablishmentarianism");
  CHECK(wrap_text("\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD", 10, false, 20).size() == 2);
  for (const auto& l : wrap_text("e\xCC\x81" "e\xCC\x81" "e\xCC\x81" "e\xCC\x81", 10, false, 12)) CHECK(l.substr(0, 1) == "e");
  CHECK(wrap_text("a bbbbbbbbbbbb", 10, false, 20).front() == "a");
}

TEST_CASE("Wrapping an empty text or one of spaces gives one empty line; one character is never split") {
  CHECK(wrap_text("", 12, false, 100) == std::vector<std::string>{""});
  CHECK(wrap_text("   ", 12, false, 100) == std::vector<std::string>{""});
  CHECK(wrap_text("WW", 12, false, 1) == std::vector<std::string>{"W", "W"});
}
