// SPDX-License-Identifier: BSL-1.0
// Do mesenchymal stromal cells lower the risk of death in COVID-19? Reads a table of trials, pools the risk ratio of death, and says what
// was left out and why.
//
//     msc_mortality [trials.csv [forest.svg]]
//
// Beside the counts the table needs the columns design, population, role, evidence and note (examples/data/msc_trials.csv).

#include <metapool/metapool.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mp = metapool;
using trial_list = mp::trial_table<mp::binary_trial<>>;
using trial_in_list = mp::trial_row<mp::binary_trial<>>;

namespace {

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }
void line(const std::string& text = {}) { print(text + "\n"); }
void heading(const std::string& text) { print("\n" + text + "\n" + std::string(text.size(), '=') + "\n\n"); }

bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }
bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The choices that make the headline, in words that the columns use.
bool is_primary(const trial_in_list& r) { return r.text("role") == "primary"; }
bool is_published(const trial_in_list& r) { return r.text("evidence") == "published"; }
bool is_covid(const trial_in_list& r) { return r.text("population") == "COVID-19"; }
bool is_randomised(const trial_in_list& r) { return starts_with(r.text("design"), "RCT"); }

std::string group_of(const trial_in_list& r) {
  if (!is_covid(r)) return "ARDS of other causes";
  return is_randomised(r) ? "COVID-19, randomised" : "COVID-19, not randomised";
}

// A figure that was not seen in print carries its mark wherever it is shown.
std::string mark_of(std::string_view evidence) {
  if (evidence == "unverified") return "†";
  if (evidence == "press report") return "‡";
  return {};
}
const char* const footnote_unverified = "† unverified: the figure was not seen in print";
const char* const footnote_press = "‡ from a press report";

std::string risk(double events, double total) {
  return mp::detail::short_text(events, 0) + "/" + mp::detail::short_text(total, 0) + " (" + mp::detail::fixed_text(100 * events / total, 0) + " %)";
}
std::string ratio(double x) { return mp::detail::ratio_text(x, 2); }
std::string interval(const mp::mean_inference<>& m) {
  const auto n = m.natural();
  return ratio(n.estimate) + " [" + ratio(n.lower) + ", " + ratio(n.upper) + "]";
}
std::string p_value(double p) { return "p " + mp::detail::p_text(p); }

// One line of a table of analyses: Mantel-Haenszel beside random effects with the modified Hartung-Knapp interval.
void add_analysis(mp::detail::aligned_columns& out, const std::string& name, const std::vector<mp::binary_trial<>>& trials) {
  const auto common = mp::mantel_haenszel(trials, mp::risk_ratio{});
  const auto random = mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}), mp::reml{});
  const auto wald = mp::infer(common);
  std::string by_random = "one trial";
  if (random.k() > 1) {
    const auto mean = mp::infer(random, mp::hartung_knapp{.floor = 1.0});
    by_random = interval(mean) + ", " + p_value(mean.p);
  }
  out.add({name, std::to_string(common.k()), interval(wald) + ", " + p_value(wald.p), by_random});
}

mp::detail::aligned_columns analyses() {
  mp::detail::aligned_columns out("lrll");
  out.add({"", "Trials", "Mantel-Haenszel", "Random effects, Hartung-Knapp"});
  out.rule();
  return out;
}

// The trials with the one of that label replaced, or with more behind them.
std::vector<mp::binary_trial<>> with_replaced(const trial_list& trials, const std::string& label, const mp::binary_trial<>& other) {
  std::vector<mp::binary_trial<>> out(trials.begin(), trials.end());
  for (auto& t : out) {
    if (t.label == label) t = other;
  }
  return out;
}

std::vector<mp::binary_trial<>> with_added(const trial_list& trials, const trial_list& more) {
  std::vector<mp::binary_trial<>> out(trials.begin(), trials.end());
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::string counts_of(const mp::binary_trial<>& t) {
  const auto arm = [](const mp::binary_arm<>& a) { return mp::detail::optional_text(a.events) + "/" + mp::detail::optional_text(a.total); };
  return arm(t.treated) + " v " + arm(t.control);
}

mp::prediction<> headline(const trial_list& trials, const std::string& svg) {
  heading("Death in the published randomised trials of COVID-19");
  const auto effects = mp::effect_sizes(trials, mp::risk_ratio{});
  const auto common = mp::mantel_haenszel(trials, mp::risk_ratio{});
  const auto random = mp::random_effects(effects, mp::reml{});
  const auto by_common = mp::infer(common);
  const auto by_random = mp::infer(random, mp::hartung_knapp{.floor = 1.0});
  const auto next = mp::predict(random, mp::higgins_thompson_spiegelhalter{});

  mp::summary_options<> shown;
  shown.treated = "Cells";
  shown.prediction = next;
  shown.tau2 = mp::heterogeneity_interval(random, mp::q_profile{});
  print(mp::summary(trials, random, by_random, shown));
  line();
  line("The same trials by two methods");
  mp::detail::aligned_columns out("lrlll");
  out.add({"", "Trials", "RR [95 % interval]", "test", "I2"});
  out.rule();
  const auto i2 = [](const mp::model_fit<>& f) { return mp::detail::fixed_text(100 * mp::heterogeneity(f).i2_q, 0) + " %"; };
  out.add({"Mantel-Haenszel, nothing added", std::to_string(common.k()), interval(by_common), p_value(by_common.p), i2(common)});
  out.add({"Random effects (REML), Hartung-Knapp", std::to_string(random.k()), interval(by_random), p_value(by_random.p), i2(random)});
  print(out.text());

  mp::forest_options<> drawn;
  drawn.title = "Mesenchymal stromal cells and death in COVID-19: published randomised trials";
  drawn.treated = "Cells";
  drawn.favours_left = "Favours cells";
  drawn.favours_right = "Favours control";
  const std::vector<mp::forest_pooled<>> pooled{{"Mantel-Haenszel", by_common, {}}, {"Random effects (REML), Hartung-Knapp", by_random, next}};
  mp::write_svg(svg, mp::forest_plot(trials, random, pooled, drawn));
  return next;
}

// What is known of the methods above with so many trials, so balanced, with so many deaths: what to prefer, and which of those chosen falls short.
void methods_that_hold(const trial_list& trials) {
  heading("Which methods hold with these trials");
  const auto list = [](const std::vector<mp::advice>& all) {
    for (const auto& a : all) line("- " + mp::detail::wrapped(mp::describe(a), 100, "  "));
  };
  list(mp::advise(mp::situation_of(trials, mp::risk_ratio{})));
  const auto random = mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}), mp::reml{});
  auto warnings = mp::warnings_of(mp::mantel_haenszel(trials, mp::risk_ratio{}), mp::wald_z{});
  const auto add = [&](const std::vector<mp::advice>& more) { warnings.insert(warnings.end(), more.begin(), more.end()); };
  add(mp::warnings_of(random, mp::hartung_knapp{.floor = 1.0}));
  add(mp::warnings_of(random, mp::higgins_thompson_spiegelhalter{}));
  add(mp::warnings_of(random, mp::q_profile{}));
  line();
  line(warnings.empty() ? "Of the intervals above none is known to fall short." : "Of the intervals above these are known to fall short:");
  list(warnings);
}

void subgroups(const trial_list& trials, const std::string& svg) {
  heading("By population and design");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < trials.size(); ++i) names.push_back(group_of(trial_in_list(trials, i)));
  const auto fits = mp::fit_subgroups(trials, names, [](const auto& t) { return mp::mantel_haenszel(t, mp::risk_ratio{}); });
  auto out = analyses();
  std::vector<mp::forest_subgroup<>> drawn;
  for (const auto& group : fits.groups) {
    std::vector<mp::binary_trial<>> members;
    for (const std::size_t i : group.members) members.push_back(trials[i]);
    add_analysis(out, group.name, members);
    drawn.push_back({group.name, group.members, group.fit, mp::infer(group.fit), {}});
  }
  print(out.text());
  for (const auto& reason : fits.not_estimable) line(reason);
  const auto test = mp::test_between(fits);
  const std::string between = mp::between_groups_text(test.statistic, test.df, test.p);
  line(between + " (Mantel-Haenszel)");
  line("The groups differ in patients, cells and design, so that they are not pooled with one another.");

  mp::forest_options<> options;
  options.title = "Mesenchymal stromal cells and death: all trials with published counts";
  options.treated = "Cells";
  options.favours_left = "Favours cells";
  options.favours_right = "Favours control";
  options.between_groups = between;
  const auto all = mp::mantel_haenszel(trials, mp::risk_ratio{});
  mp::write_svg(svg, mp::forest_plot(trials, all, std::vector<mp::forest_pooled<>>{}, drawn, options));
}

// Stem Cell Res Ther 2023, doi:10.1186/s13287-023-03286-8: the counts of the seven trials, taken from the table where it has them.
void published_analysis(const trial_list& all) {
  heading("A published meta-analysis, reproduced (doi:10.1186/s13287-023-03286-8)");
  const std::vector<std::string> of_it{"Zhu", "Shu", "Shi", "Monsel (STROMA-CoV-2)", "Lanzoni (all-cause reading)", "Dilogo", "Adas"};
  const trial_list trials = mp::where(all, [&](const trial_in_list& r) {
    for (const auto& label : of_it) {
      if (r.label() == label) return true;
    }
    return false;
  });
  if (trials.size() != of_it.size()) {
    line("The table does not hold all of its seven trials.");
    return;
  }
  const auto fit = mp::mantel_haenszel(trials, mp::risk_ratio{}, mp::constant_correction{});  // Review Manager 5's way
  const auto mean = mp::infer(fit);
  mp::summary_options<> shown;
  shown.treated = "Cells";
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (const auto mark = mark_of(trials.text(i, "evidence")); !mark.empty()) shown.marks[i] = mark;
  }
  shown.footnotes = {footnote_unverified, footnote_press};
  print(mp::summary(trials, fit, mean, shown));
  line("Printed there: RR 0.58 (0.38 to 0.87), heterogeneity P = 0.53, I2 = 0 %.");
  for (const auto& t : all) {
    if (t.label != "Lanzoni") continue;
    const auto published = mp::infer(mp::mantel_haenszel(with_replaced(trials, "Lanzoni (all-cause reading)", t), mp::risk_ratio{}, mp::constant_correction{}));
    line("The result rests on Lanzoni's second death (†), which was not seen in print; with the published " + counts_of(t) + ": RR " + interval(published) + ".");
  }
}

void lanzoni_readings(const trial_list& all, const trial_list& trials) {
  heading("Lanzoni's deaths can be read in three ways");
  const trial_list readings = mp::where(all, [](const trial_in_list& r) { return starts_with(r.label(), "Lanzoni"); });
  mp::detail::aligned_columns single("llll");
  single.add({"Reading", "Deaths", "RR of this trial", "Fisher's exact test"});
  single.rule();
  auto pooled = analyses();
  std::vector<std::string> marks;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const std::string mark = mark_of(readings.text(i, "evidence"));
    const std::string name = readings[i].label + (mark.empty() ? "" : " " + mark);
    const std::vector<mp::binary_trial<>> alone{readings[i]};
    const auto fisher = mp::fisher_exact(readings[i]);
    single.add({name, counts_of(readings[i]), interval(mp::infer(mp::common_effect(mp::effect_sizes(alone, mp::risk_ratio{})))),
                p_value(fisher.p) + ", mid-p " + mp::detail::p_text(fisher.p_mid).substr(2)});
    add_analysis(pooled, "headline with " + name, with_replaced(trials, "Lanzoni", readings[i]));
  }
  print(single.text());
  line();
  print(pooled.text());
  line(footnote_unverified);
  line(footnote_press);
}

void other_choices(const trial_list& all, const trial_list& trials) {
  heading("Other choices that could have been made");
  auto out = analyses();
  add_analysis(out, "headline", std::vector<mp::binary_trial<>>(trials.begin(), trials.end()));
  const trial_list press = mp::where(all, [](const trial_in_list& r) { return is_primary(r) && is_covid(r) && is_randomised(r) && r.text("evidence") == "press report"; });
  std::string labels;
  for (const auto& t : press) labels += (labels.empty() ? "" : ", ") + t.label;
  if (!press.empty()) add_analysis(out, "with " + labels + " ‡", with_added(trials, press));
  const trial_list observed = mp::where(all, [](const trial_in_list& r) { return is_primary(r) && is_covid(r) && !is_randomised(r) && is_published(r); });
  add_analysis(out, "with the non-randomised trials", with_added(trials, observed));
  const trial_list unverified = mp::where(all, [](const trial_in_list& r) { return is_primary(r) && is_covid(r) && !is_published(r); });
  labels.clear();
  for (std::size_t i = 0; i < unverified.size(); ++i) labels += (labels.empty() ? "" : ", ") + unverified[i].label + " " + mark_of(unverified.text(i, "evidence"));
  if (!unverified.empty()) add_analysis(out, "with " + labels, with_added(trials, unverified));
  print(out.text());
  line();

  mp::detail::aligned_columns zeros("llr");
  zeros.add({"Zero cells (random effects, REML; Hartung-Knapp)", "RR [95 % interval]", "Trials"});
  zeros.rule();
  const std::vector<std::pair<std::string, mp::zero_cell_policy>> policies{
      {"0.5 to every cell of trials with a zero, none without events", mp::constant_correction{}},
      {"the same, trials without events kept", mp::constant_correction{.double_zeros = mp::double_zero::keep}},
      {"treatment-arm correction", mp::treatment_arm_correction{}},
      {"empirical correction", mp::empirical_correction{}},
      {"nothing added, trials with a zero cell left out", mp::no_correction{}}};
  for (const auto& policy : policies) {
    const auto fit = mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}, policy.second), mp::reml{});
    zeros.add({policy.first, interval(mp::infer(fit, mp::hartung_knapp{.floor = 1.0})), std::to_string(fit.k())});
  }
  print(zeros.text());
  line(footnote_unverified);
  line(footnote_press);
}

void numbers_needed_to_treat(const trial_list& trials) {
  heading("Number needed to treat");
  double events = 0, total = 0;
  for (const auto& t : trials) {
    events += *t.control.events;
    total += *t.control.total;
  }
  const auto mean = mp::infer(mp::mantel_haenszel(trials, mp::risk_ratio{}));
  for (const double baseline : {events / total, 0.1}) {
    line("At a risk of death of " + mp::detail::fixed_text(100 * baseline, 0) + " % without cells" +
         (baseline == events / total ? " (that of the controls above, " + risk(events, total) + "): " : ": ") +
         mp::describe(mp::number_needed_to_treat(mean, baseline)));
  }
}

// One arm and what the risk of earlier patients was said to be, between lower and upper: did that let expect these deaths, and what does it add to them?
void beside_history(const trial_in_list& r, double lower, double upper) {
  const mp::proportion<> arm{r.label(), r.trial().treated.events, r.trial().treated.total};
  const auto percent = [](double share) { return mp::detail::fixed_text(100 * share, 0); };
  const auto history = mp::rate_of_range(lower, upper), doubted = mp::robust(history, 0.5);
  line();
  line(r.label() + " against its history: a risk of " + percent(lower) + " to " + percent(upper) + " %, said of earlier patients");
  line("Had that been the risk here, " + mp::detail::fixed_text(*arm.events, 0) + " deaths or fewer of " + mp::detail::fixed_text(*arm.total, 0) +
       " would have had a probability of " + mp::detail::fixed_text(mp::prior_conflict_of_rate(history, arm).lower, 5) + ".");
  mp::detail::aligned_columns out("lr");
  out.add({"Known before of the risk", "Risk [95 % posterior interval]"});
  out.rule();
  const auto add = [&](const std::string& what, const mp::rate_distribution<>& before) {
    const auto after = mp::update(before, arm).rate;
    out.add({what, percent(after.quantile(0.5)) + " % [" + percent(after.quantile(0.025)) + ", " + percent(after.quantile(0.975)) + "]"});
  };
  add("nothing (uniform)", mp::beta_rate(1.0, 1.0));
  add("that range", history);
  add("that range, or with probability 1/2 nothing (robust)", doubted);
  print(out.text());
  const double kept = mp::update(doubted, arm).rate.parts().front().weight;
  line("The robust prior keeps a share of " + mp::detail::fixed_text(kept, 5) + " of the range: these patients are not like those before them. Why - cells, milder disease,");
  line("better care - no number here can say, and no effect of the cells is estimated.");
}

void not_pooled(const trial_list& all) {
  heading("Trials that cannot give a risk ratio");
  mp::detail::aligned_columns out("lll");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const trial_in_list r(all, i);
    const std::string role(r.text("role"));
    const std::string mark = mark_of(r.text("evidence"));
    const std::string label = r.label() + " " + std::string(r.text("year")) + (mark.empty() ? "" : " " + mark);
    const bool case_report = r.trial().treated.total == 1.0 && !r.trial().control.total;
    if (case_report) {
      out.add({label, "refused", "a report of one patient: no control arm, and no risk to estimate"});
    } else if (role == "arms-only") {
      out.add({label, "not pooled", "deaths not reported (" + mp::detail::optional_text(r.trial().treated.total) + " v " + mp::detail::optional_text(r.trial().control.total) + " patients)"});
    } else if (role == "primary-if-allowed") {
      out.add({label, "not pooled", "the report gives no deaths; " + counts_of(r.trial()) + " is hearsay"});
    } else if (role == "named-only") {
      out.add({label, "not pooled", "neither deaths nor arms reported"});
    } else if (role == "exclude") {
      out.add({label, "excluded", "not a cell product (" + std::string(r.text("design")) + ")"});
    }
  }
  print(out.text());
  line();

  line("Single arms: the risk with its exact (Clopper-Pearson) interval; a historical range is no control arm");
  mp::detail::aligned_columns single("llll");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const trial_in_list r(all, i);
    const auto& arm = r.trial().treated;
    if (r.text("role") != "single-arm" || arm.total == 1.0) continue;
    const auto p = mp::proportion_interval(arm, mp::clopper_pearson{});
    const std::string mark = mark_of(r.text("evidence"));
    std::string beside;
    if (const auto at = r.text("note").find("historical"); at != std::string_view::npos) {
      const auto rest = r.text("note").substr(at);
      beside = std::string(rest.substr(0, rest.find_first_of(",;")));
    }
    single.add({r.label() + " " + std::string(r.text("year")) + (mark.empty() ? "" : " " + mark), risk(*arm.events, *arm.total),
                mp::detail::fixed_text(100 * p.lower, 0) + " to " + mp::detail::fixed_text(100 * p.upper, 0) + " %", beside});
  }
  print(single.text());
  line(footnote_unverified);
  line(footnote_press);

  for (std::size_t i = 0; i < all.size(); ++i) {
    const trial_in_list r(all, i);
    double lower = 0, upper = 0;
    const auto at = r.text("note").find("historical ");
    if (r.text("role") != "single-arm" || at == std::string_view::npos) continue;
    if (std::sscanf(std::string(r.text("note").substr(at)).c_str(), "historical %lf-%lf%%", &lower, &upper) == 2) beside_history(r, lower / 100, upper / 100);
  }

  line();
  line("Printed results that their own counts contradict");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const trial_in_list r(all, i);
    if (!contains(r.text("note"), "does NOT match") || !mp::is_complete(r.trial())) continue;
    const std::vector<mp::binary_trial<>> alone{r.trial()};
    line("  " + r.label() + ", " + counts_of(r.trial()) + ": RR " + interval(mp::infer(mp::common_effect(mp::effect_sizes(alone, mp::risk_ratio{})))));
    line("    " + mp::detail::wrapped(r.text("note"), 100, "    "));
  }
}

void in_words(const trial_list& trials, const mp::prediction<>& next) {
  heading("In words");
  double treated_events = 0, treated = 0, control_events = 0, control = 0;
  std::size_t without_events = 0;
  for (const auto& t : trials) {
    treated_events += *t.treated.events;
    treated += *t.treated.total;
    control_events += *t.control.events;
    control += *t.control.total;
    without_events += *t.treated.events == 0 && *t.control.events == 0;
  }
  const auto common = mp::infer(mp::mantel_haenszel(trials, mp::risk_ratio{}));
  const auto random = mp::infer(mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}), mp::reml{}), mp::hartung_knapp{.floor = 1.0});
  const bool common_excludes = common.lower > 0 || common.upper < 0;
  const bool random_excludes = random.lower > 0 || random.upper < 0;
  std::string s = "In " + std::to_string(trials.size()) + " randomised trials of COVID-19 with published deaths, " + risk(treated_events, treated) +
                  " patients given mesenchymal stromal cells and " + risk(control_events, control) + " controls died";
  s += without_events == 0 ? ". " : without_events == 1 ? "; one trial had no deaths and adds nothing to the ratio. " : "; trials without deaths add nothing to the ratio. ";
  s += "The pooled risk ratio is " + ratio(common.natural().estimate) + " (95 % interval " + ratio(common.natural().lower) + " to " + ratio(common.natural().upper) +
       ") if all trials share one effect, and " + ratio(random.natural().estimate) + " (" + ratio(random.natural().lower) + " to " + ratio(random.natural().upper) +
       ") if effects may differ between trials. ";
  if (common_excludes && random_excludes) {
    s += "Both intervals exclude no effect. ";
  } else if (!common_excludes && !random_excludes) {
    s += "Neither interval excludes no effect. ";
  } else {
    s += "Only one of the two intervals excludes no effect, so that the answer hangs on an assumption that so few trials cannot test. ";
  }
  s += "The effect in a new trial is expected between " + ratio(next.natural().lower) + " and " + ratio(next.natural().upper) +
       " (95 % prediction interval). The trials are small, differ in cells, dose, severity and follow-up, and were not assessed here for bias or for trials that were "
       "never published; the numbers say nothing of patients unlike theirs.";
  line(mp::detail::wrapped(s, 100, ""));
}

std::string beside(const std::string& svg, const std::string& what) {
  const auto dot = svg.rfind(".svg");
  return dot == std::string::npos ? svg + what : svg.substr(0, dot) + what + svg.substr(dot);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string path = argc > 1 ? argv[1] : "examples/data/msc_trials.csv";
    const std::string svg = argc > 2 ? argv[2] : "msc_mortality.svg";
    const trial_list all = mp::read_csv<mp::binary_trial<>>(path);
    const trial_list published = mp::where(all, [](const trial_in_list& r) { return is_primary(r) && is_published(r); });
    const trial_list trials = mp::where(published, [](const trial_in_list& r) { return is_covid(r) && is_randomised(r); });
    line("Mesenchymal stromal cells and the risk of death: " + std::to_string(all.size()) + " rows read, " + std::to_string(trials.size()) +
         " of them randomised trials of COVID-19 with published deaths");
    for (const auto& warning : all.warnings) line("warning: " + warning);
    const auto next = headline(trials, svg);
    methods_that_hold(trials);
    numbers_needed_to_treat(trials);
    subgroups(published, beside(svg, "_subgroups"));
    published_analysis(all);
    lanzoni_readings(all, trials);
    other_choices(all, trials);
    not_pooled(all);
    in_words(trials, next);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "msc_mortality: %s\n", e.what());
    return 1;
  }
}
