// SPDX-License-Identifier: BSL-1.0
// Filters on the columns of a file.
#pragma once

#include <metapool/data/decimal.hpp>
#include <metapool/gwas/decimal.hpp>
#include <metapool/gwas/study_file.hpp>

#include <string>
#include <string_view>

namespace metapool::detail {

/// Whether a field passes a filter. A filter on a number is passed by numbers only.
template <class = void>
bool passes(const gwas_plan::filter& f, std::string_view field) {
  using c = gwas_filter::comparison;
  if (!f.numeric) {
    bool found = false;
    for (const std::string& text : f.texts) found = found || equal_ignoring_case(text, field);
    return f.compare == c::not_equal ? !found : found;
  }
  double x = 0;
  if (!parse_near(field.data(), field.data() + field.size(), x)) return false;
  switch (f.compare) {
    case c::less: return x < f.number;
    case c::less_or_equal: return x <= f.number;
    case c::greater: return x > f.number;
    case c::greater_or_equal: return x >= f.number;
    case c::equal: return x == f.number;
    default: return x != f.number;
  }
}

}  // namespace metapool::detail
