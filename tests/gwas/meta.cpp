// SPDX-License-Identifier: BSL-1.0
#include <gwas/cohorts.hpp>

#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>

#include <support/scratch_folder.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace metapool;
using namespace metapool_test;

/// The studies of a variant, but for `without`.
effects<double> studies_of(const true_variant& v, std::size_t without = 1000) {
  std::vector<double> y, s2;
  for (std::size_t j = 0; j < v.y.size(); ++j) {
    if (!(v.se[j] > 0) || j == without) continue;
    y.push_back(v.y[j]);
    s2.push_back(v.se[j] * v.se[j]);
  }
  return known_effects(y, s2);
}

bool near(double actual, double expected, double tolerance = 1e-12) { return std::fabs(actual - expected) <= tolerance * (std::fabs(expected) + 1e-12); }

std::vector<gwas_study_file> put_all(const scratch_folder& folder, const cohorts& c, bool turned) {
  std::vector<gwas_study_file> files;
  for (std::size_t j = 0; j < c.lines.size(); ++j) files.push_back(put_cohort(folder, "cohort" + std::to_string(j) + ".txt", c.lines[j], turned && j % 2 == 1));
  return files;
}

std::string sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all.append(line).append("\n");
  return all;
}

}  // namespace

TEST_CASE("Each variant's numbers are those of one meta-analysis at a time, whatever alleles and strands the files have") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(150, 6, false);
  gwas_analysis a;
  a.heterogeneity = a.hartung_knapp = a.minus_log10_p = true;
  a.random_effects = {gwas_tau2::dersimonian_laird, gwas_tau2::reml};
  a.piece = 700;
  const std::string out = (folder.path() / "out.tbl").string();
  const gwas_report report = run_gwas(put_all(folder, c, true), a, out);
  const result_table t = read_result(out);
  std::size_t present = 0;
  int wrong = 0;
  for (const auto& entry : c.variants) {
    const std::string& name = entry.first;
    const true_variant& v = entry.second;
    std::size_t k = 0;
    std::string signs;
    for (std::size_t j = 0; j < v.y.size(); ++j) {
      k += v.se[j] > 0 ? 1U : 0U;
      signs += !(v.se[j] > 0) ? '?' : v.y[j] > 0 ? '+' : v.y[j] < 0 ? '-' : '0';
    }
    if (k == 0) {
      CHECK(t.rows.count(name) == 0);
      continue;
    }
    ++present;
    INFO(name);
    REQUIRE(t.rows.count(name) == 1);
    // the first file that has the variant says which allele is the reference: there it is not exchanged
    std::string lower = v.a1;
    for (char& b : lower) b = static_cast<char>(b - 'A' + 'a');
    CHECK(t.text(name, "Allele1") == lower);
    CHECK(t.text(name, "Direction") == signs);
    const auto fit = common_effect(studies_of(v));
    const auto mean = infer(fit, wald_z{});
    const auto h = heterogeneity(fit);
    const auto check = [&](const char* column, double expected, double tolerance = 1e-12) {
      if (near(t.number(name, column), expected, tolerance)) return;
      ++wrong;
      MESSAGE(std::string(column) << " " << t.text(name, column) << " expected " << expected);
    };
    check("Effect", mean.estimate);
    check("StdErr", mean.se);
    check("P-value", mean.p, 1e-10);
    check("MinusLog10P", -(detail::log_normal_upper_tail<double>(std::fabs(mean.statistic)) + std::log(2.0)) / std::log(10.0), 1e-10);
    check("HetChiSq", h.q, 1e-11);
    check("HetISq", 100 * h.i2_q, 1e-10);
    check("HetDf", static_cast<double>(k - 1));
    check("HetPVal", k == 1 ? 1 : *h.p, 1e-10);
    if (k == 1) {
      CHECK(t.text(name, "TauSqDL") == "NA");
      CHECK(t.text(name, "StdErrHKREML") == "NA");
      check("EffectREML", mean.estimate);
      continue;
    }
    const auto dl = random_effects(studies_of(v), dersimonian_laird{});
    const auto likely = random_effects(studies_of(v), reml{});
    check("EffectDL", infer(dl, wald_z{}).estimate, 1e-11);
    check("StdErrDL", infer(dl, wald_z{}).se, 1e-11);
    check("TauSqDL", *dl.tau2, 1e-10);
    check("P-valueDL", infer(dl, wald_z{}).p, 1e-9);
    check("P-valueHKDL", infer(dl, hartung_knapp{}).p, 1e-9);
    check("StdErrHKREML", infer(likely, hartung_knapp{}).se, 1e-9);
    check("EffectREML", infer(likely, wald_z{}).estimate, 1e-9);
  }
  CHECK(wrong == 0);
  CHECK(report.written == present);
  CHECK(report.variants == present);
  std::uint64_t used = 0, swapped = 0, complemented = 0;
  for (const gwas_file_report& f : report.files) {
    CHECK(f.counts.lines == f.counts.used + f.counts.dropped_in_all());
    used += f.counts.used;
    swapped += f.counts.swapped;
    complemented += f.counts.complemented;
    CHECK(f.counts.dropped_in_all() == 0);
  }
  CHECK(used > 300);
  CHECK(swapped > 100);
  CHECK(complemented > 50);
}

TEST_CASE("The bytes are the same for any number of threads, pieces of any size, and ways to join") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(300, 5, true);
  const std::vector<gwas_study_file> files = put_all(folder, c, false);
  const std::string out = (folder.path() / "out.tbl").string(), omitted = (folder.path() / "omitted.tbl").string();
  std::string expected, expected_omitted;
  for (const bool values : {false, true}) {
    gwas_analysis a;
    a.heterogeneity = a.average_frequency = a.min_max_frequency = a.track_positions = true;
    a.minimum_weight = 500;
    if (values) {
      a.random_effects = {gwas_tau2::dersimonian_laird};
      a.leave_one_out = 0.01;
    }
    expected.clear();
    for (const gwas_join join : {gwas_join::by_name, gwas_join::same_order, gwas_join::by_position}) {
      for (const unsigned threads : {1U, 2U, 4U}) {
        for (const std::size_t piece : {std::size_t(60), std::size_t(1000), std::size_t(1) << 20U}) {
          if (piece == 60 && threads == 4) continue;
          a.join = join;
          a.threads = threads;
          a.piece = piece;
          const gwas_report report = run_gwas(files, a, out, omitted);
          const std::string text = slurp(out), rest = values ? slurp(omitted) : std::string();
          INFO(static_cast<int>(join), " ", threads, " ", piece, " ", values);
          if (expected.empty()) {
            expected = text;
            expected_omitted = rest;
            CHECK(report.written < report.variants);
            CHECK((!values || report.hits > 20));
          }
          CHECK(text == expected);
          CHECK(rest == expected_omitted);
        }
      }
    }
  }
  // running sums and values: the same common effect
  gwas_analysis sums;
  run_gwas(files, sums, out);
  const std::string by_sums = slurp(out);
  sums.join = gwas_join::same_order;
  run_gwas(files, sums, out);
  CHECK(slurp(out) == by_sums);
  // in other orders: the same lines
  gwas_analysis a;
  const std::vector<gwas_study_file> turned = put_all(folder, c, true);
  run_gwas(turned, a, out);
  CHECK(sorted_lines(slurp(out)) == sorted_lines(by_sums));
}

TEST_CASE("Leave-one-out results are meta-analyses of the other studies") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(40, 4, true);
  gwas_analysis a;
  a.leave_one_out = 1;
  a.genomic_control = 1.7;
  const std::string out = (folder.path() / "out.tbl").string(), omitted = (folder.path() / "omitted.tbl").string();
  const std::vector<gwas_study_file> files = put_all(folder, c, false);
  run_gwas(files, a, out, omitted);
  std::istringstream in(slurp(omitted));
  std::string line;
  std::getline(in, line);
  std::size_t count = 0;
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string name, path;
    std::size_t k = 0;
    double effect = 0, se = 0, p = 0, i2 = 0, q = 0;
    std::size_t df = 0;
    std::string q_p;
    cells >> name >> path >> k >> effect >> se >> p >> i2 >> q >> df >> q_p;
    std::size_t study = 0;
    while (files[study].path != path) ++study;
    const auto rest = studies_of(c.variants.at(name), study);
    const auto fit = common_effect(rest);
    CHECK(k == rest.size());
    CHECK(near(effect, infer(fit, wald_z{}).estimate));
    CHECK(near(se, std::sqrt(1.7) * infer(fit, wald_z{}).se));
    const double z = infer(fit, wald_z{}).statistic / std::sqrt(1.7);
    CHECK(near(p, std::erfc(std::fabs(z) / std::sqrt(2.0)), 1e-12 * (1 + z * z)));
    const auto h = heterogeneity(fit);
    CHECK(near(q, h.q, 1e-11));
    CHECK(df == k - 1);
    CHECK(near(i2, k == 1 ? 0 : 100 * h.i2_q, 1e-10));
    CHECK(near(std::strtod(q_p.c_str(), nullptr), k == 1 ? 1 : *h.p, 1e-10));
    ++count;
  }
  CHECK(count > 80);
  // hits only: as many lines as they have studies, and none of a variant with one study
  a.leave_one_out = 1e-3;
  const gwas_report report = run_gwas(files, a, out, omitted);
  const result_table all = read_result(out);
  std::size_t hits = 0, lines = 0;
  for (const auto& entry : all.rows) {
    const std::string& signs = entry.second.at(all.column("Direction"));
    const std::size_t k = signs.size() - static_cast<std::size_t>(std::count(signs.begin(), signs.end(), '?'));
    if (k < 2 || !(all.number(entry.first, "P-value") < 1e-3)) continue;
    ++hits;
    lines += k;
  }
  const std::string text = slurp(omitted);
  CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == lines + 1);
  CHECK(report.hits == hits);
  CHECK(hits > 5);
  CHECK(hits + 5 < all.rows.size());
}

TEST_CASE("Logarithms of p-values are those of the p-values") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(40, 4, true);
  gwas_analysis a;
  a.heterogeneity = a.minus_log10_p = true;
  const std::string out = (folder.path() / "out.tbl").string();
  run_gwas(put_all(folder, c, false), a, out);
  const result_table plain = read_result(out);
  a.log_p_value = true;
  run_gwas(put_all(folder, c, false), a, out);
  const result_table logs = read_result(out);
  for (const auto& entry : plain.rows) {
    const std::string& name = entry.first;
    // below 1e-300 a p-value has six digits, and may be no double
    if (plain.number(name, "P-value") > 1e-300) CHECK(std::fabs(logs.number(name, "log(P)") - std::log10(plain.number(name, "P-value"))) < 1e-12);
    CHECK(std::fabs(logs.number(name, "logHetP") - std::log10(plain.number(name, "HetPVal"))) < 1e-12);
    CHECK(plain.number(name, "MinusLog10P") == -logs.number(name, "log(P)"));
  }
}

TEST_CASE("An error leaves no result, and an old one as it was") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(30, 3, true);
  std::vector<gwas_study_file> files = put_all(folder, c, false);
  const std::string out = folder.write("out.tbl", "old").string();
  const auto message_of = [&](const gwas_analysis& a) {
    try {
      run_gwas(files, a, out);
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  gwas_analysis a;
  a.join = gwas_join::same_order;
  files[2] = put_cohort(folder, "turned.txt", c.lines[2], true);
  CHECK(message_of(a).find("turned.txt: line ") != std::string::npos);
  CHECK(message_of(a).find("not in the first file, or not in its order") != std::string::npos);
  a.join = gwas_join::by_position;
  CHECK(message_of(a).find("is not sorted by position") != std::string::npos);
  for (const unsigned threads : {1U, 3U}) {
    a.threads = threads;
    CHECK(message_of(a).find("is not sorted by position") != std::string::npos);
  }
  a.join = gwas_join::by_name;
  a.random_effects = {gwas_tau2::reml};
  a.scheme = gwas_scheme::sample_size;
  CHECK(message_of(a).find("random effects need effects with standard errors") != std::string::npos);
  CHECK(slurp(out) == "old");
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) left += entry.path().string().find(".part") != std::string::npos ? 1U : 0U;
  CHECK(left == 0);
  files.clear();
  CHECK(message_of({}) == "gwas_meta: there are no files");
}

TEST_CASE("A result does not replace what is read, and no study counts twice") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(30, 3, true);
  const std::vector<gwas_study_file> files = put_all(folder, c, false);
  const std::string out = (folder.path() / "out.tbl").string(), before = slurp(files[1].path);
  const auto message_of = [](const std::vector<gwas_study_file>& read, const gwas_analysis& a, const std::string& written) {
    try {
      run_gwas(read, a, written);
    } catch (const input_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(message_of(files, {}, files[1].path).find("the result would replace file 2, which is read") != std::string::npos);
  CHECK(message_of(files, {}, (folder.path() / "." / "cohort1.txt").string()).find("the result would replace file 2") != std::string::npos);
  CHECK(slurp(files[1].path) == before);
  std::vector<gwas_study_file> again{files[0], files[1], files[0]};
  CHECK(message_of(again, {}, out).find("is file 1 and file 3, with the same columns: the study would count twice") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(out));
  // two cohorts in one file: other columns, or other lines
  again[2].filters.push_back({.column = "SNP", .compare = gwas_filter::comparison::not_equal, .value = "rs3", .texts = {}});
  CHECK(message_of(again, {}, out).empty());
  CHECK(std::filesystem::exists(out));
}
