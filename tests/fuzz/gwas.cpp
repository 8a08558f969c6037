// SPDX-License-Identifier: BSL-1.0
// libFuzzer: whatever the bytes, a file of summary statistics is read or refused with metapool::error; every line is a row or counted as dropped, the numbers of rows
// lie in their range, and pieces of any size give the same rows. A script is taken, or refused with metapool::error.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -DMETAPOOL_FUZZ -Iinclude tests/fuzz/gwas.cpp -o fuzz_gwas
//     mkdir found && ./fuzz_gwas found examples/data
//
// The first byte of a file chooses options; the rest is the text.
#if defined(METAPOOL_FUZZ)

#include <metapool/gwas/commands.hpp>
#include <metapool/gwas/row_reader.hpp>
#include <metapool/gwas/variant_names.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace metapool;

void must(bool holds) {
  if (!holds) std::abort();
}

/// The rows of a text as one line of text each, and the counts of all its pieces.
std::string rows_of(const detail::gwas_plan& plan, const detail::gwas_wants& wants, const std::string& text, std::size_t piece, gwas_counts& counts) {
  std::string all;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + piece < text.size() ? text.find('\n', at + piece) : text.size() - 1;
    end = end == std::string::npos ? text.size() : end + 1;
    std::vector<char> copy(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end));
    copy.insert(copy.end(), 64, '\n');
    detail::gwas_rows rows;
    detail::gwas_row_reader reader(plan, wants);
    reader.read(copy.data(), copy.data() + (end - at), rows);
    must(rows.rows.size() + rows.counts.dropped_in_all() == rows.counts.lines);
    must(rows.extra.size() == rows.rows.size() * wants.extras());
    static detail::variant_names names;  // its room is large
    names.clear();
    for (const detail::gwas_row& row : rows.rows) {
      must(std::isfinite(row.effect()) && row.variance() > 0 && std::isfinite(row.variance()) && (wants.codes || !row.coded));
      const std::size_t i = names.add(row);
      must(names.is(i, row) && names.name(i) == row.name() && names.turn_to(i, row) == detail::turn::none);
      all.append(row.name()).append(" ").append(row.first()).append(" ").append(row.second()).append(" ").append(std::to_string(row.effect())).append(" ").append(std::to_string(row.variance()));
      all += '\n';
    }
    counts.append(rows.counts);
    at = end;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  gwas_commands commands(gwas_scheme::sample_size);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) == std::string::npos ? text.size() : text.find('\n', at);
    try {
      commands.line(std::string_view(text).substr(at, end - at));
    } catch (const error&) {
    }
    at = end + 1;
  }
  text += '\n';
  const std::size_t head = text.find('\n');
  const std::string header = text.substr(0, head);
  text.erase(0, head + 1);
  if (text.empty()) return 0;
  const unsigned options = data[0];
  gwas_study_file file;
  file.strict_columns = (options & 1U) != 0;
  file.use_strand = (options & 2U) != 0;
  file.separator = static_cast<gwas_separator>(options >> 2U & 3U);
  if ((options & 16U) != 0) file.filters = {{"INFO", gwas_filter::comparison::greater, "0.3", {}}};
  detail::gwas_wants wants;
  wants.scheme = (options & 32U) != 0 ? gwas_scheme::sample_size : gwas_scheme::standard_error;
  wants.frequency = wants.weight = wants.locus = (options & 64U) != 0;
  wants.must_locus = (options & 128U) != 0;
  std::vector<gwas_role> needed{gwas_role::marker, gwas_role::allele1, gwas_role::allele2, gwas_role::effect};
  needed.push_back((options & 32U) != 0 ? gwas_role::p_value : gwas_role::standard_error);
  if (file.use_strand) needed.push_back(gwas_role::strand);
  detail::gwas_plan plan;
  try {
    plan = detail::plan_columns(file, header, needed);
  } catch (const error&) {
    return 0;
  }
  gwas_counts whole, parts;
  const std::string rows = rows_of(plan, wants, text, text.size(), whole);
  must(rows_of(plan, wants, text, 37, parts) == rows);
  wants.codes = wants.scheme == gwas_scheme::standard_error;
  gwas_counts coded;
  must(rows_of(plan, wants, text, text.size(), coded) == rows);  // to the digits that are written
  if (plan.filters.empty() && plan.columns != 0) {
    plan.filters.push_back({0, gwas_filter::comparison::not_equal, false, 0, {}});  // to no text: all lines pass, and are cut one at a time
    gwas_counts singly;
    must(rows_of(plan, wants, text, text.size(), singly) == rows);
    must(whole.dropped == singly.dropped && whole.lines == singly.lines && whole.line_breaks == singly.line_breaks);
  }
  must(whole.dropped == parts.dropped && whole.lines == parts.lines && whole.line_breaks == parts.line_breaks);
  for (std::size_t i = 0; i < gwas_drop_kinds; ++i) {
    must(whole.first[i].size() == parts.first[i].size());
    for (std::size_t n = 0; n < whole.first[i].size(); ++n) must(whole.first[i][n].line == parts.first[i][n].line);
  }
  return 0;
}

#endif
