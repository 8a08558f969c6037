// SPDX-License-Identifier: BSL-1.0
#include <gwas/cohorts.hpp>

#include <metapool/gwas/meta.hpp>
#include <metapool/gwas/meta_part.hpp>

metapool::gwas_report metapool_test::run_gwas(const std::vector<metapool::gwas_study_file>& files, const metapool::gwas_analysis& analysis, const std::string& output,
                                              const std::string& omitted) {
  return metapool::gwas_meta(files, analysis, output, omitted, [](std::size_t, std::uint64_t) {});
}

metapool::gwas_report metapool_test::run_gwas_part(const std::vector<metapool::gwas_study_file>& files, const metapool::gwas_analysis& analysis, std::uint64_t part, std::uint64_t parts,
                                                   const std::string& output, const std::string& omitted) {
  return metapool::gwas_meta_part(files, analysis, part, parts, output, omitted, [](std::size_t, std::uint64_t) {});
}
