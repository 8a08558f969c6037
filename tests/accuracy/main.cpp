// SPDX-License-Identifier: BSL-1.0
// How many digits of the library's answers in double are right: every reference case is run in double and in 50 digits by the same
// templates, from the same doubles, and the two are compared. Writes docs/accuracy.md, and checks that what stands there still holds.
#include "accuracy/fifty_digits.hpp"
#include "conformance/operations.hpp"
#include "conformance/reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace conformance;
using accuracy::fifty_digits;

constexpr const char* usage =
    "usage: metapool_accuracy [--output FILE | --check FILE | --show ID] DIR...\n"
    "Compares the library's answers in double with those in 50 digits on all reference cases in the folders; prints a table in Markdown.\n"
    "  --output FILE  writes the table to FILE\n"
    "  --check FILE   compares with the table in FILE: exit code 1 if a method keeps less than it says there, or less than it promises\n"
    "  --show ID      prints both answers to one case\n";

/// Digits that the library promises for closed forms and scalar searches; of p-values one less, since far in the tail a relative error of
/// the statistic becomes one of about z^2 times its size in p.
double promised_digits(const std::string& quantity) {
  return quantity == "p" || quantity.rfind("p,", 0) == 0 || quantity.rfind("p of ", 0) == 0 ? 11 : 12;
}
/// A double has no more.
constexpr double most_digits = 16;

/// Under which heading an answer counts.
struct row_name {
  std::string method;
  std::string quantity;
  auto operator<=>(const row_name&) const = default;
};

struct row {
  std::size_t values = 0;
  double fewest_of_value = most_digits;  ///< |error| relative to the value itself
  std::vector<double> digits;            ///< |error| relative to the value or, if larger, its scale
  std::string where;                     ///< case of the fewest digits
};

std::string quantity_of(const std::string& field_name) {
  static const std::map<std::string, std::string> names{{"beta", "estimate"},
                                                        {"common", "estimate"},
                                                        {"random", "estimate"},
                                                        {"common_se", "se"},
                                                        {"random_se", "se"},
                                                        {"statistic", "z"},
                                                        {"ci_lb", "interval"},
                                                        {"ci_ub", "interval"},
                                                        {"pi_lb", "prediction interval"},
                                                        {"pi_ub", "prediction interval"},
                                                        {"pi_lb_riley", "prediction interval, k - 2"},
                                                        {"pi_ub_riley", "prediction interval, k - 2"},
                                                        {"aic", "AIC, AICc, BIC"},
                                                        {"aicc", "AIC, AICc, BIC"},
                                                        {"bic", "AIC, AICc, BIC"},
                                                        {"loglik", "log-likelihood"},
                                                        {"se_tau2", "se of tau2"},
                                                        {"Q_p", "p of Q"},
                                                        {"blup", "shrinkage estimates"},
                                                        {"blup_se", "se of shrinkage estimates"},
                                                        {"tau2_lb", "interval of tau2"},
                                                        {"tau2_ub", "interval of tau2"},
                                                        {"I2_lb", "interval of I2"},
                                                        {"I2_ub", "interval of I2"},
                                                        {"yi", "y"},
                                                        {"vi", "v"},
                                                        {"odds_ratio", "odds ratio"},
                                                        {"cmh", "CMH"},
                                                        {"cmh_p", "p of CMH"},
                                                        {"breslow_day", "Breslow-Day"},
                                                        {"breslow_day_p", "p of Breslow-Day"},
                                                        {"tarone", "Tarone"},
                                                        {"tarone_p", "p of Tarone"},
                                                        {"p_less", "p, one-sided"},
                                                        {"p_greater", "p, one-sided"},
                                                        {"p_mid", "p, mid-p"},
                                                        {"ci_lb_mid", "mid-p interval"},
                                                        {"ci_ub_mid", "mid-p interval"},
                                                        {"ci_lb_blaker", "Blaker interval"},
                                                        {"ci_ub_blaker", "Blaker interval"},
                                                        {"clopper_pearson_lb", "Clopper-Pearson"},
                                                        {"clopper_pearson_ub", "Clopper-Pearson"},
                                                        {"mid_p_lb", "mid-p"},
                                                        {"mid_p_ub", "mid-p"},
                                                        {"jeffreys_lb", "Jeffreys"},
                                                        {"jeffreys_ub", "Jeffreys"},
                                                        {"wilson_lb", "Wilson"},
                                                        {"wilson_ub", "Wilson"},
                                                        {"best", "interval"},
                                                        {"worst", "interval"}};
  const auto found = names.find(field_name);
  return found == names.end() ? field_name : found->second;
}

/// What of the mean's inference depends on the interval method rather than on the estimator of tau2.
bool by_interval(const std::string& field_name) {
  static const std::set<std::string> names{"se", "statistic", "p", "ci_lb", "ci_ub", "pi_lb", "pi_ub", "pi_lb_riley", "pi_ub_riley"};
  return names.count(field_name) != 0;
}

std::string method_of(const reference_case& c, const std::string& field_name) {
  const options& o = c.options;
  if (c.op == "effect_size") return "effect size " + o.text("measure") + (o.has("vtype") ? " " + o.text("vtype") : "");
  if (c.op == "pool") {
    static const std::map<std::string, std::string> tests{
        {"z", "Wald z"}, {"t", "Wald t"}, {"knha", "Hartung-Knapp"}, {"adhoc", "Hartung-Knapp, floor 1"}};
    if (by_interval(field_name)) return tests.at(o.text("test", "z"));
    return o.text("method") == "EE" ? "common effect" : "random effects " + o.text("method");
  }
  if (c.op == "pool_ci") return o.text("ci") == "KR" ? "Kenward-Roger" : "Hartung-Knapp and Wald as in meta";
  if (c.op == "predict") return "prediction " + o.text("type");
  if (c.op == "tau2_ci") return o.text("type") == "PL" ? "profile likelihood of tau2" : "Q-profile";
  if (c.op == "mantel_haenszel") return "Mantel-Haenszel " + o.text("measure");
  if (c.op == "peto") return "Peto";
  if (c.op == "zero_cells") return "zero cells, " + o.text("incr");
  if (c.op == "revman_random") return "RevMan's random effects";
  if (c.op == "fisher_exact") return "Fisher's exact test";
  if (c.op == "exact_conditional_or") return "exact common odds ratio";
  if (c.op == "pearson_chi_squared") return "Pearson's test";
  if (c.op == "proportion") return "proportion of one arm";
  if (c.op == "number_needed_to_treat") return "number needed to treat " + o.text("measure");
  return c.op;
}

double digits_of(const fifty_digits& error, const fifty_digits& size) {
  if (error == 0) return most_digits;
  if (size == 0) return 0;
  return std::clamp(-std::log10(static_cast<double>(error / size)), 0.0, most_digits);
}

class comparison {
 public:
  /// Methods by quadrature, by search in several parameters or over all arrangements, which would take hours in 50 digits: their own tests hold them.
  static bool judged_elsewhere(const reference_case& c) {
    return c.op == "bayes" || c.op == "glmm" || c.op == "henmi_copas" || c.op == "permutation_test" || (c.op == "tau2_ci" && c.options.text("type") == "GENQ");
  }

  void examine(const data_set& data, const reference_case& c) {
    if (judged_elsewhere(c)) return;
    answers<double> in_double;
    answers<fifty_digits> exact;
    const bool in_one = answered(data, c, in_double), in_other = answered(data, c, exact);
    if (in_one != in_other) fail(c, "(all)", "estimable in one number type only");
    if (!in_one || !in_other) return;
    for (const auto& [name, f] : in_double.fields()) {
      const field<fifty_digits>& e = exact.fields().at(name);
      if (f.values.size() != e.values.size()) fail(c, name, "different numbers of values");
      for (std::size_t i = 0; i < f.values.size(); ++i) count(c, name, f.values[i], e, i);
    }
  }

  const std::map<row_name, row>& rows() const { return rows_; }
  bool failed = false;

 private:
  template <class Real>
  bool answered(const data_set& data, const reference_case& c, answers<Real>& a) {
    try {
      a = evaluate<Real>(data, c);
      return true;
    } catch (const unsupported&) {
    } catch (const metapool::not_estimable&) {
    } catch (const metapool::error& e) {
      fail(c, "(all)", e.what());
    }
    return false;
  }

  void fail(const reference_case& c, const std::string& name, const std::string& what) {
    std::cout << "FAIL " << c.id << ' ' << name << ": " << what << '\n';
    failed = true;
  }

  void count(const reference_case& c, const std::string& name, const std::optional<double>& value, const field<fifty_digits>& e,
             std::size_t i) {
    const std::optional<fifty_digits>& exact = e.values[i];
    if (value.has_value() != exact.has_value()) return fail(c, name, "estimable in one number type only");
    if (!value) return;
    if (!std::isfinite(*value) && static_cast<double>(*exact) == *value) return;  // infinite in both
    const fifty_digits size = abs(*exact), error = abs(fifty_digits(fifty_digits(*value) - *exact));
    fifty_digits judged = size;
    if (e.scale && *e.scale > judged) judged = *e.scale;
    const double digits = static_cast<double>(*exact) == *value ? most_digits : digits_of(error, judged);
    row& r = rows_[{method_of(c, name), quantity_of(name)}];
    if (r.values == 0 || digits < *std::min_element(r.digits.begin(), r.digits.end())) r.where = c.id;
    ++r.values;
    r.digits.push_back(digits);
    r.fewest_of_value = std::min(r.fewest_of_value, static_cast<double>(*exact) == *value ? most_digits : digits_of(error, size));
  }

  std::map<row_name, row> rows_;
};

/// Rounded down, so that what is written holds.
std::string one_decimal(double x) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << std::floor(x * 10) / 10;
  return out.str();
}

void print(std::ostream& out, const std::map<row_name, row>& rows) {
  out << R"(# Accuracy

This page is the output of

    metapool_accuracy --output docs/accuracy.md tests/reference tests/accuracy/hard

It counts the significant digits of the library's answers in `double` that are right. The cases are the reference cases (tests/reference)
and some made to be hard (tests/accuracy/hard: variances over 16 decades, a million patients an arm, Q one part in 10^11 above k - 1, ...).
Each is computed twice by the same templates from the same input, in `double` and in 50 digits (Boost.Multiprecision's
`cpp_bin_float_50`); the second answer is the judge of the first. A difference of one part in 10^12 is 12 digits; 16 means the `double` nearest to the exact answer.

- *fewest*: in the worst of the values, which is that of the case named last; *median*: in the middle one.
- The error is relative to the value. Some values are differences of larger numbers, and can come out near zero: then no `double`
  computation from rounded input keeps all digits of the value itself, and the error is relative to the size of those numbers. These are: an
  estimate and the ends of its interval (relative to its standard error, if that is larger), a z or t statistic, Q, I2 and H2 (to 1), tau2 and
  its interval (to the typical within-study variance), the log-likelihood and information criteria (to the number of studies).
  *of the value* is the fewest digits relative to the value itself, whatever its size.
- *promise*: what a test holds the library to, on these cases: 12 digits, and 11 of a p-value, since a relative error of a statistic z becomes
  an error of about z^2 times its size in a p-value far in the tail.

Not on this page, because 50 digits would take hours: methods by quadrature (Henmi-Copas, generalised Q, the Bayesian posterior), by search in
several parameters (likelihood models of counts), over all arrangements (permutation). Their own tests hold them to 10 digits or say to what.

| method | quantity | values | promise | fewest | median | of the value | case of the fewest |
|---|---|---:|---:|---:|---:|---:|---|
)";
  for (const auto& [name, r] : rows) {
    std::vector<double> d = r.digits;
    std::sort(d.begin(), d.end());
    out << "| " << name.method << " | " << name.quantity << " | " << r.values << " | " << promised_digits(name.quantity) << " | "
        << one_decimal(d.front()) << " | " << one_decimal(d[d.size() / 2]) << " | " << one_decimal(r.fewest_of_value) << " | " << r.where
        << " |\n";
  }
}

/// What a row of the page says.
struct written_row {
  double promise = 0;
  double fewest = 0;
};

/// The rows of a table that print wrote.
std::map<row_name, written_row> read_rows(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw file_error(file.string() + ": cannot be read");
  std::map<row_name, written_row> rows;
  std::string line;
  while (std::getline(in, line)) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '|');) {
      const auto first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    if (cells.size() < 9 || cells[1] == "method" || cells[1].rfind("---", 0) == 0) continue;
    rows[{cells[1], cells[2]}] = {std::stod(cells[4]), std::stod(cells[5])};
  }
  return rows;
}

/// Half a digit of room: another compiler may round one operation otherwise.
constexpr double room = 0.5;

bool holds(const std::map<row_name, row>& measured, const std::filesystem::path& file) {
  bool good = true;
  const auto complain = [&](const row_name& name) -> std::ostream& {
    good = false;
    return std::cout << "FAIL " << name.method << ", " << name.quantity << ": ";
  };
  const auto written = read_rows(file);
  for (const auto& [name, r] : measured) {
    const double fewest = *std::min_element(r.digits.begin(), r.digits.end());
    const auto found = written.find(name);
    const double promised = promised_digits(name.quantity);
    if (fewest < promised) complain(name) << fewest << " digits in " << r.where << ", promised " << promised << '\n';
    if (found == written.end()) {
      complain(name) << "not in " << file.string() << '\n';
    } else if (fewest < found->second.fewest - room) {
      complain(name) << fewest << " digits in " << r.where << ", but " << found->second.fewest << " in " << file.string() << '\n';
    } else if (found->second.promise != promised) {
      complain(name) << "promises " << found->second.promise << " in " << file.string() << ", but " << promised << " here\n";
    }
  }
  for (const auto& [name, said] : written) {
    if (measured.count(name) == 0) complain(name) << "in " << file.string() << " but not measured\n";
  }
  std::cout << measured.size() << " rows compared with " << file.string() << '\n';
  return good && !measured.empty();
}

void show(const data_set& data, const reference_case& c) {
  const auto in_double = evaluate<double>(data, c);
  const auto exact = evaluate<fifty_digits>(data, c);
  for (const auto& [name, f] : in_double.fields()) {
    for (std::size_t i = 0; i < f.values.size(); ++i) {
      const auto& e = exact.fields().at(name).values[i];
      std::cout << name << '[' << i + 1 << "]: " << std::setprecision(17);
      if (f.values[i]) std::cout << *f.values[i];
      std::cout << "  " << (e ? e->str(30) : "not estimable") << '\n';
    }
  }
}

struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    std::string output, check, id;
    std::vector<std::filesystem::path> folders;
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      std::string* value = word == "--output" ? &output : word == "--check" ? &check : word == "--show" ? &id : nullptr;
      if (value) {
        if (i + 1 == argc) throw usage_error(word + " needs a value");
        *value = argv[++i];
      } else if (word.rfind("--", 0) == 0) {
        throw usage_error("unknown option " + word);
      } else {
        folders.emplace_back(word);
      }
    }
    if (folders.empty()) throw usage_error("no folder is given");
    comparison all;
    for (const auto& folder : folders) {
      for (const data_set& data : read_folder(folder)) {
        for (const reference_case& c : data.cases) {
          if (id.empty()) {
            all.examine(data, c);
          } else if (c.id == id) {
            show(data, c);
          }
        }
      }
    }
    if (!id.empty()) return 0;
    if (!check.empty()) return holds(all.rows(), check) && !all.failed ? 0 : 1;
    if (output.empty()) {
      print(std::cout, all.rows());
    } else {
      std::ofstream out(output);
      print(out, all.rows());
      if (!out.flush()) throw file_error(output + ": cannot be written");
    }
    return all.failed ? 1 : 0;
  } catch (const usage_error& e) {
    std::cerr << "metapool_accuracy: " << e.what() << '\n' << usage;
  } catch (const std::exception& e) {
    std::cerr << "metapool_accuracy: " << e.what() << '\n';
  }
  return 2;
}
