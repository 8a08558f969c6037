// SPDX-License-Identifier: BSL-1.0
#include <metapool/lines/study_layout.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mp = metapool;
using mp::detail::cell_named;
using mp::detail::layout_of;
using mp::detail::study_cell;
using mp::detail::study_kind;

namespace {

void names(const char* name, study_cell cell, unsigned number) {
  INFO(name);
  const auto c = cell_named<>(name);
  REQUIRE(c.has_value());
  CHECK(c->cell == cell);
  CHECK(c->number == number);
}

}  // namespace

TEST_CASE("names of columns say which number of which study they hold") {
  names("y1", study_cell::y, 1);
  names("yi_12", study_cell::y, 12);
  names("yi3", study_cell::y, 3);
  names("v2", study_cell::v, 2);
  names("se_4", study_cell::se, 4);
  names("sei4", study_cell::se, 4);
  names("ai1", study_cell::a, 1);
  names("d9", study_cell::d, 9);
  names("n1_2", study_cell::n1, 2);
  names("n2i_7", study_cell::n2, 7);
  names("vi", study_cell::v, 0);
  names("n1i", study_cell::n1, 0);
  for (const char* name : {"id", "year1", "y0", "y01", "y_", "n12", "n1i3", "Y1", "y1a", "se_x", "chr1", "", "y1234567"}) {
    INFO(name);
    CHECK_FALSE(cell_named<>(name).has_value());
  }
}

TEST_CASE("the layout has the studies in the order of their numbers, wherever their columns stand") {
  const auto l = layout_of<>({"v10", "id", "y2", "note", "y10", "v2"}, {});
  CHECK(l.studies == 2);
  CHECK(l.kind == study_kind::effects_with_variance);
  CHECK(l.columns[0].slot == 3);
  CHECK(l.columns[1].slot == -1);
  CHECK(l.columns[1].kept);
  CHECK(l.columns[2].slot == 0);
  CHECK_FALSE(l.columns[2].kept);
  CHECK(l.columns[4].slot == 1);
  CHECK(l.columns[5].slot == 2);
  const auto blanks = layout_of<>({"y1", " v1", "y2 ", "v2 "}, {});
  CHECK(blanks.studies == 2);
  CHECK(blanks.columns[2].slot == 1);
  const auto t = layout_of<>({"a1", "n1_1", "c1", "d1"}, {.keep = std::vector<std::string>{"a1"}});
  CHECK(t.kind == study_kind::tables);
  CHECK(t.treated_totals);
  CHECK_FALSE(t.control_totals);
  CHECK(t.columns[0].kept);
  CHECK(t.columns[0].slot == 0);
}

TEST_CASE("names that make no studies are refused") {
  const auto refused = [](const std::vector<std::string>& columns, const char* why, const mp::line_filter_options& options = {}) {
    CHECK_THROWS_WITH_AS(layout_of<>(columns, options), doctest::Contains(why), mp::input_error);
  };
  refused({"id"}, "no study");
  refused({}, "no study");
  refused({"y1", "v1", "y2"}, "study 2");
  refused({"y1", "v1", "se1"}, "study 1");
  refused({"y1", "v1", "y2", "se2"}, "study 2 has other columns");
  refused({"y1", "v1", "y_1"}, "same number of study 1");
  refused({"y1", "v1", "y1"}, "two columns are called 'y1'");
  refused({"a1", "b1", "n1_1", "c1", "d1"}, "study 1");
  refused({"y1", "v1"}, "no column 'gene'", {.keep = std::vector<std::string>{"gene"}});
}
