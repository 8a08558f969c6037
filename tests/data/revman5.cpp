// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/revman5.hpp>

#include "support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::string file = METAPOOL_SOURCE_DIR "/tests/data/files/revman5.rm5";

std::string review(const std::string& inside) { return "<COCHRANE_REVIEW><ANALYSES_AND_DATA>" + inside + "</ANALYSES_AND_DATA></COCHRANE_REVIEW>"; }
std::string outcome(const std::string& kind, const std::string& attributes, const std::string& inside) {
  return review("<COMPARISON NO=\"1\"><" + kind + "_OUTCOME " + attributes + ">" + inside + "</" + kind + "_OUTCOME></COMPARISON>");
}
std::string why(const std::string& text) {
  return message_of<input_error>([&] { (void)parse_revman5(text, "f.rm5"); });
}

}  // namespace

TEST_CASE("a review comes as comparisons, outcomes, subgroups and studies, with the results that are stored") {
  const auto r = read_revman5(file);
  CHECK(r.title == "Made-up trials of cells & drugs");
  REQUIRE(r.comparisons.size() == 2);
  REQUIRE(r.comparisons[0].outcomes.size() == 4);
  REQUIRE(r.comparisons[1].outcomes.size() == 5);
  const auto& death = r.comparisons[0].outcomes[0];
  CHECK(death.name == "Death < 30 days");
  CHECK(death.label_1 == "Cells");
  CHECK(death.method == revman_method::mantel_haenszel);
  CHECK(death.data == revman_data::dichotomous);
  CHECK_FALSE(death.random);
  CHECK(death.ratio);
  CHECK(death.level_total == 0.95);
  REQUIRE(death.studies.size() == 7);
  CHECK(death.studies[0].label == "Ab\xC3\xA9 2019");  // ISO-8859-1 came as UTF-8
  CHECK(death.studies[0].year == "2019");
  CHECK(death.studies[6].label == "Go-2022");  // not among the studies: out of its identifier
  CHECK(death.studies[0].events_1 == 2.0);
  CHECK(death.studies[0].stored.weight.has_value());
  CHECK_FALSE(death.studies[4].estimable);
  CHECK_FALSE(death.studies[4].stored.effect.has_value());
  CHECK(death.stored.df == 5.0);
  const auto& dose = r.comparisons[0].outcomes[1];
  REQUIRE(dose.subgroups.size() == 2);
  CHECK(dose.random);
  CHECK(dose.subgroups[1].first == 3);
  CHECK(dose.subgroups[1].count == 4);
  CHECK(dose.subgroups[1].name == "Group 2");
  CHECK(r.comparisons[0].outcomes[2].method == revman_method::peto);
  const auto& blank = r.comparisons[1].outcomes[2];
  CHECK_FALSE(blank.stored.effect.has_value());
  CHECK(blank.studies[1].sd_2 == 4.4);
  const auto& survival = r.comparisons[1].outcomes[3];
  CHECK(survival.measure == "Hazard Ratio");
  CHECK(survival.ratio);
  CHECK(survival.studies[3].estimate == -0.95);
  CHECK(r.comparisons[1].outcomes[4].studies[2].variance == 14.1);
  REQUIRE(r.not_understood.size() == 1);
  CHECK(contains(r.not_understood[0], "OTHER_OUTCOME"));
}

TEST_CASE("an outcome's studies come as trials of their kind, and of no other") {
  const auto r = read_revman5<boost::multiprecision::cpp_bin_float_50>(file);
  const auto& outcomes = r.comparisons[1].outcomes;
  const auto trials = binary_trials_of(r.comparisons[0].outcomes[1], &r.comparisons[0].outcomes[1].subgroups[1]);
  REQUIRE(trials.size() == 4);
  CHECK(trials[0].label == "Do 2021");
  CHECK(*trials[0].treated.events == 3);
  CHECK(continuous_trials_of(outcomes[0])[0].treated.sd == boost::multiprecision::cpp_bin_float_50("4.6"));
  CHECK(reported_effects_of(outcomes[3])[0].se.has_value());
  const auto o_e = reported_effects_of(outcomes[4]);
  CHECK(*o_e[1].variance * *outcomes[4].studies[1].variance == 1);
  CHECK_THROWS_AS((void)binary_trials_of(outcomes[0]), input_error);
  CHECK_THROWS_AS((void)continuous_trials_of(outcomes[3]), input_error);
  CHECK_THROWS_AS((void)reported_effects_of(outcomes[0]), input_error);
}

TEST_CASE("swapped events are non-events") {
  const auto r = parse_revman5(outcome("DICH", "SWAP_EVENTS=\"YES\"", "<DICH_DATA STUDY_ID=\"STD-a\" EVENTS_1=\"3\" TOTAL_1=\"10\" EVENTS_2=\"4\" TOTAL_2=\"12\"/>"));
  const auto trials = binary_trials_of(r.comparisons[0].outcomes[0]);
  CHECK(trials[0].treated.events == 7.0);
  CHECK(trials[0].control.events == 8.0);
}

TEST_CASE("what is not understood is listed, each attribute once") {
  const auto r = parse_revman5(outcome("DICH", "METHOD=\"BAYES\" CHI2=\"many\" NEW=\"1\"",
                                       "<DICH_DATA STUDY_ID=\"a\" ODD=\"1\"/><DICH_DATA STUDY_ID=\"b\" ODD=\"2\"><FOOTNOTE>from the author</FOOTNOTE><X/></DICH_DATA>"));
  REQUIRE(r.not_understood.size() == 5);
  CHECK(contains(r.not_understood[0], "METHOD 'BAYES'"));
  CHECK(contains(r.not_understood[1], "CHI2 = 'many'"));
  CHECK(contains(r.not_understood[2], "NEW = '1'"));
  CHECK(contains(r.not_understood[3], "ODD = '1'"));
  CHECK(contains(r.not_understood[4], "element X"));
  CHECK(r.comparisons[0].outcomes[0].studies[1].footnote == "from the author");
  CHECK_FALSE(r.comparisons[0].outcomes[0].studies[1].events_1.has_value());
}

TEST_CASE("text that is no review is refused with its line") {
  CHECK(contains(why(""), "f.rm5: line 1: a RevMan 5 file must start with"));
  CHECK(contains(why("<A></A>"), "must start with <COCHRANE_REVIEW>"));
  CHECK(contains(why("a,b\n1,2\n"), "is this an XML file"));
  CHECK(contains(why("<COCHRANE_REVIEW></COCHRANE_REVIEW>"), "no <ANALYSES_AND_DATA>"));
  CHECK(contains(why("<COCHRANE_REVIEW>\n<A>\n</COCHRANE_REVIEW>"), "line 3: </COCHRANE_REVIEW> closes <A>"));
  CHECK(contains(why("<COCHRANE_REVIEW>\n<A"), "line 2: the file ends within"));
  CHECK(contains(why("<COCHRANE_REVIEW><A B='1' B='2'/></COCHRANE_REVIEW>"), "stands twice"));
  CHECK(contains(why("<COCHRANE_REVIEW>&nbsp;</COCHRANE_REVIEW>"), "not a known reference"));
  CHECK(contains(why("<?xml version='1.0' encoding='UTF-16'?><COCHRANE_REVIEW/>"), "encoding 'UTF-16'"));
  CHECK(contains(why(std::string("<\0a", 3)), "NUL"));
  CHECK(contains(why(outcome("CONT", "", "\n<CONT_DATA STUDY_ID='a' SD_1='4,5'/>")), "line 2: SD_1 = '4,5' in <CONT_DATA> must be a number"));
  CHECK(contains(why(outcome("CONT", "CI_STUDY='0'", "")), "level between 0 and 100"));
  CHECK(contains(why(outcome("CONT", "", "<CONT_DATA SD_1='4'/>")), "STUDY_ID"));
  CHECK(contains(why(outcome("CONT", "", "<CONT_SUBGROUP/><CONT_DATA STUDY_ID='a'/>")), "subgroup"));
  CHECK_THROWS_AS((void)read_revman5(file + ".none"), input_error);
}
