// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/revman_web.hpp>

#include <metapool/report/verify.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::string folder = METAPOOL_SOURCE_DIR "/tests/data/files/CD000001-analysis-data";
const std::string settings_header = "Analysis group,Analysis number,Analysis name,Data type,Effect measure,Statistical method,Analysis model,CI/PI level,Mean,Heterogeneity I\xC2\xB2\n";
const std::string rows_header = "Analysis group,Analysis number,Subgroup,Study,Experimental cases,Experimental N,Control cases,Control N,Weight,Mean\n";
const std::string groups_header = "Analysis group,Analysis number,Subgroup,Mean\n";

revman_review<> parse(const std::string& settings, const std::string& rows = {}, const std::string& groups = {}) {
  return parse_revman_web(settings_header + settings, rows_header + rows, groups_header + groups, "CD1");
}
std::string why(const std::string& settings, const std::string& rows = {}) {
  return message_of<input_error>([&] { (void)parse(settings, rows); });
}

}  // namespace

TEST_CASE("a data package comes as comparisons, outcomes, subgroups and studies with stored results") {
  const auto r = read_revman_web(folder);
  REQUIRE(r.comparisons.size() == 1);
  CHECK(r.comparisons[0].name == "Cells, \"any\", versus control");
  REQUIRE(r.comparisons[0].outcomes.size() == 3);
  const auto& o = r.comparisons[0].outcomes;
  CHECK(o[0].method == revman_method::mantel_haenszel);
  CHECK_FALSE(o[0].random);
  CHECK(o[1].random);
  CHECK(o[1].tau2 == revman_tau2::reml);
  CHECK(o[1].interval == revman_interval::hartung_knapp);
  REQUIRE(o[1].subgroups.size() == 2);
  CHECK(o[1].subgroups[1].name == "High");
  CHECK(o[1].subgroups[1].first == 2);
  CHECK(o[1].subgroups[1].stored.df == 2.0);
  CHECK(o[2].data == revman_data::generic_inverse_variance);
  CHECK(o[2].ratio);
  CHECK(o[2].studies[3].estimate == -0.95);
  CHECK(o[0].studies[1].events_1 == 11.0);
  CHECK(o[0].studies[1].year == "2020");
  REQUIRE(r.not_understood.size() == 3);
  CHECK(contains(r.not_understood[0], "line 3: the column 'Analyst' was not read"));
  CHECK(contains(r.not_understood[1], "no weight exceeds 1"));
}

TEST_CASE("every stored result of a data package is found again to 12 digits: Mantel-Haenszel, REML with Hartung-Knapp, DerSimonian-Laird") {
  const auto v = verify(read_revman_web(folder + "/", "CD000001"), {.digits = 12});
  CHECK(v.numbers.size() == 123);
  CHECK(v.all_agree());
  CHECK(*v.fewest_digits() >= 12);
}

TEST_CASE("prediction intervals and intervals of tau2 are found again, and where another method agrees better, that is said") {
  // metafor 3.8, REML with knha: tau2 0.0110651694387843 to 6.4370804226393403, prediction by t with k - 2 0.0552475754683213 to 9.1023426946951727
  auto review = read_revman_web(folder);
  auto& o = review.comparisons[0].outcomes[1];
  CHECK(o.stored.prediction_upper == 9.10234269469517);
  CHECK(o.stored.tau2_lower == 0.0110651694387832);
  const auto note_of = [&] {
    const auto v = verify(o, {.digits = 12});
    for (const auto& n : v.numbers) {
      if (n.field.find("prediction") == 0 || n.field.find("tau2 ") == 0) CHECK(n.agrees);
    }
    std::string all;
    for (const auto& n : v.notes) all += n + "; ";
    return all;
  };
  CHECK_FALSE(contains(note_of(), "agrees best"));
  o.stored.prediction_lower = 0.0772606564287087;  // t with k - 1 and the plain standard error
  o.stored.prediction_upper = 6.50890619118312;
  CHECK(contains(note_of(), "the stored prediction lower agrees best with t, k - 1"));
  o.stored.tau2_lower = 0.00426886134668903;
  o.stored.tau2_upper = 5.81522709256425;
  CHECK(contains(note_of(), "the stored tau2 lower agrees best with generalised Q"));
  o.stored.tau2_upper = 5;
  const auto v = verify(o, {.digits = 12});
  bool found = false;
  for (const auto& n : v.numbers) found = found || (n.field == "tau2 upper" && !n.agrees);
  CHECK(found);
  o.studies.resize(2);
  o.subgroups.clear();
  CHECK_FALSE(verify(o).numbers.empty());  // two studies: no t with k - 2
}

TEST_CASE("studies of a subgroup are brought together; what has no analysis is listed") {
  const auto r = parse("1,1,Death,Dichotomous,Odds Ratio,Peto,Fixed effect,90%,,\n",
                       "1,1,B,s1,1,10,2,10,,\n1,1,A,s2,3,10,2,10,,\n1,1,B,s3,1,12,2,11,,\n2,7,,s4,1,2,1,2,,\n", "1,1,A,0.5\n1,1,C,0.5\n");
  const auto& o = r.comparisons[0].outcomes[0];
  REQUIRE(o.studies.size() == 3);
  CHECK(o.studies[1].label == "s3");
  CHECK(o.subgroups[0].count == 2);
  CHECK(o.subgroups[1].stored.effect == 0.5);
  CHECK(o.level_total == 0.9);
  CHECK(o.method == revman_method::peto);
  CHECK(o.studies[0].estimable);
  REQUIRE(r.not_understood.size() == 2);
  CHECK(contains(r.not_understood[0], "CD1-data-rows.csv: line 5: belongs to no analysis"));
  CHECK(contains(r.not_understood[1], "CD1-subgroup-estimates.csv: line 3"));
}

TEST_CASE("a study without an effect where others have one is not estimable; per cents stay per cents") {
  const auto r = parse("1,1,Death,Dichotomous,Risk Ratio,Mantel-Haenszel,Fixed effect,0.95,0.5,40\n", "1,1,,s1,1,10,2,10,100,0.5\n1,1,,s2,0,10,0,10,0,#N/A\n");
  const auto& o = r.comparisons[0].outcomes[0];
  CHECK(o.studies[0].estimable);
  CHECK_FALSE(o.studies[1].estimable);
  CHECK(o.stored.i2 == 40.0);
  CHECK(o.studies[0].stored.weight == 100.0);
  CHECK(r.not_understood.empty());
}

TEST_CASE("methods that are not known are listed, and what is taken instead") {
  const auto r = parse("1,1,Death,Dichotomous,Risk Ratio,Magic,Mixed,95%,lots,\n", "1,1,,s1,1,10,2,10,,\n");
  REQUIRE(r.not_understood.size() == 3);
  CHECK(contains(r.not_understood[0], "Statistical method = 'Magic' is not known; inverse variance is assumed"));
  CHECK(contains(r.not_understood[1], "Analysis model = 'Mixed'"));
  CHECK(contains(r.not_understood[2], "Mean = 'lots' is not a number"));
}

TEST_CASE("a package that cannot be read is refused with file and line") {
  CHECK(contains(why("1,1,Death,Diagnostic,,,,,,\n"), "CD1-overall-estimates-and-settings.csv: line 2: Data type = 'Diagnostic'"));
  CHECK(contains(why("1,1,Death,Dichotomous,,,,190%,,\n"), "level '190%'"));
  CHECK(contains(why("1,1,Death,Dichotomous,,,,,,\n", "1,1,,s1,x,10,2,10,,\n"), "CD1-data-rows.csv: line 2, column 'Experimental cases'"));
  CHECK(contains(why("1,1\n"), "fields"));
  CHECK(contains(message_of<input_error>([] { (void)parse_revman_web("a,b\n1,2\n", "", ""); }), "the file is empty"));
  CHECK(contains(message_of<input_error>([] { (void)parse_revman_web("a,b\n1,2\n", rows_header, groups_header); }), "no column 'Analysis group'"));
  CHECK(contains(message_of<input_error>([] { (void)read_revman_web("somewhere"); }), "must end with -analysis-data"));
  CHECK_THROWS_AS((void)read_revman_web("none/CD9-analysis-data"), input_error);
}
