// SPDX-License-Identifier: BSL-1.0
// The numbers of a trial that columns of a file hold: their names, and the numbers of a row <-> a trial.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>

namespace metapool::detail {

/// A number that a column can hold: our own name for it, and the names (blanks between them) by which it is recognised: ours, metafor's,
/// meta's, and those of the example files.
struct column_role {
  const char* name;
  const char* known_as;
};

constexpr column_role label_role{"label", "label study trial slab studlab"};

/// The most numbers that a trial type has: two arms measured twice, with their sizes and correlations.
constexpr std::size_t most_roles = 12;

/// The numbers of one trial in the order of its roles.
template <class Real>
using row_numbers = std::array<std::optional<Real>, most_roles>;

/// Which roles have a column.
using role_presence = std::array<bool, most_roles>;

/// The roles of a trial type, 6 or 12. Specialise it for a trial type of your own: type_name, remark, roles, dispensable (may the role's column
/// be absent, given which are there), derived, assemble (row -> trial), disassemble (trial -> row), check.
template <class Trial>
struct trial_columns;

template <class Trial>
constexpr std::size_t role_count = std::size(trial_columns<Trial>::roles);

/// The column of each role and, in place label_place, of the label; empty where the file has none.
constexpr std::size_t label_place = most_roles;
using role_columns = std::array<std::optional<std::size_t>, most_roles + 1>;
/// The caller's names of columns, in the same places.
using named_roles = std::array<std::string, most_roles + 1>;

}  // namespace metapool::detail
