// SPDX-License-Identifier: BSL-1.0
// The settings of a RevMan Web data package: how each analysis was made, and its stored result.
#pragma once

#include <metapool/data/revman.hpp>
#include <metapool/data/revman_web_tables.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace metapool::detail {

/// Reads a row of the settings.
template <class Real>
class revman_web_settings : protected revman_web_tables<Real> {
 protected:
  using tables = revman_web_tables<Real>;
  using tables::function_, tables::level, tables::list, tables::no, tables::results, tables::settings_, tables::text, tables::yes;
  using revman_web_tables<Real>::revman_web_tables;

  revman_outcome<Real> outcome(std::size_t r) {
    const auto setting = [&](std::string_view column) { return text(settings_, r, column); };
    const auto unknown = [&](const char* column, const char* taken) {
      list(settings_, r, std::string(column) + " = " + in_quotes(setting(column)) + " is not known; " + taken + " is assumed");
    };
    revman_outcome<Real> o;
    o.line = settings_.lines[r];
    o.number = setting("Analysis number");
    o.name = setting("Analysis name");
    o.label_1 = setting("Experimental group label");
    o.label_2 = setting("Control group label");
    o.measure = setting("Effect measure");
    const std::string type = letters<>(setting("Data type"));
    if (type == "dichotomous") {
      o.data = revman_data::dichotomous;
    } else if (type == "continuous") {
      o.data = revman_data::continuous;
    } else if (type == "contrastlevel") {
      o.data = revman_data::generic_inverse_variance;
    } else if (type == "oeandvariance") {
      o.data = revman_data::o_minus_e;
    } else {
      throw_input_error(function_, settings_.file + ": line " + std::to_string(o.line) + ": Data type = " + in_quotes(setting("Data type")) +
                                       " must be Dichotomous, Continuous, Contrast level, or O-E and variance");
    }
    const std::string method = letters<>(setting("Statistical method"));
    if (o.data == revman_data::o_minus_e) {
      o.method = revman_method::o_minus_e;
    } else if (o.data == revman_data::dichotomous && (method == "mh" || method.find("mantel") != std::string::npos)) {
      o.method = revman_method::mantel_haenszel;
    } else if (o.data == revman_data::dichotomous && method.find("peto") != std::string::npos) {
      o.method = revman_method::peto;
    } else if (method != "iv" && method.find("inverse") == std::string::npos && !method.empty()) {
      unknown("Statistical method", "inverse variance");
    }
    if (letters<>(o.measure).substr(0, 4) == "peto" && o.data == revman_data::dichotomous) o.method = revman_method::peto;
    const std::string model = letters<>(setting("Analysis model"));
    o.random = model.substr(0, 6) == "random";
    if (!o.random && model.substr(0, 5) != "fixed" && model.substr(0, 6) != "common" && !model.empty()) unknown("Analysis model", "a fixed effect");
    const std::string estimator = letters<>(setting("Heterogeneity estimator"));
    if (estimator.find("reml") != std::string::npos || estimator.find("restricted") != std::string::npos) {
      o.tau2 = revman_tau2::reml;
    } else if (!estimator.empty() && estimator != "dl" && estimator.find("dersimonian") == std::string::npos) {
      unknown("Heterogeneity estimator", "DerSimonian and Laird's");
    }
    const std::string interval = letters<>(setting("CI method"));
    if (interval.find("hksj") != std::string::npos || interval.find("hartung") != std::string::npos) {
      o.interval = revman_interval::hartung_knapp;
    } else if (!interval.empty() && interval.find("wald") == std::string::npos) {
      unknown("CI method", "Wald");
    }
    o.ratio = o.data == revman_data::o_minus_e || is_ratio_measure(o.measure) ||
              (o.data == revman_data::generic_inverse_variance && yes(setting("Log-scale data")));
    o.swap_events = yes(setting("Swap event and non-event"));
    if (no(setting("Overall estimates"))) o.totals = no(setting("Subgroup estimates")) ? revman_totals::none : revman_totals::subgroups_only;
    o.level_studies = level(r, "Study CI");
    o.level_total = level(r, "Estimate CI");
    o.stored = results(settings_, r);
    return o;
  }
};

}  // namespace metapool::detail
