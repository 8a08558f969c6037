// SPDX-License-Identifier: BSL-1.0
// Made-up summary statistics for benchmarks: metapool_make_studies FOLDER [variants] [studies] [shuffled]
//
// Writes FOLDER/study1.txt, study2.txt, ...: SNP CHR BP A1 A2 FREQ BETA SE P, tab-separated, about 56 bytes a line. Half of the alleles are exchanged at random. With
// "shuffled" each file has an order of its own; without, all have that of the positions. The same files for the same arguments, anywhere.
#include <metapool/batch/tails.hpp>
#include <metapool/math/normal.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace {

/// Steele, Lea & Flood's splitmix64 of a key.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}
double uniform(std::uint64_t key) { return (static_cast<double>(mixed(key) >> 11U) + 0.5) / 9007199254740992.0; }
/// Close enough to normal for test data: twelve uniforms.
double normal(std::uint64_t key) {
  double sum = -6;
  for (std::uint64_t i = 0; i < 12; ++i) sum += uniform(key * 12 + i);
  return sum;
}

void number(std::string& line, double x, int decimals) {
  char buffer[64];
  line.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::fixed, decimals).ptr);
}

struct closer {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs("metapool_make_studies FOLDER [variants] [studies] [shuffled]\n", stderr);
    return 2;
  }
  const std::uint64_t variants = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1000000;
  const std::uint64_t studies = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 10;
  const bool shuffled = count > 4;
  const char* const pairs[] = {"AG", "AC", "CT", "GT", "GA", "CA", "TC", "TG"};
  for (std::uint64_t j = 0; j < studies; ++j) {
    std::vector<std::uint32_t> order(variants);
    std::iota(order.begin(), order.end(), 0U);
    if (shuffled) {
      for (std::uint64_t i = variants; i > 1; --i) std::swap(order[i - 1], order[mixed(1000000007 * (j + 1) + i) % i]);
    }
    const std::string path = std::string(arguments[1]) + "/study" + std::to_string(j + 1) + ".txt";
    const std::unique_ptr<std::FILE, closer> file(std::fopen(path.c_str(), "wb"));
    bool written = file && std::fputs("SNP\tCHR\tBP\tA1\tA2\tFREQ\tBETA\tSE\tP\n", file.get()) >= 0;
    std::string line;
    for (std::uint64_t at = 0; at < variants && written; ++at) {
      const std::uint64_t i = order[at];
      const char* const pair = pairs[mixed(i) % 8];
      const std::uint64_t key = mixed(77 + i) ^ (j + 1);
      const bool exchanged = uniform(key + 1) < 0.5;
      double frequency = 0.05 + 0.9 * uniform(i + 500000000);
      const double truth = i % 1000 == 0 ? 0.1 * normal(i) : i % 7 == 0 ? 0.01 * normal(i) : 0;
      const double se = 0.008 * (1 + uniform(900 + j)) / std::sqrt(2 * frequency * (1 - frequency));
      double beta = truth + se * normal(key + 2) + (i % 5 == 0 ? 0.01 * normal(key + 3) : 0);
      if (exchanged) {
        beta = -beta;
        frequency = 1 - frequency;
      }
      const double p = metapool::detail::batch_normal_p(beta / se);
      line.assign("rs").append(std::to_string(1000 + 7 * i)).append("\t");
      line.append(std::to_string(1 + 22 * i / variants)).append("\t").append(std::to_string(10000 + 50 * i)).append("\t");
      line += pair[exchanged ? 1 : 0];
      line += '\t';
      line += pair[exchanged ? 0 : 1];
      line += '\t';
      number(line, frequency, 4);
      line += '\t';
      number(line, beta, 6);
      line += '\t';
      number(line, se, 6);
      line += '\t';
      char buffer[64];
      line.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, p, std::chars_format::general, 4).ptr);
      line += '\n';
      written = std::fwrite(line.data(), 1, line.size(), file.get()) == line.size();
    }
    if (!written || std::fflush(file.get()) != 0) {
      std::fprintf(stderr, "%s could not be written\n", path.c_str());
      return 1;
    }
  }
}
