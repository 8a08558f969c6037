// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/delimited.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using metapool::delimited_options;
using metapool::parse_delimited;

namespace {

std::string failure(std::string_view text, const delimited_options& options = {}) {
  try {
    (void)parse_delimited(text, options, "f.csv");
  } catch (const metapool::input_error& e) {
    return e.what();
  }
  return "";
}

bool has(const std::string& message, std::string_view part) {
  const bool found = message.find(part) != std::string::npos;
  if (!found) MESSAGE("message: ", message);
  return found;
}

}  // namespace

TEST_CASE("quotes hold delimiters, doubled quotes and line ends; lines are counted through them") {
  const auto t = parse_delimited("a,b\n\"x,y\",\"say \"\"no\"\"\"\n\"two\r\nlines\",\"\"\n3,\"\"\"\"\n");
  REQUIRE(t.rows() == 3);
  CHECK(t.cell(0, 0) == "x,y");
  CHECK(t.cell(0, 1) == "say \"no\"");
  CHECK(t.cell(1, 0) == "two\r\nlines");
  CHECK(t.cell(1, 1) == "");
  CHECK(t.cell(2, 1) == "\"");
  CHECK(t.lines == std::vector<std::size_t>{2, 3, 5});
}

TEST_CASE("LF, CR LF and lone CR end a line, the last line may lack its end, and a byte order mark is skipped") {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    for (const bool last : {false, true}) {
      const auto t = parse_delimited("\xEF\xBB\xBF" "a,b" + end + "1,2" + end + end + "3," + (last ? end : ""));
      CHECK(t.names == std::vector<std::string>{"a", "b"});
      REQUIRE(t.rows() == 2);
      CHECK(t.cell(1, 0) == "3");
      CHECK(t.cell(1, 1) == "");
      CHECK(t.lines == std::vector<std::size_t>{2, 4});
    }
  }
}

TEST_CASE("blank lines are skipped wherever they are, and a quoted empty field is no blank line") {
  const auto t = parse_delimited("\n \t\na\n\n1\n  \n\"\"\n2\n\n");
  REQUIRE(t.rows() == 3);
  CHECK(t.cell(1, 0) == "");
  CHECK(t.lines == std::vector<std::size_t>{5, 7, 8});
  CHECK(parse_delimited("a\tb\n\t\n").rows() == 1);  // two empty fields are a record
}

TEST_CASE("the delimiter is told from the header, quotes set aside, and may be named") {
  CHECK(parse_delimited("a,b\n1,2").delimiter == ',');
  CHECK(parse_delimited("a;b\n1;2").delimiter == ';');
  CHECK(parse_delimited("a\tb\n1\t2").delimiter == '\t');
  CHECK(parse_delimited("\"a,b,c\";d\n1;2").delimiter == ';');
  CHECK(parse_delimited("\"a\"\",b,c\";d\n1;2").delimiter == ';');
  CHECK(parse_delimited("a, b;c;d\n1;2;3").names == std::vector<std::string>{"a, b", "c", "d"});
  CHECK(parse_delimited("alone\n1").columns() == 1);
  CHECK(parse_delimited("a|b\n1|2", {.delimiter = '|'}).columns() == 2);
  CHECK(parse_delimited("a,b;c\n1,2;3", {.delimiter = ';'}).names == std::vector<std::string>{"a,b", "c"});
  CHECK(has(failure("a,b;c\n1,2;3"), "name the delimiter"));
  for (const char bad : {'"', '\n', '\r', ' ', '+', '-', '.', 'a', 'Z', '0', '9'}) CHECK(has(failure("a,b\n1,2", {.delimiter = bad}), "delimiter = "));
}

TEST_CASE("a decimal comma is told from the first number with a mark, never where commas delimit, and may be named") {
  CHECK(parse_delimited("a;b\n1;3,5").number(0, "b") == 3.5);
  CHECK(parse_delimited("a\tb\n1\t-,5e1").number(0, "b") == -5.0);
  CHECK(parse_delimited("a;b\n1;3.5").number(0, "b") == 3.5);
  CHECK(parse_delimited("a;b\n.;1\n1, or so;3,5").numbers.decimal == ',');
  CHECK_THROWS_AS((void)parse_delimited("a;b\n1,5;1.5").number(0, "b"), metapool::input_error);
  CHECK_THROWS_AS((void)parse_delimited("a,b\n1,\"3,5\"").number(0, "b"), metapool::input_error);
  CHECK(parse_delimited("a,b\n1,\"3,5\"", {.decimal = ','}).number(0, "b") == 3.5);
  CHECK(has(failure("a,b\n1,2", {.decimal = ';'}), "decimal = ';' must be '.' or ','"));
}

TEST_CASE("blanks around fields and quotes within unquoted fields stay") {
  const auto t = parse_delimited(" a ,b\n x ,5\" tube\n");
  CHECK(t.names[0] == " a ");
  CHECK(t.text(0, "a") == " x ");
  CHECK(t.text(0, "b") == "5\" tube");
}

TEST_CASE("each lexical fault names file, line, column, value and rule") {
  CHECK(failure("") == "parse_delimited: f.csv: the file is empty; it must hold a header and rows");
  CHECK(has(failure("\xEF\xBB\xBF\n \n"), "the file is empty"));
  CHECK(failure("a,b\n\n") == "parse_delimited: f.csv: the file has a header but no rows; it must hold at least one");
  CHECK(failure("a,b\n1,2\n3,\"x\ny,z\n") ==
        "parse_delimited: f.csv: line 3, column (character) 3: '\"x y,z ' opens a quote that is never closed");
  CHECK(has(failure("a,b\n\n1,\"x\ny\"z,\n"), "f.csv: line 4, column (character) 3: 'z' follows a closing quote"));
  CHECK(has(failure("a,b\n1,\"2\" \n"), "line 2, column (character) 6: ' ' follows a closing quote"));
  CHECK(has(failure("a,b\n1, \"2\"\n"), "line 2, column (character) 4: ' \"2\"' a quoted field must start with its quote"));
  CHECK(has(failure("a,b\n1,2\n1,2,third,4\n"), "f.csv: line 3, column 3: the record ends with 'third' and has 4 fields; it must have 2 as the header"));
  CHECK(has(failure("a,b,c\n1,2,3\n1,2\n"), "f.csv: line 3, column 'c': the record ends with '2' and has 2 fields; it must have 3"));
  CHECK(has(failure("a,b\n1,2\n1\n"), "line 3, column 'b'"));
  CHECK(has(failure("a,b, a\n1,2,3\n"), "f.csv: line 1: two columns are called ' a'"));
  CHECK(has(failure(std::string_view("a,b\n1,\0\n", 8)), "f.csv: line 2, byte 7: a NUL byte"));
  CHECK(has(failure(std::string_view("\0", 1)), "line 1, byte 1: a NUL byte"));
}

TEST_CASE("columns without a name may be many") { CHECK(parse_delimited("a,,\n1,,\n").columns() == 3); }

TEST_CASE("cells are asked for by name; unknown names and rows are refused with what there is") {
  const auto t = parse_delimited("year,Role\n 2021 ,x\nNA,y\n20a,z\n", {}, "f.csv");
  CHECK(t.number(0, "year") == 2021.0);
  CHECK_FALSE(t.number(1, "year").has_value());
  CHECK_FALSE(t.has_column("role"));
  const auto message = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const metapool::input_error& e) {
      return e.what();
    }
    return "";
  };
  CHECK(message([&] { (void)t.number(2, "year"); }) ==
        "number: f.csv: line 4, column 'year': '20a' must be a number with the decimal mark '.', or a missing-value token");
  CHECK(message([&] { (void)t.text(0, "role"); }) == "text: f.csv: there is no column 'role'; the file has 'year', 'Role'");
  CHECK(message([&] { (void)t.text(3, "year"); }) == "text: f.csv: row = 3 must be below the number of rows, 3");
}

TEST_CASE("a file that is not there, or is a directory, is an input_error naming it") {
  CHECK_THROWS_WITH_AS((void)metapool::read_delimited("no/such/file.csv"), "read_delimited: no/such/file.csv: the file cannot be opened for reading",
                       metapool::input_error);
  CHECK_THROWS_AS((void)metapool::read_delimited("."), metapool::input_error);
}

TEST_CASE("fields written in quotes where needed read back as they were") {
  std::string blanks;  // quoted for the sake of readers that trim
  metapool::detail::append_field(blanks, "x ", ',');
  metapool::detail::append_field(blanks, " y", ',');
  CHECK(blanks == "\"x \"\" y\"");
  for (const std::string field : {"plain", "", "a,b", "a;b", "tab\there", "\"", "say \"no\"", "two\nlines", "two\r\nlines", "\r", " lead", "trail\t",
                                  "\xEF\xBB\xBFmark", "5\" tube", "M\xC3\xBCller"}) {
    for (const char delimiter : {',', ';', '\t'}) {
      for (const bool alone : {false, true}) {
        std::string text;
        metapool::detail::append_field(text, field + "_", delimiter, alone, true);
        if (!alone) text.append(1, delimiter).append("other");
        text += '\n';
        metapool::detail::append_field(text, field, delimiter, alone);
        if (!alone) text += delimiter;
        text += '\n';
        const auto t = parse_delimited(text);
        REQUIRE(t.rows() == 1);
        CHECK(t.names[0] == field + "_");
        CHECK(t.cell(0, 0) == field);
        CHECK(t.columns() == (alone ? 1 : 2));
      }
    }
  }
}
