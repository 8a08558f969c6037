// SPDX-License-Identifier: BSL-1.0
#include <metapool/lines/json_line.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace mp = metapool;

namespace {

struct answer {
  mp::detail::line_rows rows{};
  std::vector<std::string_view> kept{};
  const mp::detail::line_row& row() const { return rows.rows.at(0); }
};

answer read(std::string_view line, const mp::line_filter_options& options = {.format = mp::line_format::ndjson}) {
  answer a;
  mp::detail::json_line_reader reader(options);
  reader.read(line, a.rows, a.kept);
  return a;
}

bool is_json(std::string_view text) {
  mp::detail::json_scanner s{text.data(), text.data() + text.size()};
  if (!s.value(64)) return false;
  s.blanks();
  return s.at == s.end;
}

}  // namespace

TEST_CASE("the scanner takes JSON and nothing else") {
  for (const char* text : {"0", "-0.5e+10", "1E5", "\"\"", "\"a\\n\\u00e9\\\"\"", "[]", "[1, [2], {}]", "{}", "{\"a\": [true, false, null], \"b\":{}}", " [ ] ", "\"\xC3\xA9\""}) {
    INFO(text);
    CHECK(is_json(text));
  }
  for (const char* text : {"", "01", "1.", ".5", "+1", "1e", "-", "NaN", "Infinity", "'a'", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\t\"", "[1,]", "[1 2]", "[", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
                           "truth", "nul", "1 2"}) {
    INFO(text);
    CHECK_FALSE(is_json(text));
  }
  CHECK(is_json(std::string(60, '[') + std::string(60, ']')));
  CHECK_FALSE(is_json(std::string(100000, '[')));
}

TEST_CASE("arrays and single members of studies are read alike, and the other members stay as they are") {
  const answer a = read(R"({"id": "x\"1", "y": [0.1, null, -2e-1], "v": [0.5, 1, 0.25], "n" : 3.10})");
  REQUIRE_FALSE(a.row().malformed);
  CHECK(a.row().studies == 3);
  CHECK(a.rows.numbers[0] == 0.1);
  CHECK(std::isnan(a.rows.numbers[1]));
  CHECK(a.rows.numbers[2] == -0.2);
  CHECK(a.rows.numbers[5] == 0.25);
  REQUIRE(a.kept.size() == 2);
  CHECK(a.kept[0] == R"("id": "x\"1")");
  CHECK(a.kept[1] == R"("n" : 3.10)");
  const answer b = read(R"({"y3":-0.2,"v1":0.5,"y1":0.1,"v3":0.25})");
  REQUIRE_FALSE(b.row().malformed);
  CHECK(b.row().studies == 2);
  CHECK(b.rows.numbers == std::vector<double>{0.1, -0.2, 0.5, 0.25});
  const answer c = read(R"({"ai":[1,NaN],"bi":[9,9],"ci":[2,3],"n2i":[10,10], "y": "a text"})");
  REQUIRE_FALSE(c.row().malformed);
  CHECK(c.row().kind == mp::detail::study_kind::tables);
  CHECK(c.rows.numbers[2] == 10);  // 1 + 9
  CHECK(c.rows.numbers[6] == 10);
  CHECK(c.kept.size() == 1);  // "y" that is no array is no data
}

TEST_CASE("studies may have any numbers: those that are not there take no place") {
  const answer a = read(R"({"y90000":-0.2,"v7":0.5,"v90000":NaN,"y7":0.1})");
  REQUIRE_FALSE(a.row().malformed);
  CHECK(a.row().studies == 2);
  REQUIRE(a.rows.numbers.size() == 4);
  CHECK(a.rows.numbers[0] == 0.1);
  CHECK(a.rows.numbers[1] == -0.2);
  CHECK(a.rows.numbers[2] == 0.5);
  CHECK(std::isnan(a.rows.numbers[3]));
}

TEST_CASE("a line that makes no studies says why") {
  const auto refused = [](const char* line, const char* why) {
    const answer a = read(line);
    INFO(line);
    CHECK(a.row().malformed);
    CHECK(a.row().problem.find(why) != std::string::npos);
    CHECK(a.kept.empty());
    CHECK(a.rows.numbers.empty());
  };
  refused("", "not a JSON object");
  refused("[1]", "not a JSON object");
  refused(R"({"y":[1],"v":[1]} x)", "not a JSON object");
  refused(R"({"y":[1],"v":[1])", "not a JSON object");
  refused(R"({"id":1})", "no study");
  refused(R"({"y":[1,2],"v":[1]})", "different lengths");
  refused(R"({"y":[1],"y":[1],"v":[1]})", "two members are called 'y'");
  refused(R"({"y":[1],"yi":[1],"v":[1]})", "same numbers");
  refused(R"({"y":["1"],"v":[1]})", "must hold numbers");
  refused(R"({"y":[1e999],"v":[1]})", "must hold numbers");
  refused(R"({"y1":1,"v1":1,"y2":1,"se2":1})", "different members");
  refused(R"({"y1":1,"v1":1,"y":[1],"v":[1]})", "arrays and one by one");
  refused(R"({"y1":1,"y_1":1,"v1":1})", "same number");
  refused(R"({"y1":1,"v1":1,"y1":1})", "two members are called 'y1'");
  refused(R"({"y":[1],"id":1,"v":[1],"n":2,"id":1})", "two members are called 'id'");
  refused(R"({"y":[1],"v":[1],"y":"a text"})", "two members are called 'y'");
  refused(R"({"y":[1,2},"v":[1]})", "not an array of numbers");
  refused(R"({"y1":"1","v1":1})", "must hold numbers");
  refused(R"({"y1":1x,"v1":1})", "not a JSON object");
  refused(R"({"y1":-NaN,"v1":1})", "must hold numbers");
  refused(R"({"y":[1],"v":[1],"se":[1]})", "needs");
  refused(R"({"y200001":1,"v200001":1})", "up to 100000");
  refused(R"({"p":0.5,"y":[1],"v":[1]})", "name of a result");
}
