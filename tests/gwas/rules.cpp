// SPDX-License-Identifier: BSL-1.0
// What becomes of rows: alignment, drops, genomic control, z-scores, positions, sums over studies.
#include <gwas/cohorts.hpp>

#include <metapool/gwas/genomic_control.hpp>
#include <metapool/gwas/result_text.hpp>

#include <support/scratch_folder.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace metapool;
using namespace metapool_test;

struct outcome {
  gwas_report report;
  result_table table;
};

outcome run(const std::vector<std::string>& texts, const gwas_analysis& a = {}, const gwas_study_file& like = {}) {
  const scratch_folder folder;
  std::vector<gwas_study_file> files;
  for (std::size_t j = 0; j < texts.size(); ++j) {
    files.push_back(like);
    files.back().path = folder.write("f" + std::to_string(j), texts[j]).string();
  }
  const std::string out = (folder.path() / "out").string();
  outcome o{run_gwas(files, a, out), {}};
  o.table = read_result(out);
  return o;
}

std::uint64_t dropped(const outcome& o, std::size_t file, gwas_drop why) { return o.report.files[file].counts.dropped[static_cast<std::size_t>(why)]; }

const std::string head = "SNP A1 A2 BETA SE FREQ\n";

}  // namespace

TEST_CASE("Duplicates and alleles that do not fit are dropped and named, by line, in every way to join") {
  for (const gwas_join join : {gwas_join::by_name, gwas_join::same_order}) {
    gwas_analysis a;
    a.join = join;
    a.piece = 40;
    const outcome o = run({head + "a A G 1 1 .1\na A G 2 1 .1\nb C A 1 1 .1\nc ATT A 1 1 .1\nd I D 1 1 .1\n",
                           head + "a G A 1 1 .1\nb C T 1 1 .1\nb C A 3 1 .1\nc A ATT 1 1 .1\nd D I 1 1 .1\n", head + "a T C 1 1 .1\na x y 1 1 .1\nc T TAA 1 1 .1\nd i d 1 1 .1\n"},
                          a);
    CHECK(dropped(o, 0, gwas_drop::duplicate) == 1);
    CHECK(dropped(o, 1, gwas_drop::mismatch) == 1);
    CHECK(dropped(o, 2, gwas_drop::duplicate) == 1);
    CHECK(dropped(o, 2, gwas_drop::mismatch) == 1);
    const auto& named = o.report.files[1].counts.first[static_cast<std::size_t>(gwas_drop::mismatch)];
    REQUIRE(named.size() == 1);
    CHECK(named[0].line == 3);
    CHECK(named[0].marker == "b");
    CHECK(o.table.text("a", "Direction") == "+-+");
    CHECK(o.table.number("a", "Effect") == doctest::Approx(1.0 / 3).epsilon(1e-14));
    CHECK(o.table.text("b", "Direction") == "++?");
    CHECK(o.table.number("b", "Effect") == 2);
    CHECK(o.table.text("c", "Direction") == "+-?");
    CHECK(o.table.text("c", "Allele1") == "att");
    CHECK(o.table.text("d", "Direction") == "+-+");
    CHECK(o.report.files[2].counts.complemented == 1);
    for (const gwas_file_report& f : o.report.files) CHECK(f.counts.lines == f.counts.used + f.counts.dropped_in_all());
  }
}

TEST_CASE("A first line whose numbers cannot be used leaves the reference to the next that can") {
  for (const gwas_join join : {gwas_join::by_name, gwas_join::same_order}) {
    gwas_analysis a;
    a.join = join;
    const outcome o = run({head + "a A G NA 1 .1\nb A G 1 1 .1\n", head + "a G A 1 1 .1\nb A G 1 1 .1\n", head + "a A G 1 1 .1\n"}, a);
    CHECK(o.table.text("a", "Allele1") == "g");
    CHECK(o.table.text("a", "Direction") == "?+-");
    CHECK(dropped(o, 0, gwas_drop::missing) == 1);
  }
}

TEST_CASE("Ambiguous alleles are kept, dropped, or resolved by frequency") {
  const std::vector<std::string> texts{head + "a A T 1 1 .2\nb C G 1 1 .45\nc A G 1 1 .5\n", head + "a A T 1 1 .8\nb C G 1 1 .2\nc A G 1 1 .5\n", head + "a T A 1 1 .8\n",
                                       head + "a T A 1 1 .1\n"};
  gwas_analysis a;
  CHECK(run(texts, a).table.text("a", "Direction") == "++--");
  a.ambiguous = gwas_ambiguous::drop;
  const outcome without = run(texts, a);
  CHECK(without.table.rows.size() == 1);
  CHECK(dropped(without, 0, gwas_drop::ambiguous) == 2);
  a.ambiguous = gwas_ambiguous::by_frequency;
  const outcome o = run(texts, a);
  CHECK(o.table.text("a", "Direction") == "+--+");
  CHECK(o.table.text("b", "Direction") == "?+??");
  CHECK(dropped(o, 0, gwas_drop::unresolved) == 1);
  gwas_study_file strand;
  strand.use_strand = true;
  const outcome s = run({"SNP A1 A2 BETA SE STRAND\na A T 1 1 +\n", "SNP A1 A2 BETA SE STRAND\na A T 1 1 -\nb A T 1 1 ?\n"}, {}, strand);
  CHECK(s.table.text("a", "Direction") == "+-");
  CHECK(dropped(s, 1, gwas_drop::strand) == 1);
}

TEST_CASE("Genomic control divides chi-squared by the median over its expectation, if that is above 1") {
  std::vector<double> odd{9, 1, 4}, even{1, 2, 3, 100};
  CHECK(detail::lambda_of(odd) == doctest::Approx(4 / 0.45493642311957283).epsilon(1e-15));
  CHECK(detail::lambda_of(even) == doctest::Approx(2.5 / 0.45493642311957283).epsilon(1e-15));
  gwas_study_file controlled;
  controlled.genomic_control = -1;
  const double lambda = 4 / 0.45493642311957283;
  const outcome o = run({head + "a A G 1 1 .1\nb A G 2 1 .1\nc A G 3 1 .1\n", head + "a A G .1 1 .1\n"}, {}, controlled);
  CHECK(o.report.files[0].lambda == doctest::Approx(lambda).epsilon(1e-14));
  CHECK(o.table.number("b", "StdErr") == doctest::Approx(std::sqrt(lambda)).epsilon(1e-14));
  CHECK(o.table.number("a", "StdErr") == doctest::Approx(1 / std::sqrt(1 + 1 / lambda)).epsilon(1e-14));
  gwas_analysis result;
  for (const gwas_join join : {gwas_join::by_name, gwas_join::same_order}) {
    result.join = join;
    result.genomic_control = -1;
    const outcome whole = run({head + "a A G 1 1 .1\nb A G 2 1 .1\nc A G 3 1 .1\n"}, result);
    CHECK(whole.report.lambda == doctest::Approx(lambda).epsilon(1e-14));
    CHECK(whole.table.number("c", "StdErr") == doctest::Approx(std::sqrt(lambda)).epsilon(1e-14));
    CHECK(whole.report.files[0].counts.lines == 3);
  }
  // below 1 it changes nothing if it is the file's own, and what is asked for if it is given
  const std::string low = head + "a A G .1 1 .1\nb A G .2 1 .1\nc A G .3 1 .1\n";
  const outcome own = run({low}, {}, controlled);
  CHECK(own.report.files[0].lambda == doctest::Approx(0.04 / 0.45493642311957283).epsilon(1e-13));
  CHECK(own.table.number("c", "StdErr") == 1);
  CHECK(gwas_report_text(own.report).find("not above 1: nothing is changed") != std::string::npos);
  controlled.genomic_control = 0.25;
  const outcome given = run({low}, {}, controlled);
  CHECK(given.table.number("c", "StdErr") == 0.5);
  CHECK(gwas_report_text(given.report).find("lambda = 0.25\n") != std::string::npos);
  result.genomic_control = -1;
  const outcome whole_low = run({low}, result);
  CHECK(whole_low.table.number("c", "StdErr") == 1);
  CHECK(gwas_report_text(whole_low.report).find("not above 1: nothing is changed") != std::string::npos);
  result.genomic_control = 4;
  CHECK(run({head + "a A G 1 1 .1\n"}, result).table.number("a", "StdErr") == doctest::Approx(2).epsilon(1e-15));
}

TEST_CASE("z-scores are weighted by the roots of sample sizes") {
  gwas_analysis a;
  a.scheme = gwas_scheme::sample_size;
  a.heterogeneity = true;
  const outcome o = run({"SNP A1 A2 BETA P N\na A G + 0.05 100\nb A G 1 1e-400 100\n", "SNP A1 A2 BETA P N\na G A 3 0.2 300\nb A G 1 1e-500 100\n"}, a);
  const double z1 = 1.959963984540054, z2 = -1.2815515655446004, z = (z1 * 10 + z2 * std::sqrt(300.0)) / 20;
  CHECK(o.table.number("a", "Weight") == doctest::Approx(400).epsilon(1e-14));
  CHECK(o.table.number("a", "Zscore") == doctest::Approx(z).epsilon(1e-12));
  CHECK(o.table.number("a", "P-value") == doctest::Approx(std::erfc(std::fabs(z) / std::sqrt(2.0))).epsilon(1e-12));
  const double q = std::pow(z1 - z * 10 / 20, 2) + std::pow(z2 - z * std::sqrt(300.0) / 20, 2);
  CHECK(o.table.number("a", "HetChiSq") == doctest::Approx(q).epsilon(1e-11));
  gwas_study_file controlled;
  controlled.genomic_control = 4;
  a.heterogeneity = false;
  CHECK(run({"SNP A1 A2 BETA P N\na A G + 0.05 100\n"}, a, controlled).table.number("a", "Zscore") == doctest::Approx(z1 / 2).epsilon(1e-12));
  const std::string& p = o.table.text("b", "P-value");
  CHECK(p.find("e-8") != std::string::npos);
  CHECK(p.size() >= 9);
}

TEST_CASE("Sample sizes that are needed are never made up, and what stands in for them is reported") {
  const auto message_of = [](const gwas_analysis& a, const gwas_study_file& like) {
    try {
      run({"SNP A1 A2 BETA SE P\na A G 1 1 0.5\n"}, a, like);
    } catch (const input_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  gwas_analysis z, least;
  z.scheme = gwas_scheme::sample_size;
  least.minimum_weight = 10;
  for (const gwas_analysis& a : {z, least}) {
    CHECK(message_of(a, {}).find("there is no column for the weight (sample size): name it, or give a default weight") != std::string::npos);
    gwas_study_file stands_in;
    stands_in.default_weight = 25;
    stands_in.weight_may_lack = true;
    CHECK(message_of(a, stands_in).empty());
    const outcome o = run({"SNP A1 A2 BETA SE P\na A G 1 1 0.5\n", "SNP A1 A2 BETA SE P N\na A G 1 1 0.5 50\n"}, a, stands_in);
    CHECK(gwas_report_text(o.report).find("weight = 25 for all\n") != std::string::npos);
    CHECK(gwas_report_text(o.report).find("weight = N\n") != std::string::npos);
    CHECK(o.table.rows.count("a") == 1);
  }
  CHECK(message_of({}, {}).empty());
}

TEST_CASE("A column with the name of a ratio that is not taken as one is reported") {
  gwas_study_file like;
  like[gwas_role::effect] = "OR";
  const std::string text = "SNP A1 A2 OR SE\na A G 2 1\n";
  CHECK(gwas_report_text(run({text}, {}, like).report).find("the numbers of OR are taken as they are") != std::string::npos);
  like.log_effect = true;
  const outcome o = run({text}, {}, like);
  CHECK(gwas_report_text(o.report).find("taken as they are") == std::string::npos);
  CHECK(o.table.number("a", "Effect") == std::log(2.0));
}

TEST_CASE("Windows line breaks, quotes and a last line without its end change nothing") {
  gwas_analysis a;
  a.heterogeneity = a.average_frequency = true;
  const outcome plain = run({head + "a A G 1 1 .1\nb A G 2 1 .1\n", head + "b A G 1 1 .1\na A G 1 1 .1\n"}, a);
  const outcome other = run({"SNP A1 A2 BETA SE FREQ\r\na A G 1 1 .1\r\nb A G 2 1 .1\r\n", "\xEF\xBB\xBFSNP,A1,A2,BETA,SE,FREQ\r\n\"b\",\"A\",\"G\",\"1\",1,.1\r\n\"a\",A,G,1,1,.1"}, a);
  CHECK(other.table.rows == plain.table.rows);
  CHECK(other.table.rows.size() == 2);
  CHECK(other.report.files[1].counts.used == 2);
}

TEST_CASE("p-values of any size are written, never as 0") {
  const auto text = [](double minus_log10) {
    detail::text_sink sink;
    sink.p_value(0, [&] { return minus_log10; });
    return std::string(sink.view());
  };
  CHECK(text(412.0 - std::log10(3.21547)) == "3.21547e-412");
  CHECK(text(400) == "1e-400");
  CHECK(text(399.9999999999) == "1e-400");
  CHECK(text(123456.5) == "3.16228e-123457");
}

TEST_CASE("Frequencies, positions, weights and sums over the studies") {
  const std::string columns = "SNP CHR BP A1 A2 BETA SE EAF N CASES\n";
  gwas_analysis a;
  a.average_frequency = a.min_max_frequency = a.track_positions = true;
  a.minimum_weight = 150;
  a.custom = {"Cases"};
  gwas_study_file like;
  like.custom = {"CASES"};
  const outcome o = run({columns + "a chr1 5 A G 1 1 .2 100 7\nb 2 9 A G 1 1 .2 100 NA\nc X 9 A G 1 1 NA 500 1\n", columns + "a 1 5 G A 1 .5 .6 100 5\nb 2 10 A G 1 1 .2 100 3\n"}, a, like);
  CHECK(o.table.text("a", "Chromosome") == "1");
  CHECK(o.table.text("a", "Position") == "5");
  CHECK(o.table.number("a", "Freq1") == doctest::Approx((0.2 + 4 * 0.4) / 5).epsilon(1e-14));
  CHECK(o.table.number("a", "FreqSE") == doctest::Approx(std::sqrt((0.16 * 0.16 + 4 * 0.04 * 0.04) / 5)).epsilon(1e-12));
  CHECK(o.table.number("a", "MinFreq") == 0.2);
  CHECK(o.table.number("a", "MaxFreq") == 0.4);
  CHECK(o.table.number("a", "Cases") == 12);
  CHECK(o.table.rows.count("b") == 0);  // its second line lies elsewhere, and the first has too little weight
  CHECK(dropped(o, 1, gwas_drop::moved) == 1);
  a.minimum_weight = 200;
  CHECK(run({columns + "a 1 5 A G 1 1 .2 100 7\n", columns + "a 1 5 A G 1 1 .2 100 7\n"}, a, like).table.rows.size() == 1);  // as much as is asked for is enough
  CHECK(o.table.text("c", "Chromosome") == "X");
  CHECK(o.table.text("c", "Freq1") == "NA");
}
