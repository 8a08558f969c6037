// SPDX-License-Identifier: BSL-1.0
// What a filter of lines does: its choices, and their names on a command line.
#pragma once

#include <metapool/batch/columns.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/decimal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// How lines hold their cells.
enum class line_format : std::uint8_t {
  tsv,    ///< tabs between cells, no quotes, names of columns in the first line or given
  ndjson  ///< one JSON object a line
};

/// How one line is pooled.
enum class line_model : std::uint8_t {
  common_effect,
  dersimonian_laird,
  paule_mandel,
  reml,
  mantel_haenszel,  ///< counts only
  peto              ///< counts only
};

/// What effects are made of counts. Scale of the results: logarithms for the two ratios.
enum class line_measure : std::uint8_t { risk_ratio, odds_ratio, risk_difference };

/// What is said of each line, in the order of batch_columns. The status is always said, last.
enum class line_result : std::uint8_t { studies, estimate, se, lower, upper, statistic, p, minus_log10_p, tau2, q, q_p, q_minus_log10_p, i2, h2 };

struct line_filter_options {
  line_format format = line_format::tsv;
  line_model model = line_model::reml;
  line_measure measure = line_measure::risk_ratio;  ///< of counts; not looked at for effects
  batch_options batch{};                            ///< level, test, floor; threads is not looked at: filter_lines has its own
  std::vector<line_result> results{line_result::studies, line_result::estimate, line_result::se, line_result::lower, line_result::upper, line_result::p,
                                   line_result::tau2,    line_result::q,        line_result::q_p, line_result::i2};
  std::string prefix{};                             ///< put before the names of results, so that they are not those of columns that are kept
  std::optional<std::vector<std::string>> keep{};   ///< columns that are passed on, in their order in the input; empty: all that hold no data of studies
  number_format numbers{.missing = {"", "NA", "N/A", "NaN", ".", "-", "missing", "#NA"}};
};

namespace detail {

template <class T>
struct named_choice {
  const char* name;
  T value;
};

inline constexpr std::array<named_choice<line_model>, 6> line_models{{{"common", line_model::common_effect},
                                                                      {"DL", line_model::dersimonian_laird},
                                                                      {"PM", line_model::paule_mandel},
                                                                      {"REML", line_model::reml},
                                                                      {"MH", line_model::mantel_haenszel},
                                                                      {"Peto", line_model::peto}}};
inline constexpr std::array<named_choice<line_measure>, 3> line_measures{
    {{"RR", line_measure::risk_ratio}, {"OR", line_measure::odds_ratio}, {"RD", line_measure::risk_difference}}};
inline constexpr std::array<named_choice<line_format>, 2> line_formats{{{"tsv", line_format::tsv}, {"ndjson", line_format::ndjson}}};
inline constexpr std::array<named_choice<batch_test>, 2> line_tests{{{"z", batch_test::z}, {"HK", batch_test::hartung_knapp}}};
inline constexpr std::array<named_choice<line_result>, 14> line_results{{{"studies", line_result::studies},
                                                                         {"estimate", line_result::estimate},
                                                                         {"se", line_result::se},
                                                                         {"lower", line_result::lower},
                                                                         {"upper", line_result::upper},
                                                                         {"statistic", line_result::statistic},
                                                                         {"p", line_result::p},
                                                                         {"minus_log10_p", line_result::minus_log10_p},
                                                                         {"tau2", line_result::tau2},
                                                                         {"q", line_result::q},
                                                                         {"q_p", line_result::q_p},
                                                                         {"q_minus_log10_p", line_result::q_minus_log10_p},
                                                                         {"i2", line_result::i2},
                                                                         {"h2", line_result::h2}}};

template <class T, std::size_t N>
T choice_named(const char* function, std::string_view option, std::string_view name, const std::array<named_choice<T>, N>& choices) {
  std::string all;
  for (const auto& c : choices) {
    if (equal_ignoring_case(name, c.name)) return c.value;
    all.append(all.empty() ? "" : ", ").append(c.name);
  }
  std::string message(option);
  message.append(" '").append(name).append("' must be one of: ").append(all);
  throw_input_error(function, message);
}

/// The pieces of a text between the given signs and blanks; empty ones are left out.
template <class = void>
std::vector<std::string> words_of(std::string_view text, std::string_view between = ", \t\r\n") {
  std::vector<std::string> words;
  while (true) {
    const auto begin = text.find_first_not_of(between);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const auto end = text.find_first_of(between);
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end);
  }
}

}  // namespace detail

/// Sets one option by the name that command lines use: format, model, measure, interval, level, floor, results, keep, prefix, decimal. False if there is no option of
/// that name; throws input_error if the value is not one of its choices.
template <class = void>
bool set_option(line_filter_options& o, std::string_view name, std::string_view value) {
  constexpr const char* function = "line_filter_options";
  const auto number = [&] {
    const auto n = parse_number<double>(value);
    if (n.status != number_status::number) detail::throw_input_error(function, std::string(name) + " '" + std::string(value) + "' must be a number");
    return n.value;
  };
  if (name == "format") {
    o.format = detail::choice_named(function, name, value, detail::line_formats);
  } else if (name == "model") {
    o.model = detail::choice_named(function, name, value, detail::line_models);
  } else if (name == "measure") {
    o.measure = detail::choice_named(function, name, value, detail::line_measures);
  } else if (name == "interval") {
    o.batch.test = detail::choice_named(function, name, value, detail::line_tests);
  } else if (name == "level") {
    o.batch.level = number();
  } else if (name == "floor") {
    o.batch.floor = number();
  } else if (name == "results") {
    o.results.clear();
    for (const std::string& word : detail::words_of(value)) o.results.push_back(detail::choice_named(function, name, word, detail::line_results));
  } else if (name == "keep") {
    o.keep = detail::words_of(value, ",");
  } else if (name == "prefix") {
    o.prefix = value;
  } else if (name == "decimal") {
    if (value != "." && value != ",") detail::throw_input_error(function, "decimal must be . or ,");
    o.numbers.decimal = value[0];
  } else {
    return false;
  }
  return true;
}

namespace detail {

template <class = void>
const char* status_text(batch_status status) {
  switch (status) {
    case batch_status::ok: return "ok";
    case batch_status::one_study: return "one_study";
    case batch_status::no_studies: return "no_studies";
    case batch_status::invalid: return "invalid";
    case batch_status::out_of_range: return "out_of_range";
    case batch_status::not_estimable: return "not_estimable";
    case batch_status::not_converged: return "not_converged";
  }
  return "unknown";
}

}  // namespace detail
}  // namespace metapool
