// SPDX-License-Identifier: BSL-1.0
#include <metapool/lines/line_filter.hpp>

#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace mp = metapool;

namespace {

std::vector<std::string> cells(const std::string& line) { return mp::detail::cells_of<>(mp::detail::without_end(line)); }

/// The text of a number between -2 and 2 with six decimals, or of a positive one.
std::string random_cell(mp::detail::random_stream& random, bool positive) {
  const double x = random.uniform() * 4 - 2;
  return std::to_string(positive ? std::fabs(x) * 0.1 + 0.001 : x);
}

std::vector<std::string> names(std::size_t studies) {
  std::vector<std::string> all{"id"};
  for (std::size_t i = 1; i <= studies; ++i) all.insert(all.end(), {"y" + std::to_string(i), "v" + std::to_string(i)});
  return all;
}

/// Lines of effects with some missing studies, and now and then a line that is wrong.
std::string random_lines(std::size_t lines, std::size_t studies, std::uint64_t seed) {
  mp::detail::random_stream random(seed);
  std::string text;
  for (std::size_t l = 0; l < lines; ++l) {
    text += "line" + std::to_string(l);
    for (std::size_t i = 0; i < studies; ++i) {
      const bool missing = random.below(8) == 0;
      text += "\t" + (missing ? std::string("NA") : random_cell(random, false)) + "\t" + (random.below(200) == 0 ? std::string("-1") : random_cell(random, true));
    }
    if (random.below(50) == 0) text += "\tone cell more";
    text += random.below(3) == 0 ? "\r\n" : "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a line's row says what one meta-analysis says") {
  const mp::line_filter filter({.model = mp::line_model::reml, .batch = {.test = mp::batch_test::hartung_knapp}}, names(4));
  const auto out = filter("first\t0.1\t0.02\t-0.3\t0.05\t0.4\t0.03\tNA\t\n");
  CHECK(filter.header() == "id\tstudies\testimate\tse\tlower\tupper\tp\ttau2\tq\tq_p\ti2\tstatus\n");
  const auto row = cells(out.text);
  REQUIRE(row.size() == 12);
  const auto effects = mp::known_effects(std::vector<double>{0.1, -0.3, 0.4}, std::vector<double>{0.02, 0.05, 0.03});
  const auto fit = mp::random_effects(effects, mp::reml{});
  const auto mean = mp::hartung_knapp{}(fit);
  const auto spread = mp::heterogeneity(fit);
  const auto number = [&](std::size_t i) { return std::strtod(row[i].c_str(), nullptr); };
  CHECK(row[0] == "first");
  CHECK(row[1] == "3");
  CHECK(number(2) == doctest::Approx(fit.estimate).epsilon(1e-12));
  CHECK(number(3) == doctest::Approx(mean.se).epsilon(1e-12));
  CHECK(number(4) == doctest::Approx(mean.lower).epsilon(1e-12));
  CHECK(number(5) == doctest::Approx(mean.upper).epsilon(1e-12));
  CHECK(number(6) == doctest::Approx(mean.p).epsilon(1e-12));
  CHECK(number(7) == doctest::Approx(fit.tau2.value()).epsilon(1e-12));
  CHECK(number(8) == doctest::Approx(spread.q).epsilon(1e-12));
  CHECK(row[11] == "ok");
  CHECK(out.report.lines == 1);
  CHECK(out.report.by_status[0] == 1);
}

TEST_CASE("standard errors, counts and their measures are pooled as the library does it") {
  const mp::line_filter errors({.model = mp::line_model::common_effect, .results = {mp::line_result::estimate}}, {"y1", "se1", "y2", "se2"});
  CHECK(errors("1\t0.5\t2\t1\n").text == "1.2\tok\n");
  CHECK(errors("1\t-0.5\t2\t1\n").text == "NA\tinvalid\n");
  const std::vector<mp::binary_trial<>> trials{{.label = "a", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 12}},
                                               {.label = "b", .treated = {.events = 0, .total = 12}, .control = {.events = 3, .total = 29}},
                                               {.label = "c", .treated = {.events = 0, .total = 65}, .control = {.events = 0, .total = 35}}};
  const auto first_number = [](const std::string& text) { return std::strtod(text.c_str(), nullptr); };
  const std::string line = "1\t12\t7\t5\t0\t12\t3\t26\t0\t65\t0\t35\n";
  const std::vector<std::string> columns{"a1", "n1_1", "c1", "d1", "a2", "n1_2", "c2", "d2", "a3", "n1_3", "c3", "d3"};
  const auto answer = [&](mp::line_model model, mp::line_measure measure) {
    return mp::line_filter({.model = model, .measure = measure, .results = {mp::line_result::estimate, mp::line_result::studies}}, columns)(line).text;
  };
  CHECK(first_number(answer(mp::line_model::dersimonian_laird, mp::line_measure::risk_ratio)) ==
        doctest::Approx(mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}), mp::dersimonian_laird{}).estimate).epsilon(1e-13));
  CHECK(first_number(answer(mp::line_model::reml, mp::line_measure::odds_ratio)) ==
        doctest::Approx(mp::random_effects(mp::effect_sizes(trials, mp::odds_ratio{}), mp::reml{}).estimate).epsilon(1e-11));
  CHECK(first_number(answer(mp::line_model::common_effect, mp::line_measure::risk_difference)) ==
        doctest::Approx(mp::common_effect(mp::effect_sizes(trials, mp::risk_difference{})).estimate).epsilon(1e-13));
  CHECK(first_number(answer(mp::line_model::mantel_haenszel, mp::line_measure::risk_ratio)) ==
        doctest::Approx(mp::mantel_haenszel(trials, mp::risk_ratio{}).estimate).epsilon(1e-13));
  CHECK(answer(mp::line_model::dersimonian_laird, mp::line_measure::risk_ratio).find("\t2\tok\n") != std::string::npos);  // without events: no information on the ratio
  const mp::line_filter tables({.model = mp::line_model::common_effect, .results = {mp::line_result::estimate}}, {"a1", "b1", "c1", "d1"});
  for (const char* bad : {"1\t-2\t3\t4\n", "1.5\t2\t3\t4\n", "1\t2\t3\t-4\n"}) CHECK(tables(bad).text == "NA\tinvalid\n");
  const mp::line_filter totals({.model = mp::line_model::common_effect, .results = {mp::line_result::estimate}}, {"a1", "n1_1", "c1", "n2_1"});
  for (const char* bad : {"1.5\t4\t3\t7\n", "5\t4\t3\t7\n", "1\t4\t3\t0\n", "1\t4.5\t3\t7\n"}) CHECK(totals(bad).text == "NA\tinvalid\n");
}

TEST_CASE("a line that cannot be read has a row in its place and is named") {
  const mp::line_filter filter({.results = {mp::line_result::estimate}}, names(2));
  const std::string text = "a\t1\t1\t1\t1\nb\t1\t1\t1\nc\t1\tone\t1\t1\n\nd\t1\t1\t1\t1\t1\ne\t1e999\t1\t1\t1\nf\t2\t1\t2\t1";
  const auto out = filter(text);
  CHECK(out.text == "a\t1\tok\nb\tNA\tmalformed\nc\tNA\tmalformed\n\tNA\tmalformed\nd\tNA\tmalformed\ne\tNA\tmalformed\nf\t2\tok\n");
  CHECK(out.report.lines == 7);
  CHECK(out.report.malformed == 5);
  CHECK(mp::describe(out.report, 1) ==
        "7 lines: 2 ok, 5 malformed\nline 3: there are 4 cells, not 5\nline 4: column 'v1': 'one' is not a number\nline 5: there are 0 cells, not 5\n"
        "line 6: there are 6 cells, not 5\nline 7: column 'y1': '1e999' is too large or too small for a number\n");
}

TEST_CASE("what comes out for a line does not depend on the lines around it, nor on threads") {
  const std::size_t studies = 5;
  const std::string text = random_lines(1200, studies, 11);
  for (const auto model : {mp::line_model::common_effect, mp::line_model::dersimonian_laird, mp::line_model::paule_mandel, mp::line_model::reml}) {
    const mp::line_filter filter({.model = model, .batch = {.test = model == mp::line_model::reml ? mp::batch_test::hartung_knapp : mp::batch_test::z}}, names(studies));
    const auto whole = filter(text);
    std::string by_line, by_pieces;
    mp::line_report report;
    std::size_t begin = 0, piece = 0, length = 1;
    while (begin < text.size()) {
      const std::size_t end = text.find('\n', begin) + 1;
      if (begin < text.size() / 4) by_line += filter(std::string_view(text).substr(begin, end - begin)).text;
      begin = end;
      if (begin - piece < length && begin != text.size()) continue;
      const auto some = filter(std::string_view(text).substr(piece, begin - piece));
      by_pieces += some.text;
      report.add(some.report);
      piece = begin;
      length = length * 3 / 2 + 7;
    }
    CHECK(whole.text.compare(0, by_line.size(), by_line) == 0);
    CHECK(by_pieces == whole.text);
    CHECK(report.lines == 1200);
    CHECK(mp::describe(report) == mp::describe(whole.report));
  }
  metapool_test::scratch_folder folder;
  std::string many;
  for (int i = 0; i < 10; ++i) many += text;
  const std::string path = folder.write("lines.tsv", many).string();
  const mp::line_filter filter({.model = mp::line_model::dersimonian_laird}, names(studies));
  const auto whole = filter(many);
  for (const unsigned threads : {1U, 2U, 4U}) {
    mp::line_reader reader(path, {0, many.size()});
    std::string out;
    const auto report = mp::filter_lines(reader, filter, threads, [&](std::string_view piece) { out.append(piece); });
    CHECK(out == whole.text);
    CHECK(mp::describe(report) == mp::describe(whole.report));
  }
}

TEST_CASE("objects of any number of studies give objects, each by itself") {
  const mp::line_filter filter({.format = mp::line_format::ndjson, .model = mp::line_model::common_effect, .results = {mp::line_result::estimate, mp::line_result::studies}, .prefix = "m_"});
  CHECK(filter.header().empty());
  const std::string text = "{\"id\":\"a\",\"y\":[1,2],\"v\":[0.25,1], \"n\": 7}\n{\"y1\":3,\"se1\":1}\n{\"id\":4\n{\"y\":[],\"v\":[]}\n{\"y\":[1,1,null,1],\"v\":[1,1,1,1]}\r\n";
  const auto out = filter(text);
  CHECK(out.text ==
        "{\"id\":\"a\",\"n\": 7,\"m_estimate\":1.2,\"m_studies\":2,\"m_status\":\"ok\"}\n{\"m_estimate\":3,\"m_studies\":1,\"m_status\":\"one_study\"}\n"
        "{\"m_estimate\":null,\"m_studies\":null,\"m_status\":\"malformed\"}\n{\"m_estimate\":null,\"m_studies\":0,\"m_status\":\"no_studies\"}\n"
        "{\"m_estimate\":1,\"m_studies\":3,\"m_status\":\"ok\"}\n");
  CHECK(out.report.malformed == 1);
  const mp::line_filter tables({.format = mp::line_format::ndjson, .model = mp::line_model::mantel_haenszel, .results = {mp::line_result::estimate}});
  CHECK(tables("{\"y\":[1],\"v\":[1]}\n").text == "{\"estimate\":null,\"status\":\"malformed\"}\n");
  // the bits of a line do not depend on its neighbours' numbers of studies
  mp::detail::random_stream random(5);
  const mp::line_filter reml({.format = mp::line_format::ndjson});
  std::string lines, alone;
  for (int i = 0; i < 200; ++i) {
    std::string y, v;
    for (std::uint64_t k = 1 + random.below(20); k > 0; --k) {
      y += (y.empty() ? "" : ",") + random_cell(random, false);
      v += (v.empty() ? "" : ",") + random_cell(random, true);
    }
    const std::string line = "{\"y\":[" + y + "],\"v\":[" + v + "]}\n";
    lines += line;
    alone += reml(line).text;
  }
  CHECK(reml(lines).text == alone);
}

TEST_CASE("options that make no sense are refused") {
  const auto refused = [](const mp::line_filter_options& o, const std::vector<std::string>& columns, const char* why) {
    CHECK_THROWS_WITH_AS(mp::line_filter(o, columns), doctest::Contains(why), mp::input_error);
  };
  refused({.model = mp::line_model::mantel_haenszel}, names(2), "need counts");
  refused({.model = mp::line_model::peto}, {"a1", "b1", "c1", "d1"}, "must be OR");
  refused({.model = mp::line_model::mantel_haenszel, .batch = {.test = mp::batch_test::hartung_knapp}}, {"a1", "b1", "c1", "d1"}, "Hartung");
  refused({.batch = {.level = 95}}, names(2), "level");
  refused({}, {"p", "y1", "v1"}, "'p' has the name of a result");
  refused({}, {"status", "y1", "v1"}, "'status' has the name of a result");
  refused({.prefix = "a b"}, names(1), "prefix");
  refused({.results = {mp::line_result::p, mp::line_result::p}}, names(1), "twice");
  mp::line_filter_options o;
  CHECK(mp::set_option(o, "model", "dl"));
  CHECK(o.model == mp::line_model::dersimonian_laird);
  CHECK(mp::set_option(o, "interval", "HK"));
  CHECK(mp::set_option(o, "results", "p, i2"));
  CHECK(o.results == std::vector<mp::line_result>{mp::line_result::p, mp::line_result::i2});
  CHECK(mp::set_option(o, "keep", "a b,c"));
  CHECK(*o.keep == std::vector<std::string>{"a b", "c"});
  CHECK(mp::set_option(o, "level", "0.9"));
  CHECK(o.batch.level == 0.9);
  CHECK_FALSE(mp::set_option(o, "levle", "0.9"));
  CHECK_THROWS_WITH_AS(mp::set_option(o, "model", "DLL"), doctest::Contains("REML"), mp::input_error);
  CHECK_THROWS_AS(mp::set_option(o, "level", "x"), mp::input_error);
  CHECK_THROWS_AS(mp::set_option(o, "decimal", ";"), mp::input_error);
}
