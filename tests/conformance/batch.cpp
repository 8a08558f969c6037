// SPDX-License-Identifier: BSL-1.0
#include "conformance/batch.hpp"

#include "conformance/studies.hpp"

#include <metapool/batch/counts.hpp>
#include <metapool/batch/pool.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace conformance {

bool answer_by_batch(const data_set& data, const options& o, answers<double>& a) {
  if (o.has("moderators")) return false;
  const std::string method = o.text("method"), test = o.text("test", "z");
  metapool::batch_options options;
  if (test == "knha" || test == "adhoc") {
    options.test = metapool::batch_test::hartung_knapp;
    options.floor = test == "adhoc" ? 1 : 0;
  } else if (test != "z") {
    return false;
  }
  const auto effects = pooled_effects<double>(data, o.text("measure"));
  const std::size_t k = effects.size(), columns = 11, mine = 9;
  if (k < 2) return false;
  // the other columns have the studies in another order, with one missing each
  std::vector<double> y((k + 1) * columns, std::numeric_limits<double>::quiet_NaN()), v(y.size(), 1.0);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t c = 0; c < columns; ++c) {
      const std::size_t from = c == mine ? i : (i + c) % k;
      if (c != mine && i == 0) continue;
      y[(i + 1) * columns + c] = effects.y[from];
      v[(i + 1) * columns + c] = effects.v[from];
    }
  }
  std::vector<double> estimate(columns), se(columns), lower(columns), upper(columns), statistic(columns), p(columns), lp(columns), tau2(columns), q(columns), q_p(columns), q_lp(columns),
      i2(columns), h2(columns);
  std::vector<metapool::batch_status> status(columns);
  const metapool::batch_view<double> view{y, v, k + 1, columns};
  const metapool::batch_columns<double> out{estimate, se, lower, upper, statistic, p, lp, tau2, q, q_p, q_lp, i2, h2, {}, status};
  if (method == "EE") {
    metapool::batch_common_effect(view, out, options);
  } else if (method == "DL") {
    metapool::batch_random_effects(view, metapool::dersimonian_laird{}, out, options);
  } else if (method == "PM") {
    metapool::batch_random_effects(view, metapool::paule_mandel{}, out, options);
  } else if (method == "REML") {
    metapool::batch_random_effects(view, metapool::reml{}, out, options);
  } else {
    return false;
  }
  if (status[mine] != metapool::batch_status::ok) return false;
  a.set("beta", estimate[mine]);
  a.set("se", se[mine]);
  a.set("ci_lb", lower[mine]);
  a.set("ci_ub", upper[mine]);
  a.set("statistic", statistic[mine]);
  a.set_p("p", p[mine], -lp[mine] * std::log(10.0));
  a.set("tau2", tau2[mine]);
  a.set("Q", q[mine]);
  a.set_p("Q_p", q_p[mine], -q_lp[mine] * std::log(10.0));
  if (method == "EE" || method == "DL") a.set("I2", i2[mine]);  // for the others metafor's is that from tau2
  return true;
}

bool answer_by_count_batch(const data_set& data, const std::string& op, const options& o, answers<double>& a) {
  const std::string measure = o.text("measure", "OR");
  if (op == "mantel_haenszel" ? !(measure == "OR" || measure == "RR" || measure == "RD") : measure != "OR") return false;
  const auto trials = binary_trials<double>(data);
  const std::size_t k = trials.size(), columns = 19, mine = 17;
  // the other columns lack one study each
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> treated(k * columns), treated_total(k * columns), control(k * columns), control_total(k * columns);
  bool empty_study = false;
  for (std::size_t i = 0; i < k; ++i) {
    const auto& t = trials[i];
    empty_study |= t.treated.events == 0 && t.control.events == 0;
    for (std::size_t c = 0; c < columns; ++c) {
      const std::size_t at = i * columns + c;
      treated[at] = c != mine && c % k == i ? nan : t.treated.events.value_or(nan);
      treated_total[at] = t.treated.total.value_or(nan);
      control[at] = t.control.events.value_or(nan);
      control_total[at] = t.control.total.value_or(nan);
    }
  }
  std::vector<double> estimate(columns), se(columns), lower(columns), upper(columns), statistic(columns), p(columns), lp(columns), q(columns), q_p(columns), q_lp(columns), i2(columns);
  std::vector<metapool::batch_status> status(columns);
  const metapool::batch_counts<double> view{treated, treated_total, control, control_total, k, columns};
  const metapool::batch_columns<double> out{estimate, se, lower, upper, statistic, p, lp, {}, q, q_p, q_lp, i2, {}, {}, status};
  if (op == "peto") {
    metapool::batch_peto(view, out);
  } else if (measure == "OR") {
    metapool::batch_mantel_haenszel(view, metapool::odds_ratio{}, out);
  } else if (measure == "RR") {
    metapool::batch_mantel_haenszel(view, metapool::risk_ratio{}, out);
  } else {
    metapool::batch_mantel_haenszel(view, metapool::risk_difference{}, out);
  }
  if (status[mine] != metapool::batch_status::ok) return false;
  a.set("estimate", estimate[mine]).scale = se[mine];
  a.set("se", se[mine]);
  a.set("z", statistic[mine]).scale = 1;
  a.set_p("p", p[mine], -lp[mine] * std::log(10.0));
  a.set("ci_lb", lower[mine]).scale = se[mine];
  a.set("ci_ub", upper[mine]).scale = se[mine];
  if (empty_study) return true;  // metafor takes Q without them
  a.set("Q", q[mine]).scale = 1;
  a.set_p("Q_p", q_p[mine]);
  a.set("I2", i2[mine]).scale = 1;
  return true;
}

}  // namespace conformance
