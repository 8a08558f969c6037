// SPDX-License-Identifier: BSL-1.0
// Many meta-analyses by many machines: run it by mpirun or srun. What it writes has the same bytes for any number of ranks and threads (docs/scale.md).
//
//     mpirun -n 4 metapool_ranks filter [options] IN OUT              a meta-analysis a line, as meta_filter, whose options format, columns, model, measure, interval,
//                                                                     level, floor, results, keep, prefix, decimal, threads and allow-malformed it has
//     mpirun -n 4 metapool_ranks simulate [options] TRIALS.csv OUT    trials like these, drawn again and again: what the usual methods make of them
//         --measure RR|OR|RD  --mean 0  --tau2 0.1  --replicates 10000  --seed 1  --threads 1
//     mpirun -n 4 metapool_ranks gwas SCRIPT...                       scripts of gwas_meta (METAL's commands); each ANALYZE is a job for one rank: a chromosome, say;
//                                                                     with more ranks than jobs, plain files with JOIN POSITION are shared out over all ranks
//
// All ranks must see the files. OUT is there whole or not at all. Exit code: 0; 2 if lines could not be read; 1 if something else failed.

#include <metapool/data/csv.hpp>
#include <metapool/data/file.hpp>
#include <metapool/mpi/ranks.hpp>
#include <metapool/simulation/methods.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mp = metapool;

namespace {

using words = std::vector<std::string>;

double number_of(const std::string& text, const std::string& option) {
  const auto n = mp::parse_number<double>(text);
  if (n.status != mp::number_status::number) throw mp::input_error(option + " '" + text + "' must be a number");
  return n.value;
}

std::uint64_t whole_number(const std::string& text, const std::string& option) {
  const double x = number_of(text, option);
  if (!(x >= 0 && x < 1e15) || !mp::detail::is_whole(x)) throw mp::input_error(option + " '" + text + "' must be a whole number");
  return static_cast<std::uint64_t>(x);
}

/// Calls take(option, value) for each option; gives the two names behind them.
template <class Take>
std::pair<std::string, std::string> read_arguments(const words& all, const Take& take) {
  words names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].compare(0, 2, "--") != 0) {
      names.push_back(all[i]);
    } else if (all[i] == "--allow-malformed") {
      take(all[i], std::string{});
    } else {
      if (i + 1 == all.size()) throw mp::input_error(all[i] + " needs a value");
      if (!take(all[i], all[i + 1])) throw mp::input_error("there is no option " + all[i]);
      ++i;
    }
  }
  if (names.size() != 2) throw mp::input_error("the names of two files are needed, IN and OUT");
  return {names[0], names[1]};
}

int filter(MPI_Comm comm, const words& all) {
  mp::filter_file_options options;
  bool allow_malformed = false;
  const auto [in, out] = read_arguments(all, [&](const std::string& option, const std::string& value) {
    if (option == "--allow-malformed") return allow_malformed = true;
    if (option == "--columns") return options.columns = value, true;
    if (option == "--threads") return options.threads = static_cast<unsigned>(whole_number(value, option)), true;
    return mp::set_option(options.filter, option.substr(2), value);
  });
  const auto report = mp::filter_file(comm, in, out, options);
  if (!report || report->malformed == 0) return 0;
  const bool header = options.filter.format == mp::line_format::tsv && options.columns.empty();
  std::fprintf(stderr, "metapool_ranks: %s", mp::describe(*report, header ? 1 : 0).c_str());
  return allow_malformed ? 0 : 2;
}

/// A line a method, all numbers in full.
std::string table_of(const mp::simulation_result& r) {
  std::string text = "method\treplicates\tanswered\trefused\tfailed\tcoverage\tcoverage_error\trejection\tbias\tbias_error\tmse\tempirical_se\tmedian_width\n";
  for (const auto& m : r.methods) {
    text += m.name;
    for (const std::size_t n : {m.replicates, m.answered, m.refused, m.failed}) text += "\t" + std::to_string(n);
    const auto add = [&](const std::optional<double>& x) { text += "\t" + (x ? mp::number_text(*x) : std::string("NA")); };
    const auto value = [](const std::optional<mp::monte_carlo>& x) { return x ? std::optional<double>(x->value) : std::nullopt; };
    const auto error = [](const std::optional<mp::monte_carlo>& x) { return x ? std::optional<double>(x->error) : std::nullopt; };
    add(value(m.coverage));
    add(error(m.coverage));
    add(value(m.rejection));
    add(value(m.bias));
    add(error(m.bias));
    add(value(m.mse));
    add(value(m.empirical_se));
    add(m.median_width);
    text += "\n";
  }
  return text;
}

template <class Measure>
void simulate_measure(MPI_Comm comm, const Measure& measure, const std::string& in, const std::string& out, const mp::true_effects_model& effects, const mp::simulate_options& options) {
  mp::binary_trials_model<Measure> model{.effects = effects};
  mp::detail::all_or_none(comm, [&] {
    std::vector<mp::arm_sizes> sizes;
    model.control_risk.clear();
    for (const auto& row : mp::read_csv<mp::binary_trial<>>(in)) {
      const mp::binary_trial<>& t = row;
      if (!mp::is_complete(t)) continue;
      sizes.push_back({*t.treated.total, *t.control.total});
      model.control_risk.push_back((*t.control.events + 0.5) / (*t.control.total + 1));
    }
    model.sizes = sizes;
  });
  const auto result = mp::simulate(comm, model, mp::methods_for(measure), options);
  mp::detail::all_or_none(comm, [&] {
    if (!result) return;
    mp::atomic_file file(out, "metapool_ranks");
    file.write(table_of(*result));
    file.commit();
  });
}

int simulate(MPI_Comm comm, const words& all) {
  mp::simulate_options options{.replicates = 10000, .threads = 1};
  mp::true_effects_model effects{.tau2 = 0.1};
  mp::line_measure measure = mp::line_measure::risk_ratio;
  const auto [in, out] = read_arguments(all, [&](const std::string& option, const std::string& value) {
    if (option == "--replicates") return options.replicates = whole_number(value, option), true;
    if (option == "--seed") return options.seed = whole_number(value, option), true;
    if (option == "--threads") return options.threads = static_cast<unsigned>(whole_number(value, option)), true;
    if (option == "--mean") return effects.mean = number_of(value, option), true;
    if (option == "--tau2") return effects.tau2 = number_of(value, option), true;
    if (option == "--measure") return measure = mp::detail::choice_named("metapool_ranks", option, value, mp::detail::line_measures), true;
    return false;
  });
  if (measure == mp::line_measure::risk_ratio) simulate_measure(comm, mp::risk_ratio{}, in, out, effects, options);
  if (measure == mp::line_measure::odds_ratio) simulate_measure(comm, mp::odds_ratio{}, in, out, effects, options);
  if (measure == mp::line_measure::risk_difference) simulate_measure(comm, mp::risk_difference{}, in, out, effects, options);
  return 0;
}

int gwas(MPI_Comm comm, const words& scripts) {
  std::vector<mp::gwas_job> jobs;
  mp::detail::all_or_none(comm, [&] {
    for (const std::string& script : scripts) {
      mp::gwas_commands commands(mp::gwas_scheme::sample_size);  // METAL's own
      const std::string text = mp::detail::read_file(script, "metapool_ranks");
      std::size_t number = 0;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = (std::min)(text.find('\n', at), text.size());
        ++number;
        try {
          if (auto job = commands.line(std::string_view(text).substr(at, end - at))) jobs.push_back(*std::move(job));
        } catch (const mp::input_error& e) {
          throw mp::input_error(script + ": line " + std::to_string(number) + ": " + e.what());
        }
        at = end + 1;
      }
    }
    if (jobs.empty()) throw mp::input_error("the scripts have no ANALYZE");
  });
  const auto reports = mp::gwas_meta(comm, jobs);
  for (std::size_t i = 0; reports && i < jobs.size(); ++i) {
    std::printf("%s: %llu variants of %zu files\n%s", jobs[i].output.c_str(), static_cast<unsigned long long>((*reports)[i].written), jobs[i].files.size(), (*reports)[i].text.c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const bool first = mp::detail::rank_of(MPI_COMM_WORLD) == 0;
  int code = 1;
  try {
    const words all(argv + 1, argv + argc);
    const std::string what = all.empty() ? std::string{} : all.front();
    const words rest(all.begin() + (all.empty() ? 0 : 1), all.end());
    if (what == "filter") {
      code = filter(MPI_COMM_WORLD, rest);
    } else if (what == "simulate") {
      code = simulate(MPI_COMM_WORLD, rest);
    } else if (what == "gwas") {
      code = gwas(MPI_COMM_WORLD, rest);
    } else {
      throw mp::input_error("what is to be done? filter, simulate or gwas");
    }
  } catch (const mp::error& e) {  // on all ranks
    if (first) std::fprintf(stderr, "metapool_ranks: %s\n", e.what());
  } catch (const std::exception& e) {  // perhaps on this rank only: the others must not wait for it
    std::fprintf(stderr, "metapool_ranks: %s\n", e.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Bcast(&code, 1, MPI_INT, 0, MPI_COMM_WORLD);
  MPI_Finalize();
  return code;
}
