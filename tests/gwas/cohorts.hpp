// SPDX-License-Identifier: BSL-1.0
// Made-up cohorts for the tests of genome-wide meta-analysis: what each file says, and what is behind it.
#pragma once

#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/report.hpp>
#include <metapool/math/random.hpp>

#include <support/scratch_folder.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace metapool_test {

/// Effects of the reference allele in the files that have a variant.
struct true_variant {
  std::string a1, a2;
  std::vector<double> y, se, frequency, n;  ///< by file; se 0: not there
};

struct cohorts {
  std::map<std::string, true_variant> variants;
  std::vector<std::vector<std::string>> lines;  ///< by file, in the order of positions
  std::vector<std::string> names;               ///< of the variants in that order
};

/// m variants in k files. The first file's alleles are the reference (`first_has_all`), the others' are exchanged or complemented at random, and some variants are missing.
inline cohorts make_cohorts(std::size_t m, std::size_t k, bool first_has_all) {
  cohorts c;
  c.lines.resize(k);
  const char* const pairs[] = {"AG", "AC", "CT", "GT", "GA", "TC"};
  const auto complement = [](std::string s) {
    for (char& b : s) b = b == 'A' ? 'T' : b == 'T' ? 'A' : b == 'C' ? 'G' : 'C';
    return s;
  };
  for (std::size_t i = 0; i < m; ++i) {
    metapool::detail::random_stream r(11, i);
    const auto uniform = [&] { return static_cast<double>(r() >> 11U) * 0x1p-53; };
    const std::string name = "rs" + std::to_string(17 * i + 3);
    true_variant& v = c.variants[name];
    c.names.push_back(name);
    const bool indel = i % 9 == 4;
    const std::string pair = pairs[i % 6];
    v.a1 = indel ? "ATT" : pair.substr(0, 1);
    v.a2 = indel ? "A" : pair.substr(1, 1);
    bool first = true;
    for (std::size_t j = 0; j < k; ++j) {
      const bool there = (first_has_all && j == 0) || uniform() < 0.75;
      const double y = std::round((uniform() - 0.4) * 1e5) / 1e5, se = std::round((0.01 + 0.2 * uniform()) * 1e5) / 1e5, f = std::round(uniform() * 1e4) / 1e4;
      const double n = 100 + std::floor(1000 * uniform());
      v.y.push_back(y);
      v.se.push_back(there ? se : 0);
      v.frequency.push_back(f);
      v.n.push_back(n);
      if (!there) continue;
      const bool exchanged = !first && uniform() < 0.5, other_strand = !first && !indel && uniform() < 0.3;
      first = false;
      std::string a1 = exchanged ? v.a2 : v.a1, a2 = exchanged ? v.a1 : v.a2;
      if (other_strand) {
        a1 = complement(a1);
        a2 = complement(a2);
      }
      std::ostringstream line;
      line.precision(17);
      line << name << '\t' << 1 + i * 3 / m << '\t' << 100 + i / 2 << '\t' << a1 << '\t' << a2 << '\t' << (exchanged ? 1 - f : f) << '\t' << (exchanged ? -y : y) << '\t' << se << '\t' << n;
      c.lines[j].push_back(line.str());
    }
  }
  return c;
}

/// Writes a file; turned: its lines backwards.
inline metapool::gwas_study_file put_cohort(const scratch_folder& folder, const std::string& name, std::vector<std::string> lines, bool turned = false) {
  if (turned) std::reverse(lines.begin(), lines.end());
  std::string text = "SNP\tCHR\tBP\tA1\tA2\tFREQ\tBETA\tSE\tN\n";
  for (const std::string& line : lines) text.append(line).append("\n");
  metapool::gwas_study_file file;
  file.path = folder.write(name, text).string();
  return file;
}

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

/// A result file by column and marker.
struct result_table {
  std::vector<std::string> columns;
  std::map<std::string, std::vector<std::string>> rows;
  std::size_t column(const std::string& name) const {
    return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
  }
  const std::string& text(const std::string& marker, const std::string& name) const { return rows.at(marker).at(column(name)); }
  double number(const std::string& marker, const std::string& name) const { return std::strtod(text(marker, name).c_str(), nullptr); }
};

inline result_table read_result(const std::string& path) {
  result_table t;
  std::istringstream in(slurp(path));
  for (std::string line; std::getline(in, line);) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    if (t.columns.empty()) {
      t.columns = row;
    } else {
      t.rows[row.at(t.column("MarkerName"))] = row;
    }
  }
  return t;
}

/// gwas_meta, compiled once for all tests.
metapool::gwas_report run_gwas(const std::vector<metapool::gwas_study_file>& files, const metapool::gwas_analysis& analysis, const std::string& output,
                               const std::string& omitted = {});
/// gwas_meta_part, likewise.
metapool::gwas_report run_gwas_part(const std::vector<metapool::gwas_study_file>& files, const metapool::gwas_analysis& analysis, std::uint64_t part, std::uint64_t parts,
                                    const std::string& output, const std::string& omitted = {});

}  // namespace metapool_test
