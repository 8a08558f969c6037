// SPDX-License-Identifier: BSL-1.0
#include <metapool/gwas/commands.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

using namespace metapool;

std::vector<gwas_job> jobs_of(const std::string& script) {
  gwas_commands commands(gwas_scheme::sample_size);
  std::vector<gwas_job> jobs;
  std::size_t at = 0;
  while (at < script.size()) {
    const std::size_t end = script.find('\n', at);
    if (auto job = commands.line(std::string_view(script).substr(at, end - at))) jobs.push_back(*job);
    at = end + 1;
  }
  return jobs;
}

std::string message_of(const std::string& line) {
  try {
    gwas_commands commands(gwas_scheme::standard_error);
    commands.line(line);
  } catch (const input_error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("A script of METAL says which files are read how, and what is computed") {
  const auto jobs = jobs_of(
      "# comment\n\nMARKER SNP\nWEIGHT\tN\r\nALLELE A1 A2\nEFFECT log(OR)\nSTDERR SE\nPVAL P\nGENOMICCONTROL ON\nCUSTOMVARIABLE Total\nLABEL Total AS N\nPROCESS one.txt\n"
      "DEFAULT 4106\nEFFECT BETA\nSEPARATOR COMMAS\nGENOMICCONTROL 1.1\nADDFILTER INFO > 0.3\nADDFILTER SNP IN (rs1,rs2)\nCOLUMNCOUNTING LENIENT\nPROCESSFILE two.csv\n"
      "OUTFILE meta_ .tbl\nANALYZE\nSCHEME STDERR\nAVERAGEFREQ ON\nMINMAXFREQ OFF\nANALYZE HETEROGENEITY\nCLEAR\nPROCESS three.txt\nANALYZE RANDOM\nQUIT\n");
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0].output == "meta_1.tbl");
  CHECK(jobs[1].output == "meta_2.tbl");
  CHECK(jobs[0].analysis.scheme == gwas_scheme::sample_size);
  CHECK_FALSE(jobs[0].analysis.heterogeneity);
  REQUIRE(jobs[0].files.size() == 2);
  const gwas_study_file &one = jobs[0].files[0], &two = jobs[0].files[1];
  CHECK(one.path == "one.txt");
  CHECK(one[gwas_role::marker] == "SNP");
  CHECK(one[gwas_role::effect] == "OR");
  CHECK(one.log_effect);
  CHECK(one.genomic_control == -1);
  CHECK(one.custom == std::vector<std::string>{"N"});
  CHECK_FALSE(one.weight_may_lack);
  CHECK(two[gwas_role::effect] == "BETA");
  CHECK_FALSE(two.log_effect);
  CHECK(two.weight_may_lack);
  CHECK(two.default_weight == 4106);
  CHECK(two.separator == gwas_separator::comma);
  CHECK(two.genomic_control == 1.1);
  CHECK_FALSE(two.strict_columns);
  REQUIRE(two.filters.size() == 2);
  CHECK(two.filters[0].column == "INFO");
  CHECK(two.filters[0].compare == gwas_filter::comparison::greater);
  CHECK(two.filters[0].value == "0.3");
  CHECK(two.filters[1].texts == std::vector<std::string>{"rs1", "rs2"});
  CHECK(jobs[1].analysis.scheme == gwas_scheme::standard_error);
  CHECK(jobs[1].analysis.heterogeneity);
  CHECK(jobs[1].analysis.average_frequency);
  CHECK_FALSE(jobs[1].analysis.min_max_frequency);
  CHECK(jobs[2].files.size() == 1);
  CHECK(jobs[2].files[0][gwas_role::marker].empty());
  CHECK(jobs[2].analysis.random_effects == std::vector<gwas_tau2>{gwas_tau2::dersimonian_laird});
}

TEST_CASE("Nothing is done behind QUIT") {
  CHECK(jobs_of("PROCESS one.txt\nANALYZE\nQUIT\nPROCESS two.txt\nANALYZE\n").size() == 1);
}

TEST_CASE("An unknown command names the nearest one, and a wrong value what it may be") {
  CHECK(message_of("HETROGENEITY") == "gwas_meta: 'HETROGENEITY' is no command: is HETEROGENEITY meant?");
  CHECK(message_of("AVERAGEFREQUENCY ON") == "gwas_meta: 'AVERAGEFREQUENCY' is no command");
  CHECK(message_of("PVAL P").empty());
  CHECK(message_of("STDE SE") == "gwas_meta: 'STDE' is the beginning of several commands: is STDERR meant?");
  CHECK(message_of("LABEL x AS y") == "gwas_meta: LABEL x: there is no CUSTOMVARIABLE of that name");
  CHECK(message_of("MINM ON").empty());
  CHECK(message_of("MARK") == "gwas_meta: a command lacks a value");
  CHECK(message_of("CHRO").find("lacks a value") != std::string::npos);
  CHECK(message_of("SCHEME other") == "gwas_meta: 'other' is none of: STDERR, SAMPLESIZE");
  CHECK(message_of("AVERAGEFREQ yes") == "gwas_meta: 'yes' is none of: ON, OFF");
  CHECK(message_of("DEFAULTWEIGHT many") == "gwas_meta: 'many' is not a number");
  CHECK(message_of("THREADS -1").find("is not a whole number") != std::string::npos);
  CHECK(message_of("GENOMICCONTROL 0").find("must be ON, OFF or a positive number") != std::string::npos);
  CHECK(message_of("ADDFILTER INFO").find("COLUMN < VALUE") != std::string::npos);
  CHECK(message_of("ADDFILTER INFO >").find("COLUMN < VALUE") != std::string::npos);
  CHECK(message_of("OVERLAP ON").find("is not there") != std::string::npos);
  CHECK(message_of("OVERLAP OFF").empty());
  CHECK(message_of("RANDOMEFFECTS dl,pm,reml").empty());
  CHECK(message_of("RANDOMEFFECTS dl,xx").find("'xx'") != std::string::npos);
  CHECK(message_of("ANALYZE SOMETHING").find("ANALYZE RANDOM") != std::string::npos);
  CHECK(message_of("AMBIGUOUS FREQUENCY:0.3").empty());
  CHECK(message_of("AMBIGUOUS FREQUENCYx").find("FREQUENCY:0.4") != std::string::npos);
}
