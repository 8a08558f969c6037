// SPDX-License-Identifier: BSL-1.0
#include <metapool/gwas/row_reader.hpp>

#include <support/close.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace metapool;
using role = gwas_role;

struct table {
  detail::gwas_plan plan;
  detail::gwas_rows rows;
  std::string text;
};

table read(const gwas_study_file& file, const std::string& header, std::string text, const detail::gwas_wants& wants = {}) {
  table t;
  std::vector<role> needed{role::marker, role::allele1, role::allele2, role::effect};
  needed.push_back(wants.scheme == gwas_scheme::sample_size ? role::p_value : role::standard_error);
  t.plan = detail::plan_columns(file, header, needed);
  const std::size_t size = text.size();
  t.text = std::move(text);
  t.text.append(64, '\n');
  detail::gwas_row_reader reader(t.plan, wants);
  reader.read(t.text.data(), t.text.data() + size, t.rows);
  return t;
}

std::uint64_t dropped(const table& t, gwas_drop why) { return t.rows.counts.dropped[static_cast<std::size_t>(why)]; }

std::string message_of(const gwas_study_file& file, const std::string& header) {
  try {
    detail::plan_columns(file, header, {role::marker, role::effect});
  } catch (const input_error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("Rows of blanks, tabs and commas hold the same numbers, with either line break") {
  const std::string head = "MARKER ALLELE1 ALLELE2 EFFECT STDERR", body = "rs1 A G 0.5 0.25\nrs2 t C -1e-3 2\n\nrs3 AT A 3 1\n";
  for (const char mark : {' ', '\t', ','}) {
    for (const bool windows : {false, true}) {
      std::string header = head, text;
      for (char& c : header) c = c == ' ' ? mark : c;
      for (const char c : body) {
        if (c == '\n' && windows) text += '\r';
        text += c == ' ' ? mark : c;
      }
      const table t = read({}, header + (windows ? "\r" : ""), text);
      REQUIRE(t.rows.rows.size() == 3);
      CHECK(t.rows.rows[0].name() == "rs1");
      CHECK(t.rows.rows[0].y == 0.5);
      CHECK(t.rows.rows[0].v == 0.0625);
      CHECK(t.rows.rows[0].pair == 2);
      CHECK(t.rows.rows[1].pair == 13);
      CHECK(t.rows.rows[1].y == -0.001);
      CHECK(t.rows.rows[2].pair == detail::not_bases);
      CHECK(t.rows.rows[2].first() == "AT");
      CHECK(t.rows.rows[2].line == 4);
      CHECK(t.rows.counts.lines == 3);
      CHECK(t.rows.counts.dropped_in_all() == 0);
    }
  }
}

TEST_CASE("Lines that are cut many at a time give the rows, and the reasons, of one line at a time") {
  const char* const effects[] = {"0.5", "-0.012345", "1e-3", "NA", "x", "12.25", "0.12345678901", "", "-", "1e70", "0"};
  const char* const errors[] = {"0.25", "0.1", "2", "0", "-1", "0.000012", "NA", "0.33333333333333331"};
  const char* const alleles[] = {"A", "c", "G", "t", "AT", "N", "", "-"};
  for (const char mark : {'\t', ',', ' '}) {
    for (const std::size_t strange : {3U, 20U, 1000U}) {
      std::uint64_t state = strange;
      const auto random = [&](std::size_t n) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::size_t>(state >> 33U) % n;
      };
      std::string text;
      for (std::size_t i = 0; i < 3000; ++i) {
        const bool odd = random(strange) == 0;
        const std::string name = odd && random(4) == 0 ? std::string(random(300), 'x') : "rs" + std::to_string(i);
        const std::size_t first = random(odd ? 8 : 4), second = odd ? random(8) : (first + 1) % 4;
        std::string line = name;
        for (const char* field : {alleles[first], alleles[second], odd && mark != ' ' ? "" : "0.9", effects[random(odd ? 11 : 2)], errors[random(odd ? 8 : 2)]}) {
          line += mark;
          line += field;
        }
        if (odd && random(5) == 0) line.insert(random(line.size()), 1, mark);
        if (odd && random(5) == 0) line.erase(random(line.size()), random(40));
        if (odd && random(9) == 0) line.append(10000, '7');
        if (odd && random(9) == 0) line.insert((std::min)(line.find(mark), line.size()), 1, mark);
        text += line + (i % 100 < 40 ? "\r\n" : "\n");
        if (odd && random(5) == 0) text += random(2) == 0 ? "\n" : "\r\n";
      }
      std::string header = "MARKER ALLELE1 ALLELE2 INFO EFFECT STDERR";
      for (char& c : header) c = c == ' ' ? mark : c;
      gwas_study_file slowly;  // a filter that all lines pass: lines are cut one at a time
      slowly.filters = {{"MARKER", gwas_filter::comparison::not_equal, "no such marker", {}}};
      detail::gwas_wants wants;
      wants.unusable = strange == 20;
      const table one = read(slowly, header, text, wants);
      for (const bool codes : {false, true}) {
        wants.codes = codes;
        const table many = read({}, header, text, wants);
        REQUIRE(many.rows.rows.size() == one.rows.rows.size());
        CHECK(many.rows.counts.dropped == one.rows.counts.dropped);
        CHECK(many.rows.counts.lines == one.rows.counts.lines);
        CHECK(many.rows.counts.line_breaks == one.rows.counts.line_breaks);
        int bad = 0, coded = 0;
        for (std::size_t i = 0; i < one.rows.rows.size(); ++i) {
          const detail::gwas_row &a = one.rows.rows[i], &b = many.rows.rows[i];
          bad += a.name() != b.name() || a.first() != b.first() || a.second() != b.second() || a.line != b.line || a.pair != b.pair || a.usable != b.usable;
          bad += a.usable && (a.effect() != b.effect() || a.variance() != b.variance());
          coded += b.coded;
        }
        CHECK(bad == 0);
        CHECK((coded != 0) == codes);
      }
    }
  }
}

TEST_CASE("Every line that is not used is counted for one reason, and the first are named") {
  gwas_study_file file;
  file[role::weight] = "N";
  file[role::frequency] = "F";
  file.filters = {{"INFO", gwas_filter::comparison::greater, "0.3", {}}};
  detail::gwas_wants wants;
  wants.weight = wants.frequency = true;
  const table t = read(file, "MARKER\tALLELE1\tALLELE2\tEFFECT\tSTDERR\tN\tF\tINFO",
                       "ok\tA\tG\t1\t1\t10\t0.5\t1\n"
                       "short\tA\tG\t1\t1\t10\t0.5\n"
                       "long\tA\tG\t1\t1\t10\t0.5\t1\t9\n"
                       "\tA\tG\t1\t1\t10\t0.5\t1\n"
                       "same\tA\ta\t1\t1\t10\t0.5\t1\n"
                       "none\tA\t\t1\t1\t10\t0.5\t1\n"
                       "noeffect\tA\tG\tNA\t1\t10\t0.5\t1\n"
                       "text\tA\tG\tabc\t1\t10\t0.5\t1\n"
                       "huge\tA\tG\t1e300\t1\t10\t0.5\t1\n"
                       "zero\tA\tG\t1\t0\t10\t0.5\t1\n"
                       "minus\tA\tG\t1\t-1\t10\t0.5\t1\n"
                       "noweight\tA\tG\t1\t1\t0\t0.5\t1\n"
                       "frequency\tA\tG\t1\t1\t10\t1.5\t1\n"
                       "nofrequency\tA\tG\t1\t1\t10\tNA\t1\n"
                       "info\tA\tG\t1\t1\t10\t0.5\t0.3\n",
                       wants);
  CHECK(t.rows.counts.lines == 15);
  CHECK(t.rows.rows.size() == 2);
  CHECK(t.rows.extra.size() == 4);
  CHECK(std::isnan(t.rows.extra[2]));
  CHECK(t.rows.extra[3] == 10);
  CHECK(dropped(t, gwas_drop::columns) == 2);
  CHECK(dropped(t, gwas_drop::marker) == 1);
  CHECK(dropped(t, gwas_drop::allele) == 2);
  CHECK(dropped(t, gwas_drop::missing) == 1);
  CHECK(dropped(t, gwas_drop::number) == 2);
  CHECK(dropped(t, gwas_drop::standard_error) == 2);
  CHECK(dropped(t, gwas_drop::weight) == 1);
  CHECK(dropped(t, gwas_drop::frequency) == 1);
  CHECK(dropped(t, gwas_drop::filtered) == 1);
  CHECK(t.rows.rows.size() + t.rows.counts.dropped_in_all() == t.rows.counts.lines);
  const auto& first = t.rows.counts.first[static_cast<std::size_t>(gwas_drop::columns)];
  REQUIRE(first.size() == 2);
  CHECK(first[0].marker == "short");
  CHECK(first[0].line == 2);

  file.strict_columns = false;
  CHECK(dropped(read(file, "MARKER\tALLELE1\tALLELE2\tEFFECT\tSTDERR\tN\tF\tINFO", "long\tA\tG\t1\t1\t10\t0.5\t1\t9\nshort\tA\tG\t1\t1\n"), gwas_drop::columns) == 1);
}

TEST_CASE("GWAS-SSF is read by the names of its columns, whatever of them there is") {
  const table t = read({}, "chromosome\tbase_pair_location\teffect_allele\tother_allele\todds_ratio\tstandard_error\teffect_allele_frequency\tp_value",
                       "1\t1000\tG\tA\t2\t0.5\t#NA\t0.1\nX\t77\tAT\tA\t0\t0.5\t0.2\t0.1\nchr2\t5\tC\tT\t#NA\t0.5\t0.2\t0.1\n");
  CHECK(t.plan.name_from_position);
  CHECK(t.plan.log_effect);
  REQUIRE(t.rows.rows.size() == 1);
  CHECK(t.rows.rows[0].name() == "1:1000:A:G");
  CHECK(t.rows.rows[0].y == std::log(2.0));
  CHECK(dropped(t, gwas_drop::odds_ratio) == 1);
  CHECK(dropped(t, gwas_drop::missing) == 1);
  const table letters = read({}, "CHR POS EA NEA BETA SE", "25 7 a T 1 1\nXY 7 A t 1 1\nchrY 7 tt A 1 1\n");
  REQUIRE(letters.rows.rows.size() == 3);
  CHECK(letters.rows.rows[0].name() == "XY:7:A:T");
  CHECK(letters.rows.rows[1].name() == "XY:7:A:T");
  CHECK(letters.rows.rows[2].name() == "Y:7:A:TT");
  const table named = read({}, "variant_id\tchromosome\tbase_pair_location\teffect_allele\tother_allele\tbeta\tstandard_error", "v1\t1\t2\tA\tC\t1\t1\n");
  CHECK(named.rows.rows[0].name() == "v1");
  CHECK_FALSE(named.plan.log_effect);
}

TEST_CASE("A name made of place and alleles is that of the + strand, and never too long to be kept") {
  gwas_study_file file;
  file.use_strand = true;
  const table t = read(file, "CHR POS EA NEA BETA SE STRAND", "1 7 T C 1 1 -\n1 8 T C 1 1 +\n1 9 " + std::string(40000, 'A') + " " + std::string(30000, 'C') + " 1 1 +\n1 9 A " +
                                                                  std::string(30000, 'C') + " 1 1 +\n1 9 A C 1 1 ?\n");
  REQUIRE(t.rows.rows.size() == 3);
  CHECK(t.rows.rows[0].name() == "1:7:A:G");
  CHECK(t.rows.rows[0].pair == detail::pair_code("A", "G"));
  CHECK(t.rows.rows[1].name() == "1:8:C:T");
  CHECK(t.rows.rows[2].name().size() == 30006);
  CHECK(dropped(t, gwas_drop::marker) == 1);
  CHECK(dropped(t, gwas_drop::strand) == 1);
}

TEST_CASE("Filters take lines by number or by text, and never a line without the number") {
  using k = gwas_filter::comparison;
  const auto taken = [](const gwas_filter& f) {
    gwas_study_file file;
    file.filters = {f};
    std::string names;
    const table t = read(file, "SNP A1 A2 BETA SE X", "a A C 1 1 1\nb A C 1 1 2\nc A C 1 1 3\nd A C 1 1 NA\ne A C 1 1 yes\n");
    for (const detail::gwas_row& row : t.rows.rows) names += row.name();
    return names;
  };
  CHECK(taken({"x", k::less, "2", {}}) == "a");
  CHECK(taken({"x", k::less_or_equal, "2", {}}) == "ab");
  CHECK(taken({"x", k::greater, "2", {}}) == "c");
  CHECK(taken({"x", k::greater_or_equal, "2", {}}) == "bc");
  CHECK(taken({"x", k::equal, "2.0", {}}) == "b");
  CHECK(taken({"x", k::not_equal, "2", {}}) == "ac");
  CHECK(taken({"x", k::equal, "YES", {}}) == "e");
  CHECK(taken({"x", k::not_equal, "yes", {}}) == "abcd");
  CHECK(taken({"x", k::in, "", {"3", "Yes"}}) == "ce");
}

TEST_CASE("Directions from a ratio are those of its logarithm") {
  detail::gwas_wants wants;
  wants.scheme = gwas_scheme::sample_size;
  const table t = read({}, "SNP A1 A2 OR P N", "a A C 0.9 0.05 100\nb A C 1.1 0.05 100\nc A C 1 0.05 100\nd A C 0 0.05 100\n", wants);
  REQUIRE(t.rows.rows.size() == 3);
  CHECK(t.rows.rows[0].y < 0);
  CHECK(t.rows.rows[1].y == -t.rows.rows[0].y);
  CHECK(t.rows.rows[2].y == 0);
  CHECK(dropped(t, gwas_drop::odds_ratio) == 1);
}

TEST_CASE("z-scores from p-values and directions, far beyond the smallest double") {
  detail::gwas_wants wants;
  wants.scheme = gwas_scheme::sample_size;
  gwas_study_file file;
  file[role::effect] = "DIR";
  file[role::weight] = "N";
  const table t = read(file, "SNP A1 A2 DIR P N", "a A C + 0.05 100\nb A C - 1e-400 1\nc A C -2 1 4\nd A C + 0 9\ne A C + 1.5 9\nf A C + NA 9\ng A C ? 0.1 9\nh A C + x 3\n", wants);
  REQUIRE(t.rows.rows.size() == 3);
  CHECK(t.rows.rows[0].y == doctest::Approx(0.1959963984540054).epsilon(1e-13));
  CHECK(t.rows.rows[0].v == 0.01);
  CHECK(t.rows.rows[1].y == doctest::Approx(-42.82640649117118).epsilon(1e-13));
  CHECK(-(detail::log_normal_upper_tail<double>(-t.rows.rows[1].y) + std::log(2.0)) / std::log(10.0) == doctest::Approx(400).epsilon(1e-13));
  CHECK(t.rows.rows[2].y == 0);
  CHECK(dropped(t, gwas_drop::p_value) == 2);
  CHECK(dropped(t, gwas_drop::missing) == 1);
  CHECK(dropped(t, gwas_drop::number) == 2);
}

TEST_CASE("The z of -log10 p inverts the tail over the whole range") {
  for (double z = 0.001; z < 2e4; z *= 1.37) {
    const double x = -(detail::log_normal_upper_tail<double>(z) + std::log(2.0)) / std::log(10.0);
    if (z > 0.1) CHECK(detail::z_of_minus_log10_p(x) == doctest::Approx(z).epsilon(1e-12));
  }
  for (double z = 1e-12; z < 1; z *= 3) {
    const double x = -std::log1p(-std::erf(z / std::sqrt(2.0))) / std::log(10.0);
    CHECK(std::fabs(detail::z_of_minus_log10_p(x) - z) < 1e-15);
  }
  CHECK(detail::z_of_minus_log10_p(0) == 0);
}

TEST_CASE("A column that is not there is named, with those that are") {
  gwas_study_file file;
  file.path = "study.txt";
  file[role::effect] = "BETA2";
  CHECK(message_of(file, "SNP BETA") == "gwas_meta: study.txt: there is no column 'BETA2' (its columns: SNP, BETA)");
  file[role::effect] = "BETA";
  CHECK(message_of(file, "SNP beta BETA").find("is there twice") != std::string::npos);
  CHECK(message_of({}, "x y z").find("there is no column for the marker: name it") != std::string::npos);
  CHECK(message_of({}, "#SNP \"BETA\"").empty());
  CHECK(message_of({}, "CHR POS MarkerID Allele1 Allele2 AF_Allele2 BETA SE").find("SAIGE") != std::string::npos);
  gwas_study_file saige;
  saige[role::allele1] = "Allele2";
  saige[role::allele2] = "Allele1";
  CHECK(message_of(saige, "CHR POS MarkerID Allele1 Allele2 AF_Allele2 BETA SE").empty());
}

TEST_CASE("Alleles are turned to the reference, and ambiguous ones by frequency") {
  using detail::pair_code, detail::turn, detail::turn_of;
  CHECK(turn_of(pair_code("A", "G"), pair_code("a", "g")) == turn::none);
  CHECK(turn_of(pair_code("G", "A"), pair_code("A", "G")) == turn::swap);
  CHECK(turn_of(pair_code("T", "C"), pair_code("A", "G")) == turn::complement);
  CHECK(turn_of(pair_code("C", "T"), pair_code("A", "G")) == turn::swap_complement);
  CHECK(turn_of(pair_code("A", "C"), pair_code("A", "G")) == turn::mismatch);
  CHECK(turn_of(pair_code("A", "T"), pair_code("T", "A")) == turn::swap);
  CHECK(pair_code("AT", "A") == detail::not_bases);
  CHECK(pair_code("N", "A") == detail::not_bases);
  for (const char* pair : {"AT", "TA", "CG", "GC"}) CHECK(detail::is_ambiguous(pair_code({pair, 1}, {pair + 1, 1})));
  for (const char* pair : {"AC", "GA", "CT"}) CHECK_FALSE(detail::is_ambiguous(pair_code({pair, 1}, {pair + 1, 1})));
  turn t{};
  CHECK(detail::resolve(turn::none, 0.2, 0.3, 0.4, t));
  CHECK(t == turn::none);
  CHECK(detail::resolve(turn::none, 0.2, 0.7, 0.4, t));
  CHECK(t == turn::swap_complement);
  CHECK(detail::resolve(turn::swap, 0.2, 0.7, 0.4, t));
  CHECK(t == turn::swap);
  CHECK(detail::resolve(turn::swap, 0.2, 0.3, 0.4, t));
  CHECK(t == turn::complement);
  CHECK_FALSE(detail::resolve(turn::none, 0.45, 0.3, 0.4, t));
  CHECK_FALSE(detail::resolve(turn::none, 0.2, std::nan(""), 0.4, t));
}

TEST_CASE("Rows that are read in one go are what careful reading makes of them, and so are their drops") {
  const std::vector<std::string> markers{"rs1", "", "NA", "nan", "null", "n/a", "-NaN", "#na", "na12", "N", ".", "-", "#1", "\"rs2\"", "\"rs3", "1:2:A:T", std::string(65001, 'm')}, alleles{"A", "t", "G", "a", "AT", "", "N", "\"C\"", "NA", "-"},
      numbers{"0.5", "-0.25", "2", "-1e-3", "0.000", "", "NA", "x", "1e61", "1e-61", "-0.1.2", "\"0.5\"", "+0.5", "0.12345678901234567"}, places{"10", "", "x", "\"7\""};
  std::string text;
  const auto line = [&](const std::string& marker, const std::string& a1, const std::string& a2, const std::string& effect, const std::string& error, const std::string& place) {
    for (const std::string* s : {&marker, &a1, &a2, &effect, &error, &place}) text.append(*s).append("\t");
    text += "1\n";
  };
  for (const std::string& marker : markers) line(marker, "A", "G", "0.5", "0.25", "10");
  for (const std::string& a1 : alleles) {
    for (const std::string& a2 : alleles) line("rs1", a1, a2, "0.5", "0.25", "10");
  }
  for (const std::string& effect : numbers) {
    for (const std::string& error : numbers) line("rs1", "A", "G", effect, error, "10");
  }
  for (const std::string& place : places) line("rs1", "A", "G", "0.5", "0.25", place);
  gwas_study_file careful;
  careful.filters = {{"ALL", gwas_filter::comparison::equal, "1", {}}};  // files with filters are read carefully
  const std::string header = "MARKER\tALLELE1\tALLELE2\tEFFECT\tSTDERR\tPOS\tALL";
  std::string with_chromosome;
  for (std::size_t i = 0, begin = 0; i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    with_chromosome.append(text, begin, i - begin).append("\t1\n");
    begin = i + 1;
  }
  for (const bool log : {false, true}) {
    for (unsigned wanted = 0; wanted < 16; ++wanted) {
      detail::gwas_wants wants;
      wants.locus = (wanted & 3U) != 0;
      wants.must_locus = (wanted & 2U) != 0;
      wants.frequency = (wanted & 4U) != 0;
      wants.unusable = (wanted & 8U) != 0;
      gwas_study_file file;
      file[role::frequency] = "EFFECT";
      file.log_effect = careful.log_effect = log;
      careful[role::frequency] = "EFFECT";
      const table x = read(file, header + "\tCHR", with_chromosome, wants), y = read(careful, header + "\tCHR", with_chromosome, wants);
      REQUIRE(x.rows.rows.size() == y.rows.rows.size());
      CHECK(x.rows.counts.dropped == y.rows.counts.dropped);
      CHECK(x.rows.extra.size() == y.rows.extra.size());
      int different = 0;
      for (std::size_t i = 0; i < x.rows.rows.size(); ++i) {
        const detail::gwas_row &p = x.rows.rows[i], &q = y.rows.rows[i];
        different += p.name() != q.name() || p.line != q.line || p.usable != q.usable;
        if (p.usable && q.usable) different += p.first() != q.first() || p.second() != q.second() || p.pair != q.pair || p.y != q.y || p.v != q.v || p.locus != q.locus;
      }
      for (std::size_t i = 0; i < x.rows.extra.size(); ++i) different += x.rows.extra[i] != y.rows.extra[i] && !(std::isnan(x.rows.extra[i]) && std::isnan(y.rows.extra[i]));
      CHECK(different == 0);
    }
  }
}
