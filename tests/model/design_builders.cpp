// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/design_builders.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/meta_regression.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<double> latitude{44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33};
const std::vector<std::string> allocation{"random",     "random",     "random", "random", "alternate",  "alternate",  "random",
                                          "random",     "random",     "systematic", "systematic", "systematic", "systematic"};
using texts = std::vector<std::string>;
using columns = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a regression on latitude and allocation is put together from terms, as metafor has it") {
  // metafor 3.8, rma(yi, vi, mods = ~ ablat + factor(alloc)) with alternate as reference: tau2 0.1446; intercept 0.2932,
  // ablat -0.0273, random -0.2675, systematic 0.0585
  const auto moderators = intercept_only(13) + numeric_term(latitude, "latitude") + factor_term(allocation, "allocation", {.reference = "alternate"});
  CHECK(moderators.intercept);
  CHECK(moderators.names == texts{"intercept", "latitude", "allocation: random vs alternate", "allocation: systematic vs alternate"});
  CHECK(moderators.term_names == texts{"latitude", "allocation"});
  CHECK(moderators.terms == std::vector<columns>{{1}, {2, 3}});
  const auto fit = meta_regression(effect_sizes(bcg(), risk_ratio{}), moderators);
  CHECK(close(*fit.tau2, 0.1446, printed(4)));
  CHECK(close(fit.coefficients(0), 0.2932, printed(4)));
  CHECK(close(fit.coefficients(1), -0.0273, printed(4)));
  CHECK(close(fit.coefficients(2), -0.2675, printed(4)));
  CHECK(close(fit.coefficients(3), 0.0585, printed(4)));
}

TEST_CASE("a centred and scaled number says so in its name and changes the coefficient's unit alone") {
  const auto plain = numeric_term(latitude, "latitude");
  const auto scaled = numeric_term(latitude, "latitude", {.centre = 33.5, .scale = 10.0});
  CHECK(plain.names.front() == "latitude");
  CHECK(scaled.names.front() == "latitude (centred at 33.5, per 10)");
  CHECK(numeric_term(latitude, "latitude", {.centre = 33.5}).names.front() == "latitude (centred at 33.5)");
  CHECK(numeric_term(latitude, "latitude", {.scale = 10.0}).names.front() == "latitude (per 10)");
  CHECK(scaled.term_names.front() == "latitude");
  CHECK(close(scaled.x(1, 0), 2.15, digits15));
  CHECK(!scaled.intercept);
}

TEST_CASE("the three codings of a factor fit the same means, and their coefficients are what the names say") {
  const texts group{"b", "a", "c", "b", "a", "c"};
  const auto effects = known_effects<double>({2, 1, 4, 4, 3, 6}, {1, 1, 1, 1, 1, 1});  // means b 3, a 2, c 5
  const auto first = common_effect_regression(effects, intercept_only(6) + factor_term(group, "group"));
  CHECK(first.design.names == texts{"intercept", "group: a vs b", "group: c vs b"});
  CHECK(close(first.coefficients(0), 3.0, digits14));
  CHECK(close(first.coefficients(1), -1.0, digits14));
  CHECK(close(first.coefficients(2), 2.0, digits14));
  const auto sum = common_effect_regression(effects, intercept_only(6) + factor_term(group, "group", {.reference = "c", .coding = factor_coding::sum}));
  CHECK(sum.design.names == texts{"intercept", "group: b vs mean", "group: a vs mean"});
  CHECK(close(sum.coefficients(0), 10.0 / 3, digits14));
  CHECK(close(sum.coefficients(1), 3 - 10.0 / 3, digits12));
  CHECK(close(sum.coefficients(2), 2 - 10.0 / 3, digits12));
  const auto cells = common_effect_regression(effects, factor_term(group, "group", {.coding = factor_coding::cell_means, .levels = {"a", "b", "c"}}));
  CHECK(cells.design.names == texts{"group: a", "group: b", "group: c"});
  CHECK(close(cells.coefficients(0), 2.0, digits14));
  CHECK(close(cells.coefficients(1), 3.0, digits14));
  CHECK(close(cells.coefficients(2), 5.0, digits14));
}

TEST_CASE("levels given once make the same columns for new studies") {
  const factor_options options{.reference = "no", .levels = {"no", "yes", "unclear"}};
  const auto d = factor_term(texts{"unclear", "yes"}, "blinded", options);
  CHECK(d.names == texts{"blinded: yes vs no", "blinded: unclear vs no"});
  CHECK(d.x(0, 0) == 0.0);
  CHECK(d.x(0, 1) == 1.0);
  CHECK(d.x(1, 0) == 1.0);
  CHECK(d.x(1, 1) == 0.0);
}

TEST_CASE("an interaction holds all products as one term") {
  const auto a = factor_term(texts{"x", "y", "z"}, "f");
  const auto b = numeric_term(std::vector<double>{2, 3, 5}, "dose") + numeric_term(std::vector<double>{7, 11, 13}, "age");
  const auto ab = interaction(a, b);
  CHECK(ab.names == texts{"f: y vs x x dose", "f: z vs x x dose", "f: y vs x x age", "f: z vs x x age"});
  CHECK(ab.term_names == texts{"f x (dose + age)"});
  CHECK(ab.terms == std::vector<columns>{{0, 1, 2, 3}});
  CHECK(ab.x(1, 0) == 3.0);
  CHECK(ab.x(2, 0) == 0.0);
  CHECK(ab.x(2, 1) == 5.0);
  CHECK(ab.x(1, 2) == 11.0);
  CHECK(ab.x(2, 3) == 13.0);
}

TEST_CASE("the intercept comes first, wherever it stands in the sum, and terms follow their columns") {
  const auto d = factor_term(texts{"x", "y", "z"}, "f") + intercept_only(3) + numeric_term(std::vector<double>{1, 2, 3}, "dose");
  CHECK(d.intercept);
  CHECK(d.names == texts{"intercept", "f: y vs x", "f: z vs x", "dose"});
  CHECK(d.terms == std::vector<columns>{{1, 2}, {3}});
  CHECK(d.x(2, 0) == 1.0);
  CHECK(d.x(2, 2) == 1.0);
  CHECK(d.x(2, 3) == 3.0);
}

TEST_CASE("builders of designs refuse what makes no sense, and say where") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(message_of<input_error>([&] { numeric_term(std::vector<double>{1, nan}, "dose"); }), "study '2': dose"));
  CHECK(contains(message_of<input_error>([&] { numeric_term(std::vector<double>{}, "dose"); }), "'dose' has no values"));
  CHECK(contains(message_of<input_error>([&] { numeric_term(latitude, "dose", {.scale = 0.0}); }), "scale = 0 must be positive"));
  CHECK(contains(message_of<input_error>([&] { numeric_term(latitude, "dose", {.centre = nan}); }), "centre"));
  CHECK(contains(message_of<input_error>([&] { factor_term(texts{}, "f"); }), "no values"));
  CHECK(contains(message_of<input_error>([&] { factor_term(texts{"a", "a"}, "f"); }), "one level only, 'a'"));
  CHECK(contains(message_of<input_error>([&] { factor_term(texts{"a", "b"}, "f", {.reference = "c"}); }), "the reference 'c' is not a level"));
  CHECK(contains(message_of<input_error>([&] { factor_term(texts{"a", "b"}, "f", {.levels = {"a", "c"}}); }), "row 2: 'b' is not among the levels"));
  CHECK(contains(message_of<input_error>([&] { factor_term(texts{"a", "b"}, "f", {.levels = {"a", "a"}}); }), "given twice"));
  CHECK(contains(message_of<input_error>([&] { factor_term(texts{"a", "b"}, "f", {.reference = "a", .coding = factor_coding::cell_means}); }), "no reference level"));
  CHECK(contains(message_of<input_error>([&] { intercept_only(2) + intercept_only(2); }), "both designs have an intercept"));
  CHECK(contains(message_of<input_error>([&] { intercept_only(2) + intercept_only(3); }), "a design of 2 studies and one of 3"));
  CHECK(contains(message_of<input_error>([&] { numeric_term(latitude, "a") + numeric_term(latitude, "a"); }), "two columns are named 'a'"));
  CHECK(contains(message_of<input_error>([&] { interaction(intercept_only(13), numeric_term(latitude, "a")); }), "without their intercept"));
  CHECK(contains(message_of<input_error>([&] { interaction(numeric_term(std::vector<double>{1}, "b"), numeric_term(latitude, "a")); }), "a design of 1 studies"));
}
