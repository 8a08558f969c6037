// SPDX-License-Identifier: BSL-1.0
#include <gwas/cohorts.hpp>

#include <metapool/gwas/locus_pieces.hpp>

#include <support/scratch_folder.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace metapool;
using namespace metapool_test;

std::string line_of(const std::string& marker, int chromosome, int position, const std::string& effect = "0.1") {
  return marker + "\t" + std::to_string(chromosome) + "\t" + std::to_string(position) + "\tA\tG\t0.3\t" + effect + "\t0.05\t200";
}

/// Files that begin and end at different places, with lines that are dropped everywhere, many markers at a place, one file of one line and one of none.
std::vector<gwas_study_file> uneven_files(const scratch_folder& folder) {
  cohorts c = make_cohorts(180, 4, false);
  for (std::size_t j = 0; j < c.lines.size(); ++j) {
    std::vector<std::string>& lines = c.lines[j];
    for (std::size_t i = 7 - j; i < lines.size(); i += 9) lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), i % 2 == 0 ? "rs1\t9\t1\tA" : line_of("rsx", 22, 5, "no"));
    for (std::size_t i = 5; i < lines.size(); i += 31) lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);  // twice
  }
  std::vector<std::string> crowd;
  for (int i = 0; i < 40; ++i) crowd.push_back(line_of("crowd" + std::to_string(i), 2, 150));
  std::vector<std::string>& last = c.lines[3];
  std::size_t at = 0;
  while (at < last.size() && !(last[at].find("\t2\t15") != std::string::npos && last[at].find("\t2\t150\t") == std::string::npos)) ++at;
  last.insert(last.begin() + static_cast<std::ptrdiff_t>(at), crowd.begin(), crowd.end());
  c.lines[1].erase(c.lines[1].begin(), c.lines[1].begin() + 50);
  c.lines[2].erase(c.lines[2].begin() + 25, c.lines[2].end());
  c.lines[2].push_back(line_of("far", 22, 7));
  c.lines[2].push_back("");
  std::vector<gwas_study_file> files;
  for (std::size_t j = 0; j < c.lines.size(); ++j) files.push_back(put_cohort(folder, "file" + std::to_string(j), c.lines[j]));
  files.push_back(put_cohort(folder, "one", {line_of("rs1006", 1, 129)}));
  files.push_back(put_cohort(folder, "none", {}));
  files[3].path = folder.write("lacks_end", "##a comment\n" + slurp(files[3].path) + line_of("last", 3, 9999)).string();
  return files;
}

std::string message_of(const std::vector<gwas_study_file>& files, const gwas_analysis& a, std::uint64_t part, std::uint64_t parts, const std::string& out) {
  try {
    run_gwas_part(files, a, part, parts, out);
  } catch (const error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("Parts of a meta-analysis follow each other to the bytes of the whole, and their counts add up") {
  const scratch_folder folder;
  std::vector<gwas_study_file> files = uneven_files(folder);
  gwas_analysis a;
  a.join = gwas_join::by_position;
  a.heterogeneity = a.average_frequency = true;
  a.random_effects = {gwas_tau2::reml};
  a.leave_one_out = 0.01;
  a.named = 100000;
  a.genomic_control = 1.1;
  files[0].genomic_control = -1;
  a.piece = 3000;
  const std::string out = (folder.path() / "out").string(), omitted = out + ".omitted";
  const gwas_report whole = run_gwas(files, a, out, omitted);
  const std::string text = slurp(out), omitted_text = slurp(omitted);
  CHECK(whole.hits > 5);
  CHECK(whole.files[3].counts.dropped_in_all() > 10);
  a.piece = 1000;
  for (const std::uint64_t parts : {1U, 3U, 17U}) {
    CAPTURE(parts);
    std::string all, all_omitted;
    gwas_report sum;
    for (std::uint64_t part = 0; part < parts; ++part) {
      const gwas_report r = run_gwas_part(files, a, part, parts, out, omitted);
      all += slurp(out);
      all_omitted += slurp(omitted);
      if (part == 0) {
        sum = r;
        continue;
      }
      sum.variants += r.variants;
      sum.written += r.written;
      sum.hits += r.hits;
      for (std::size_t j = 0; j < files.size(); ++j) {
        gwas_counts& to = sum.files[j].counts;
        to.line_breaks = 0;  // lines of parts have the numbers that they have in the file
        to.append(r.files[j].counts);
      }
    }
    CHECK(all == text);
    CHECK(all_omitted == omitted_text);
    CHECK(sum.hits == whole.hits);
    CHECK(gwas_report_text(sum) == gwas_report_text(whole));
  }
}

TEST_CASE("A file that is not sorted is an error of one of its parts, never a wrong join") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(60, 3, true);
  gwas_analysis a;
  a.join = gwas_join::by_position;
  const std::string out = folder.write("out.tbl", "old").string();
  int silent = 0, numbered = 0;
  for (std::size_t study = 0; study < 2; ++study) {
    for (const std::size_t from : {std::size_t(0), std::size_t(20), c.lines[study].size() - 1}) {
      for (const std::size_t to : {std::size_t(9), c.lines[study].size() - 1}) {
        std::vector<gwas_study_file> files;
        for (std::size_t j = 0; j < 3; ++j) {
          std::vector<std::string> lines = c.lines[j];
          if (j == study) {
            const std::string moved = lines[from];
            lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(from));
            lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(to), moved);
          }
          files.push_back(put_cohort(folder, "file" + std::to_string(j), lines));
        }
        bool said = false;
        for (std::uint64_t part = 0; part < 3; ++part) {
          const std::string what = message_of(files, a, part, 3, out);
          if (what.find("not sorted by position") == std::string::npos) continue;
          said = true;
          numbered += what.find(": line ") != std::string::npos ? 1 : 0;
        }
        silent += said == (from == to) ? 1 : 0;
      }
    }
  }
  CHECK(silent == 0);
  CHECK(numbered > 5);
}

TEST_CASE("The place of a locus is found whatever lines have none, and at the first of several") {
  const scratch_folder folder;
  std::vector<std::string> lines;
  std::vector<std::size_t> loci;  // 0: the line has none
  for (std::size_t i = 0; i < 120; ++i) {
    const bool none = i % 7 < 3 || (i > 30 && i < 60) || i < 4 || i > 110;
    loci.push_back(none ? 0 : 10 * (i / 3));
    lines.push_back(none ? (i % 2 == 0 ? line_of("bad", 9, 3, "x") : i % 5 == 0 ? "" : "short\t1\t5") : line_of("rs" + std::to_string(i), 1, static_cast<int>(10 * (i / 3))));
  }
  const gwas_study_file file = put_cohort(folder, "sorted", lines);
  gwas_analysis a;
  a.join = gwas_join::by_position;
  gwas_report report;
  const detail::opened_study study = detail::open_study(file, a, report);
  const std::string text = slurp(file.path);
  CHECK(study.lines_begin == text.find('\n') + 1);
  detail::locus_search search(file.path, study.plan, detail::variant_layout(a, 1, true).wants, {study.lines_begin, text.size()});
  int wrong = 0;
  for (std::size_t locus = 0; locus < 420; ++locus) {
    std::size_t offset = study.lines_begin, i = 0;
    for (; i < lines.size() && (loci[i] == 0 || loci[i] < locus); ++i) offset += lines[i].size() + 1;
    wrong += search.first_from((std::uint64_t{1} << 40U) + locus) != offset ? 1 : 0;
  }
  CHECK(wrong == 0);
  for (std::size_t from = study.lines_begin; from <= text.size(); ++from) {
    std::size_t offset = study.lines_begin, i = 0;
    for (; i < lines.size() && (loci[i] == 0 || offset < from); ++i) offset += lines[i].size() + 1;
    const auto found = search.next(from, text.size());
    wrong += found.offset != offset || found.locus != (i < lines.size() ? (std::uint64_t{1} << 40U) + loci[i] : detail::no_locus) ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("What cannot be shared out is refused") {
  const scratch_folder folder;
  const cohorts c = make_cohorts(20, 2, true);
  const std::vector<gwas_study_file> files{put_cohort(folder, "a", c.lines[0]), put_cohort(folder, "b", c.lines[1])};
  const std::string out = folder.write("out.tbl", "old").string();
  gwas_analysis a;
  CHECK(message_of(files, a, 0, 2, out).find("JOIN POSITION") != std::string::npos);
  a.join = gwas_join::by_position;
  CHECK(message_of(files, a, 2, 2, out).find("must be below") != std::string::npos);
  a.genomic_control = -1;
  CHECK(message_of(files, a, 0, 2, out).find("give the value") != std::string::npos);
  CHECK(slurp(out) == "old");
  std::vector<std::string> crowd;
  for (int i = 0; i < 257; ++i) crowd.push_back(line_of("rs" + std::to_string(i), 1, 5));
  a.genomic_control = 0;
  const std::vector<gwas_study_file> crowded{put_cohort(folder, "crowd", crowd)};
  CHECK(message_of(crowded, a, 0, 1, out).find("crowd: line 258: more than 256 markers at one position") != std::string::npos);
}
