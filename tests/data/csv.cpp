// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/csv.hpp>

#include "support/scratch_folder.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#if !defined(_WIN32)
#include <sys/resource.h>

#include <csignal>
#endif

using metapool::binary_trial;
using metapool::continuous_trial;
using metapool::csv_options;
using metapool::parse_csv;
using metapool::read_csv;
using metapool::to_csv;
using metapool::trial_table;
using wide = boost::multiprecision::cpp_bin_float_50;

namespace {

const std::string trials_file = METAPOOL_SOURCE_DIR "/examples/data/msc_trials.csv";

template <class Trial = binary_trial<>>
std::string failure(std::string_view text, const csv_options& options = {}) {
  try {
    (void)parse_csv<Trial>(text, options, "f.csv");
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

template <class Trial>
bool same_numbers(const Trial& a, const Trial& b) {
  using columns = metapool::detail::trial_columns<Trial>;
  return a.label == b.label && columns::disassemble(a) == columns::disassemble(b);
}

/// Everything but the lines, which blank lines and quoted line ends may move.
template <class Trial>
bool same_table(const trial_table<Trial>& a, const trial_table<Trial>& b) {
  if (a.size() != b.size() || a.column_names() != b.column_names() || a.roles != b.roles) return false;
  if (a.cells.characters != b.cells.characters || a.cells.ends != b.cells.ends || a.cells.delimiter != b.cells.delimiter) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_numbers(a[i], b[i])) return false;
  }
  return true;
}

template <class Trial>
void check_round_trip(std::string_view text, const csv_options& options = {}) {
  const auto t = parse_csv<Trial>(text, options);
  const auto written = to_csv(t);
  const auto again = parse_csv<Trial>(written, options);
  CHECK(same_table(t, again));
  CHECK(to_csv(again) == written);
}

std::string file_text(const std::string& path) { return metapool::detail::read_file(path, "test"); }

bool is_same(const std::string& a, const std::string& b) { return a == b; }  // without printing whole files on failure

}  // namespace

TEST_CASE("the file of cell-therapy trials is read as it stands") {
  const auto t = read_csv<binary_trial<>>(trials_file);
  REQUIRE(t.size() == 40);
  CHECK(t.column_names() == std::vector<std::string>{"study", "year", "design", "population", "role", "events_treat", "n_treat", "events_ctrl", "n_ctrl",
                                                     "followup_days", "evidence", "source", "note"});
  CHECK(t.extra_columns() == std::vector<std::string>{"year", "design", "population", "role", "followup_days", "evidence", "source", "note"});
  CHECK(t.warnings.empty());
  CHECK(t[1].label == "Lanzoni");
  CHECK(t[1].treated.events == 1.0);
  CHECK(t[1].treated.total == 12.0);
  CHECK(t[1].control.events == 7.0);
  CHECK(t[1].control.total == 12.0);
  CHECK(t.number(1, "year") == 2021.0);
  CHECK(t.text(0, "note").substr(0, 26) == "the second treated death (");
  CHECK(t.cells.line_end == "\r\n");
  CHECK(t[5].label == "Rebelatto");
  CHECK_FALSE(t.number(5, "followup_days").has_value());
  const auto& gorman = t[21];  // arms known, deaths not
  CHECK(gorman.label == "Gorman (REALIST-COVID)");
  CHECK_FALSE(gorman.treated.events.has_value());
  CHECK(gorman.treated.total == 30.0);
  CHECK_FALSE(is_complete(gorman));
  CHECK(t[28].label == "Fathi-Kazerooni");
  CHECK(t.text(28, "design") == "RCT, MSC secretome (cell-free)");
  CHECK_THROWS_WITH_AS((void)t.number(0, "role"),
                       ("number: " + trials_file + ": line 2, column 'role': 'alternative' must be a number with the decimal mark '.', or a missing-value token").c_str(),
                       metapool::input_error);
  double deaths = 0, patients = 0;
  std::size_t known = 0;
  for (const auto& trial : where(t, [](const auto& row) { return row.text("role") == "primary"; })) {
    REQUIRE(is_complete(trial));
    deaths += *trial.treated.events + *trial.control.events;
    patients += *trial.treated.total + *trial.control.total;
    ++known;
  }
  CHECK(known == 17);
  CHECK(deaths == 209);  // counted by Python's csv module
  CHECK(patients == 808);
}

TEST_CASE("writing back what was read gives the same file") {
  const auto t = read_csv<binary_trial<>>(trials_file);
  CHECK(is_same(to_csv(t), file_text(trials_file)));
  const metapool_test::scratch_folder folder;
  const std::string path = (folder.path() / "trials.csv").string();
  write_csv(path, t);
  CHECK(is_same(file_text(path), file_text(trials_file)));
  CHECK(same_table(t, read_csv<binary_trial<>>(path)));
  write_csv(path, where(t, [](const auto& row) { return row.number("year") == 2021.0; }));  // replaces the file
  CHECK(read_csv<binary_trial<>>(path).size() == 10);
}

TEST_CASE("all styles of column names give the same binary trial, in any case and order") {
  for (const std::string_view text : {"label,treated_events,treated_total,control_events,control_total\nZ,1,12,7,14\n",
                                      "study,ai,n1i,ci,n2i\nZ,1,12,7,14\n",
                                      "slab,ai,bi,ci,di\nZ,1,11,7,7\n",
                                      "slab,bi,n1i,ci,di\nZ,11,12,7,7\n",
                                      "slab,ai,bi,n1i,ci,n2i\nZ,1,11,12,7,14\n",
                                      "studlab,event.e,n.e,event.c,n.c\nZ,1,12,7,14\n",
                                      "STUDY;Events_Treat;N_TREAT;events_ctrl;n_ctrl\nZ;1;12;7;14\n",
                                      "n2i\tTrial\tx\tCI\tN1I\tai\n14\tZ\tq\t7\t12\t1\n"}) {
    CAPTURE(text);
    const auto t = parse_csv<binary_trial<>>(text);
    REQUIRE(t.size() == 1);
    CHECK(same_numbers(t[0], {.label = "Z", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 14}}));
    check_round_trip<binary_trial<>>(text);
  }
}

TEST_CASE("all styles of column names give the same continuous trial") {
  for (const std::string_view text : {"label,treated_mean,treated_sd,treated_total,control_mean,control_sd,control_total\nZ,-1.5,2,29,3,0.1,30\n",
                                      "study;m1i;sd1i;n1i;m2i;sd2i;n2i\nZ;-1,5;2;29;3;0,1;30\n",
                                      "studlab,mean.e,sd.e,n.e,mean.c,sd.c,n.c\nZ,-1.5,2,29,3,.1,30\n",
                                      "study,n_treat,mean_treat,sd_treat,n_ctrl,mean_ctrl,sd_ctrl\nZ,29,-1.5,2e0,30,3.0,0.10\n"}) {
    CAPTURE(text);
    const auto t = parse_csv<continuous_trial<>>(text);
    CHECK(same_numbers(t[0], {.label = "Z", .treated = {.mean = -1.5, .sd = 2, .total = 29}, .control = {.mean = 3, .sd = 0.1, .total = 30}}));
    check_round_trip<continuous_trial<>>(text);
  }
}

TEST_CASE("columns may be named, and then a known name elsewhere does not disturb") {
  const std::string_view text = "id,dead drug,drug,dead placebo,placebo,ai,n_treat,bi\nZ,1,12,7,14,9,9,9\n";
  const csv_options options{.label = "id", .treated_events = "dead drug", .treated_total = "drug", .control_events = "dead placebo", .control_total = "placebo"};
  const auto t = parse_csv<binary_trial<>>(text, options);
  CHECK(same_numbers(t[0], {.label = "Z", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 14}}));
  CHECK(t.extra_columns() == std::vector<std::string>{"ai", "n_treat", "bi"});
  check_round_trip<binary_trial<>>(text, options);
  CHECK(has(failure(text, {.treated_events = "deaths"}), "parse_csv: f.csv: there is no column 'deaths', named for treated_events; the file has 'id', 'dead drug'"));
  CHECK(has(failure(text, {.treated_events = "drug", .treated_total = "drug"}), "column 'drug' is named for both treated_events and treated_total"));
  CHECK(has(failure(text, {.treated_mean = "drug"}), "csv_options.treated_mean = 'drug' names a number that a binary_trial does not have"));
}

TEST_CASE("a role without column and a role with two are refused by name") {
  const auto lacking = failure("study,ai,n1i,deaths\nZ,1,2,3\n");
  CHECK(has(lacking, "parse_csv: f.csv: a binary_trial needs columns for control_events (looked for: control_events ci event.c events_ctrl); "
                     "control_total (looked for: control_total n2i n.c n_ctrl)"));
  CHECK(has(lacking, "The file has 'study', 'ai', 'n1i', 'deaths'"));
  CHECK(lacking.find("treated_") == std::string::npos);
  CHECK(has(failure("ai,n1i,ci,n2i,n_treat\n1,2,1,2,2\n"), "columns 'n1i' and 'n_treat' both fit treated_total; name the right one in csv_options.treated_total"));
  CHECK(has(failure("study,label,ai,n1i,ci,n2i\nx,y,1,2,1,2\n"), "columns 'study' and 'label' both fit label"));
  CHECK(has(failure("ai,AI,n1i,ci,n2i\n1,1,2,1,2\n"), "columns 'ai' and 'AI' both fit treated_events"));
  CHECK(failure("ai,n1i,ci,n2i,n_treat\n1,2,1,2,2\n", {.treated_total = "n1i"}) == "");
  CHECK(has(failure<continuous_trial<>>("study,m1i,sd1i,m2i,sd2i,n2i\nZ,1,2,3,4,5\n"), "treated_total (looked for: treated_total n1i n.e n_treat)"));
}

TEST_CASE("a cell that breaks a rule is named by file, line, column, value and rule") {
  const std::string head = "study,ai,n1i,ci,n2i\nGood,1,12,7,12\n\n";
  CHECK(failure(head + "Bad,x1,12,7,12\n") ==
        "parse_csv: f.csv: line 4, column 'ai': 'x1' must be a number with the decimal mark '.', or a missing-value token");
  CHECK(failure(head + "Bad,13,12,7,12\n") == "parse_csv: f.csv: line 4, column 'ai': study 'Bad': treated.events = 13 must not exceed the arm's total of 12");
  CHECK(failure(head + "Bad,1,0,7,12\n") == "parse_csv: f.csv: line 4, column 'n1i': study 'Bad': treated.total = 0 must be positive");
  CHECK(has(failure(head + "Bad,1,12,-7,12\n"), "line 4, column 'ci': study 'Bad': control.events = -7 must not be negative"));
  CHECK(has(failure(head + "Bad,1,12,7,12.5\n"), "line 4, column 'n2i': study 'Bad': control.total = 12.5 must be a whole number"));
  CHECK(has(failure(head + "Bad,1,12,1e999,12\n"), "line 4, column 'ci': '1e999' must lie in the range of the number type"));
  CHECK(has(failure(head + "Bad,1,12,inf,12\n"), "column 'ci': 'inf' must be a number"));
  CHECK(has(failure("ai,bi,ci,di\n1,-1,2,3\n"), "line 2, column 'bi': '-1' must not be negative"));
  CHECK(has(failure("ai,bi,ci,di\n1,1.5,2,3\n"), "column 'bi': '1.5' must be a whole number"));
  CHECK(has(failure("ai,bi,ci,di\n0,0,2,3\n"), "line 2, column 'bi': study 'study 1': treated.total = 0 must be positive"));
  CHECK(has(failure("ai,bi,n1i,ci,di\n1,5,7,2,3\n"), "column 'bi': '5' must be the arm's total less its events"));
  CHECK(has(failure("bi,n1i,ci,di\n8,7,2,3\n"), "column 'bi': '8' must not exceed the arm's total"));
  const std::string means = "study,m1i,sd1i,n1i,m2i,sd2i,n2i\n";
  CHECK(failure<continuous_trial<>>(means + "Bad,1,2,3,4,-5,6\n") == "parse_csv: f.csv: line 2, column 'sd2i': study 'Bad': control.sd = -5 must not be negative");
  CHECK(has(failure<continuous_trial<>>(means + "Bad,1,2,0,4,5,6\n"), "line 2, column 'n1i': study 'Bad': treated.total = 0 must be at least 1"));
}

TEST_CASE("a lower quartile given for a standard deviation is caught where it is negative") {
  const std::string path = METAPOOL_SOURCE_DIR "/examples/data/msc_continuous.csv";
  const csv_options options{.treated_mean = "location_treat", .treated_sd = "lower_treat", .control_mean = "location_ctrl", .control_sd = "lower_ctrl"};
  CHECK_THROWS_WITH_AS((void)read_csv<continuous_trial<>>(path, options),
                       ("read_csv: " + path + ": line 5, column 'lower_treat': study 'Monsel': treated.sd = -15.5 must not be negative").c_str(),
                       metapool::input_error);
  const auto t = metapool::read_delimited(path);
  CHECK(t.rows() == 10);
  CHECK(t.number(9, "lower_ctrl") == 11.61);
}

TEST_CASE("fractional counts are taken only if asked for") {
  const std::string_view text = "ai,bi,n1i,ci,n2i\n0.1,0.2,0.3,7.25,14\n";
  CHECK(has(failure(text), "whole number"));
  const csv_options options{.fractional = metapool::fractional_counts::allowed};
  const auto t = parse_csv<binary_trial<>>(text, options);
  CHECK(t[0].control.events == 7.25);
  check_round_trip<binary_trial<>>(text, options);
  CHECK(has(failure("ai,bi,n1i,ci,n2i\n0.1,0.2,0.4,7.25,14\n", options), "must be the arm's total less its events"));
}

TEST_CASE("a missing count stays missing unless the other two counts of the arm give it") {
  const auto t = parse_csv<binary_trial<>>("ai,bi,n1i,ci,n2i\n,3,5,NA,9\n2,,5,-,.\n2,3,,0,9\n2,,,0,9\n");
  CHECK(t[0].treated.events == 2.0);
  CHECK_FALSE(t[0].control.events.has_value());
  CHECK(t[1].treated.events == 2.0);
  CHECK_FALSE(t[1].control.total.has_value());
  CHECK(t[2].treated.total == 5.0);
  CHECK_FALSE(t[3].treated.total.has_value());
  CHECK(t[3].control.events == 0.0);
  CHECK(to_csv(t) == "ai,bi,n1i,ci,n2i\n,3,5,NA,9\n2,,5,-,.\n2,3,,0,9\n2,,,0,9\n");
}

TEST_CASE("labels are kept to the letter, made up where there are none, and told of where they occur twice") {
  const auto t = parse_csv<binary_trial<>>("study,ai,n1i,ci,n2i\n\" A, \"\"B\"\" \",1,2,1,2\nC,1,2,1,2\n,1,2,1,2\nC,1,2,1,2\nD,1,2,1,2\nC,1,2,1,2\n", {}, "f.csv");
  CHECK(t[0].label == " A, \"B\" ");
  CHECK(t[2].label == "study 3");
  REQUIRE(t.warnings.size() == 1);
  CHECK(t.warnings[0] == "f.csv: 3 rows bear the label 'C' (lines 3, 5, ...)");
  const auto fewer = where(t, [](const auto& row) { return row.line() != 3; });
  CHECK(fewer.warnings == std::vector<std::string>{"f.csv: 2 rows bear the label 'C' (lines 5, 7)"});
  const auto none = parse_csv<binary_trial<>>("ai,n1i,ci,n2i\n1,2,1,2\n0,2,1,2\n");
  CHECK(none[1].label == "study 2");
  CHECK(none.warnings.empty());
  CHECK(to_csv(none) == "ai,n1i,ci,n2i\n1,2,1,2\n0,2,1,2\n");
  CHECK(to_csv(where(none, [](const auto& row) { return row.index() == 1; })) == "label,ai,n1i,ci,n2i\nstudy 2,0,2,1,2\n");
}

TEST_CASE("text that is not UTF-8 is kept, and told of once") {
  const std::string head = "study,ai,n1i,ci,n2i\nA,1,2,1,2\n";
  for (const std::string good : {"M\xC3\xBCller", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"}) {
    CHECK(parse_csv<binary_trial<>>(head + good + ",1,2,1,2\n").warnings.empty());
  }
  for (const std::string bad : {"M\xFCller", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82",
                                "\xF0\x8F\xBF\xBF"}) {
    const auto t = parse_csv<binary_trial<>>(head + bad + ",1,2,1,2\n" + bad + "b,1,2,1,2\n", {}, "f.csv");
    CHECK(t[1].label == bad);
    REQUIRE(t.warnings.size() == 1);
    CHECK(t.warnings[0] == "f.csv: line 3, column 'study': '" + bad + "' is not UTF-8; save the file as UTF-8");
  }
}

TEST_CASE("nasty tables read back equal") {
  check_round_trip<binary_trial<>>("\xEF\xBB\xBF\"stu\ndy\", note ,ai,n1i,ci,n2i,,\r\n\"\r\",\"a\"\"b\",1,2,1,2,,\r\n\r\n\" \",\" lead\",NA,2,1.0,2e0,x,\"\"\r\n", {.label = "stu\ndy"});
  check_round_trip<binary_trial<>>("study;ai;n1i;ci;n2i;\"x,y,z,t,u,v\"\nA;1;2;1;2;3,5\n");
  check_round_trip<binary_trial<>>("study\tai\tn1i\tci\tn2i\tx\nA\t1\t2\t1\t2\t\"tab\there\"\n");
  check_round_trip<binary_trial<>>("study|ai|n1i|ci|n2i|x\nA|1|2|1|2|a,b\n", {.delimiter = '|'});
  check_round_trip<binary_trial<>>("study,ai,n1i,ci,n2i\nA,-99,2,1,2\n", {.missing = {"-99"}});
}

TEST_CASE("a changed trial is written with its new numbers, everything else as it was") {
  auto t = parse_csv<binary_trial<>>("study,ai,bi,ci,n2i,note\nA,1.0,11,7,12,\"x, y\"\nB,2,3,NA,09,\nC,2,NA,1,2,\n");
  t.trials[0].treated.events = 3;
  t.trials[1].control.events = 4;
  t.trials[2].control.total.reset();
  t.trials[2].label = "C, again";
  const auto text = to_csv(t);
  CHECK(text == "study,ai,bi,ci,n2i,note\nA,3,9,7,12,\"x, y\"\nB,2,3,4,09,\n\"C, again\",2,NA,1,,\n");
  const auto again = parse_csv<binary_trial<>>(text);
  for (std::size_t i = 0; i < t.size(); ++i) CHECK(same_numbers(t[i], again[i]));
  t.trials[0].treated.events = 30;
  CHECK_THROWS_AS((void)to_csv(t), metapool::input_error);
  t.trials.pop_back();
  CHECK_THROWS_AS((void)to_csv(t), metapool::input_error);
  CHECK_THROWS_AS((void)where(t, [](const auto&) { return true; }), metapool::input_error);
  auto comma = parse_csv<continuous_trial<>>("study;m1i;sd1i;n1i;m2i;sd2i;n2i\nZ;-1,5;2;29;3;0,1;30\n");
  comma.trials[0].treated.mean = 0.25;
  CHECK(to_csv(comma) == "study;m1i;sd1i;n1i;m2i;sd2i;n2i\nZ;0,25;2;29;3;0,1;30\n");
  auto nines = parse_csv<binary_trial<>>("ai,n1i,ci,n2i\n1,999,9,20\n", {.missing = {"99"}});
  nines.trials[0].treated.events = 99;
  CHECK_THROWS_AS((void)to_csv(nines), metapool::input_error);
}

TEST_CASE("trials alone are written under our own names and read back equal") {
  const std::vector<binary_trial<>> trials{{.label = "A, \"B\"\n", .treated = {.events = 1, .total = 12}, .control = {.events = {}, .total = 100000}},
                                           {.label = "C", .treated = {.events = 0.1, .total = 12}, .control = {}}};
  const auto text = to_csv(trials);
  CHECK(text == "label,treated_events,treated_total,control_events,control_total\n\"A, \"\"B\"\"\n\",1,12,,100000\nC,0.1,12,,\n");
  CHECK(to_csv(std::span<const binary_trial<>>(trials)) == text);
  const auto again = parse_csv<binary_trial<>>(text, {.fractional = metapool::fractional_counts::allowed});
  REQUIRE(again.size() == 2);
  CHECK(same_numbers(again[0], trials[0]));
  CHECK(same_numbers(again[1], trials[1]));
  const std::vector<continuous_trial<wide>> means{{.label = "W", .treated = {.mean = wide(1) / 3, .sd = wide("0.1"), .total = 3}, .control = {}}};
  CHECK(same_numbers(parse_csv<continuous_trial<wide>>(to_csv(means))[0], means[0]));
  const std::vector<binary_trial<>> bad{{.label = "A", .treated = {.events = 13, .total = 12}, .control = {}}};
  CHECK_THROWS_AS((void)to_csv(bad), metapool::input_error);
}

TEST_CASE("float, long double and 50 digits are read from the same file") {
  const auto narrow = read_csv<binary_trial<float>>(trials_file);
  const auto middle = read_csv<binary_trial<long double>>(trials_file);
  const auto broad = read_csv<binary_trial<wide>>(trials_file);
  CHECK(narrow[18].treated.total == 112.0F);
  CHECK(middle[18].treated.total == 112.0L);
  CHECK(broad[18].treated.total == wide(112));
  CHECK(is_same(to_csv(broad), file_text(trials_file)));
  const auto means = parse_csv<continuous_trial<wide>>("m1i,sd1i,n1i,m2i,sd2i,n2i\n0.1,2,29,3,0.1,30\n");
  CHECK(*means[0].treated.mean == wide("0.1"));
}

TEST_CASE("a table is a contiguous range of trials") {
  const auto t = read_csv<binary_trial<>>(trials_file);
  const std::span<const binary_trial<>> view(t);
  CHECK(view.size() == t.size());
  CHECK(view.data() == t.data());
  CHECK(&view[3] == &t[3]);
  CHECK(to_csv(trial_table<binary_trial<>>{}) == "\n");
}

TEST_CASE("files that cannot be read or written are errors, and leave nothing behind") {
  CHECK_THROWS_WITH_AS((void)read_csv<binary_trial<>>("no/such/file.csv"), "read_csv: no/such/file.csv: the file cannot be opened for reading",
                       metapool::input_error);
  const std::vector<binary_trial<>> trials{{.label = "A", .treated = {.events = 1, .total = 12}, .control = {}}};
  CHECK_THROWS_AS(write_csv("no/such/folder/file.csv", trials), metapool::error);
#if !defined(_WIN32)
  CHECK_THROWS_AS(write_csv(".", trials), metapool::error);
  CHECK_THROWS_WITH_AS(write_csv("/dev/null", trials), "write_csv: /dev/null: is not a regular file", metapool::error);
#endif
  const metapool_test::scratch_folder folder;
  const std::string path = (folder.path() / "kept.csv").string();
  write_csv(path, trials);
  const auto before = file_text(path);
  const std::vector<binary_trial<>> bad{{.label = "A", .treated = {.events = 13, .total = 12}, .control = {}}};
  CHECK_THROWS_AS(write_csv(path, bad), metapool::input_error);
  CHECK(file_text(path) == before);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()) == 1);
}

#if !defined(_WIN32)
TEST_CASE("where the disk is full the old file stays and the new one goes") {
  const metapool_test::scratch_folder folder;
  const std::string path = folder.write("trials.csv", "old").string();
  const std::vector<binary_trial<>> trials(10000, {.label = "A", .treated = {.events = 1, .total = 12}, .control = {}});
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  try {
    write_csv(path, trials);
  } catch (const metapool::error& e) {
    message = e.what();
  }
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(message == "write_csv: " + path + ": could not be written to the end (disk full?); the old file, if any, is unchanged");
  CHECK(file_text(path) == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("writing through a symbolic link replaces the file that it points at, and keeps its permissions") {
  namespace fs = std::filesystem;
  const metapool_test::scratch_folder folder;
  const auto file = folder.write("deep/trials.csv", "old");
  const auto link = folder.path() / "link.csv";
  fs::create_symlink(file, link);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  const std::vector<binary_trial<>> trials{{.label = "A", .treated = {.events = 1, .total = 12}, .control = {}}};
  write_csv(link.string(), trials);
  CHECK(fs::is_symlink(link));
  CHECK(file_text(file.string()) == to_csv(trials));
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}
#endif

TEST_CASE("ten thousand mutations of sound files are read or refused by metapool::error, and what is read can be written and read again") {
  const std::string seeds[] = {file_text(trials_file).substr(0, 1475), "\xEF\xBB\xBFslab;ai;bi;ci;di;x\r\nA;1;2;3;4;\"q\"\"; \n\"\r\nB;NA;-;0;5;3,5\r\n",
                               "study\tm1i\tsd1i\tn1i\tm2i\tsd2i\tn2i\nZ\t1.5\t2\t29\t-3e0\t.1\t30\n\nY\t\tNA\t2\t3\t4\t5\n"};
  const std::string_view bits[] = {",", ";", "\t", "\"", "\"\"", "\n", "\r", "\r\n", " ", "-", ".", "e", "9", "0", "NA", "ai", "1e309", std::string_view("\0", 1), "\xFF"};
  std::uint64_t state = 20240229;
  const auto next = [&](std::size_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state >> 33U) % below);
  };
  std::size_t read = 0, refused = 0;
  const auto attempt = [&]<class Trial>(const std::string& text, Trial) {
    try {
      const auto t = parse_csv<Trial>(text);
      ++read;
      const auto again = parse_csv<Trial>(to_csv(t));
      REQUIRE(same_table(t, again));
    } catch (const metapool::error&) {
      ++refused;
    }
  };
  for (int i = 0; i < 10000; ++i) {
    std::string text = seeds[next(3)];
    for (std::size_t edits = 1 + next(4); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = next(text.size());
      switch (next(5)) {
        case 0: text.insert(at, bits[next(std::size(bits))]); break;
        case 1: text.erase(at, 1 + next(4)); break;
        case 2: text[at] = static_cast<char>(next(256)); break;
        case 3: text.insert(at, text.substr(next(text.size()), next(30))); break;
        default: if (next(8) == 0) text.resize(at); break;
      }
    }
    attempt(text, binary_trial<>{});
    attempt(text, continuous_trial<>{});
  }
  CHECK(read > 500);
  CHECK(refused > 1000);
  CHECK(read + refused >= 20000);
}
