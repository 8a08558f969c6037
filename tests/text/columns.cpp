// SPDX-License-Identifier: BSL-1.0
#include <metapool/text/columns.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace metapool::detail;

TEST_CASE("a text takes as many columns as a terminal gives it") {
  CHECK(display_width<>("Lanzoni") == 7);
  CHECK(display_width<>("") == 0);
  CHECK(display_width<>("M\xC3\xB6nsel") == 6);          // ö in one code point
  CHECK(display_width<>("Mo\xCC\x88nsel") == 6);         // o and a combining diaeresis
  CHECK(display_width<>("\xE4\xB8\xAD\xE6\x96\x87") == 4);  // two wide characters
  CHECK(display_width<>("a\xFF") == 2);                  // a stray byte is shown as one replacement character
}

TEST_CASE("columns are as wide as their widest cell, aligned as asked, without blanks at the end of a line") {
  aligned_columns table("lr");
  table.add({"Study", "n"});
  table.rule();
  table.add({"M\xC3\xB6nsel", "12"});
  table.add({"Li", ""});
  CHECK(table.text() == "Study    n\n----------\nM\xC3\xB6nsel  12\nLi\n");
  CHECK(table.text("> ") == "> Study    n\n> ----------\n> M\xC3\xB6nsel  12\n> Li\n");
}

TEST_CASE("wrapped text breaks at blanks only, and keeps every word") {
  CHECK(wrapped("one two three", 7, "  ") == "one two\n  three");
  CHECK(wrapped("one two three", 100, "  ") == "one two three");
  CHECK(wrapped("unbreakable", 4, "  ") == "unbreakable");
  CHECK(wrapped("", 4, "  ").empty());
}
