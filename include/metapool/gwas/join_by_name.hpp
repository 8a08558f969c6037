// SPDX-License-Identifier: BSL-1.0
// Files in any order, joined by the names of their markers.
#pragma once

#include <metapool/gwas/line_source.hpp>
#include <metapool/gwas/ordered_pipeline.hpp>
#include <metapool/gwas/row_reader.hpp>
#include <metapool/gwas/variant_block.hpp>
#include <metapool/gwas/variant_index.hpp>
#include <metapool/gwas/variant_names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace metapool::detail {

/// All variants, in the order in which the files first have them, and what is kept of each.
struct joined_variants {
  static constexpr std::size_t block_size = 1024;
  variant_names names;
  variant_index index;
  std::vector<std::unique_ptr<variant_block>> blocks;

  /// Adds the variant of a row.
  std::uint32_t add(const variant_layout& layout, const gwas_row& row, std::uint32_t hash, variant_index& to) {
    const std::size_t i = names.size();
    to.insert(hash, i);
    names.add(row);
    if (i % block_size == 0) {
      blocks.push_back(std::make_unique<variant_block>());
      blocks.back()->reset(layout, block_size);
    }
    return static_cast<std::uint32_t>(i);
  }
};

/// What is known of a row before it is its turn to be applied.
struct found_row {
  std::uint32_t index = variant_index::none;
  std::uint32_t hash = 0;
  turn t = turn::none;
};

/// Finds the variants of rows. Most files have their markers in the order of the first: the next row is guessed to be the next variant, and the names compared; where
/// that fails, rows are looked up in groups, so that the reads from memory of a group overlap. Only the first `known` variants, those of the files before, are looked at: more may be
/// added at the same time.
template <class = void>
void find_rows(const joined_variants& variants, std::size_t known, const std::vector<gwas_row>& rows, std::vector<found_row>& found) {
  const variant_names& names = variants.names;
  found.resize(rows.size());
  std::size_t guess = known, group = 1;
  for (std::size_t r = 0; r < rows.size();) {
    if (guess < known && names.is(guess, rows[r], found[r].t)) {
      found[r].index = static_cast<std::uint32_t>(guess++);
      ++r;
      group = 1;
      continue;
    }
    const std::size_t end = (std::min)(rows.size(), r + group);
    group = (std::min)(group * 2, std::size_t(64));
    for (std::size_t i = r; i < end; ++i) {
      found[i].hash = name_hash(rows[i].name());
      variants.index.prefetch(found[i].hash);
    }
    for (std::size_t i = r; i < end; ++i) {
      found[i].index = variants.index.candidate(found[i].hash);
      if (found[i].index != variant_index::none) names.prefetch(found[i].index);
    }
    for (std::size_t i = r; i < end; ++i) {
      if (found[i].index != variant_index::none) names.prefetch_text(found[i].index);
    }
    for (std::size_t i = r; i < end; ++i) {
      std::uint32_t& index = found[i].index;
      if (index != variant_index::none && !names.is(index, rows[i])) index = variants.index.find(names, rows[i], found[i].hash);
      if (index != variant_index::none) found[i].t = names.turn_to(index, rows[i]);
    }
    guess = found[end - 1].index == variant_index::none ? known : found[end - 1].index + std::size_t{1};
    r = end;
  }
}

/// A piece of a file on its way through a pipeline.
struct file_piece {
  text_piece text;
  gwas_rows rows;
  std::vector<found_row> found;
};

/// Reads from memory ahead of use what apply_row changes.
template <class = void>
[[gnu::always_inline]] inline void prefetch_place(const variant_layout& layout, const joined_variants& variants, std::size_t index, std::size_t study) {
#if defined(__GNUC__)
  const variant_block& block = *variants.blocks[index / joined_variants::block_size];
  const std::size_t place = index % joined_variants::block_size;
  __builtin_prefetch(block.signs.data() + place * layout.direction_bytes, 1);
  if (layout.width != 0) __builtin_prefetch(block.numbers.data() + place * layout.width, 1);
  if (layout.values) block.values[study].prefetch(place, block.size);
#else
  static_cast<void>(layout), static_cast<void>(variants), static_cast<void>(index), static_cast<void>(study);
#endif
}

/// Rows of one piece into the variants, in order. `fresh`: the index of variants that came with this file. Plain: rows_are_plain.
template <bool Plain>
void apply_rows(const gwas_analysis& a, const variant_layout& layout, std::size_t study, const study_scale& scale, const gwas_rows& part, const std::vector<found_row>& found,
                joined_variants& variants, variant_index& fresh, gwas_counts& counts) {
  gwas_counts here = part.counts;
  const std::size_t extras = layout.wants.extras(), rows = part.rows.size();
  constexpr std::size_t ahead = 12;
  std::size_t block_index = static_cast<std::size_t>(-1);
  variant_block* block = nullptr;
  for (std::size_t r = 0; r < rows; ++r) {
    if (r + ahead < rows) {
      const found_row& later = found[r + ahead];
      if (later.index == found[r + ahead - 1].index + 1) {
        // processors foresee that
      } else if (later.index != variant_index::none) {
        prefetch_place(layout, variants, later.index, study);
      } else {
        fresh.prefetch(later.hash);
      }
    }
    const gwas_row& row = part.rows[r];
    found_row to = found[r];
    if (to.index == variant_index::none) {
      to.index = fresh.find(variants.names, row, to.hash);
      if (to.index == variant_index::none) {
        to.index = variants.add(layout, row, to.hash, fresh);
        ++here.added;
        to.t = turn::none;
      } else {
        to.t = variants.names.turn_to(to.index, row);
      }
    }
    if (to.index / joined_variants::block_size != block_index) {
      block_index = to.index / joined_variants::block_size;
      block = variants.blocks[block_index].get();
    }
    apply_row<Plain>(a, layout, *block, to.index % joined_variants::block_size, study, row, part.extra.data() + r * extras, to.t, scale, row.line, here);
  }
  counts.append(here);
}

/// Reads a file to its end into the variants. counts.line_breaks must be those before the source's first piece. progress(bytes of the file used up) is called before each piece, by one thread at a time.
template <class Progress>
void join_file(const gwas_analysis& a, const variant_layout& layout, std::size_t study, const gwas_plan& plan, const study_scale& scale, line_source& source,
               joined_variants& variants, gwas_counts& counts, const Progress& progress) {
  variant_index fresh;
  const std::size_t known = variants.names.size();
  const bool plain = rows_are_plain(a, layout);
  std::vector<file_piece> items(thread_count(a.threads));
  for (file_piece& item : items) item.rows.counts.named = a.named;
  ordered_pipeline(
      items,
      [&](file_piece& item) {
        progress(source.offset());
        return source.next(item.text);
      },
      [&](file_piece& item) {
        gwas_row_reader reader(plan, layout.wants);
        reader.read(item.text.begin(), item.text.end(), item.rows);
        find_rows(variants, known, item.rows.rows, item.found);
      },
      [&](file_piece& item) {
        if (plain) {
          apply_rows<true>(a, layout, study, scale, item.rows, item.found, variants, fresh, counts);
        } else {
          apply_rows<false>(a, layout, study, scale, item.rows, item.found, variants, fresh, counts);
        }
      });
  variants.index.take(fresh);
}

}  // namespace metapool::detail
