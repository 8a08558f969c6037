// SPDX-License-Identifier: BSL-1.0
// What work over ranks promises, tried by all ranks: metapool_ranks_test check|full|die FOLDER. Says what does not hold on standard error; exit code 0 if all holds.
#include <metapool/data/file.hpp>
#include <metapool/mpi/ranks.hpp>
#include <metapool/simulation/methods.hpp>

#include <sys/resource.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mp = metapool;
namespace fs = std::filesystem;

namespace {

const MPI_Comm world = MPI_COMM_WORLD;
int wrong = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  ++wrong;
  std::fprintf(stderr, "rank %d of %d: %s\n", mp::detail::rank_of(world), mp::detail::ranks_of(world), what);
}

template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const mp::error& e) {
    return e.what();
  }
  return {};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t files_in(const fs::path& folder) {
  std::size_t n = 0;
  for (const auto& entry : fs::directory_iterator(folder)) n += entry.is_regular_file() ? 1U : 0U;
  return n;
}

/// Lines of effects, some of them wrong.
std::string lines_of(std::size_t lines) {
  std::string text = "id\ty1\tv1\ty2\tv2\ty3\tv3\n";
  mp::detail::random_stream random(4);
  for (std::size_t l = 0; l < lines; ++l) {
    text += "line" + std::to_string(l);
    for (int i = 0; i < 3; ++i) text += "\t" + std::to_string(random.normal()) + "\t" + (random.below(40) == 0 ? std::string("x") : std::to_string(random.uniform()));
    text += "\n";
  }
  text.pop_back();
  return text;
}

void agreement() {
  const int rank = mp::detail::rank_of(world), ranks = mp::detail::ranks_of(world);
  check(error_of([] { mp::detail::all_or_none(world, [] {}); }).empty(), "an error without one");
  const std::string what = error_of([&] {
    mp::detail::all_or_none(world, [&] {
      if (rank == ranks - 1) throw std::runtime_error("a message of the last rank");
    });
  });
  check(what == "rank " + std::to_string(ranks - 1) + ": a message of the last rank", "not all ranks have the message of the one that failed");
  std::string all;
  mp::detail::gather_in_order(world, std::string(static_cast<std::size_t>(rank) + 1, static_cast<char>('a' + rank)), [&](const std::string& text) { all += text + "."; });
  check(rank != 0 ? all.empty() : all.substr(0, 5) == (ranks > 1 ? "a.bb." : "a."), "texts are not gathered in order");
  mp::detail::byte_writer out;
  out.put(std::uint64_t(7));
  out.put(-0.1);
  out.put(std::string_view("text"));
  mp::detail::byte_reader in(out.bytes());
  check(in.whole() == 7 && in.number() == -0.1 && in.text() == "text" && in.ended(), "bytes do not read back");
  check(has(error_of([&] { static_cast<void>(mp::detail::byte_reader(std::string_view("abc")).whole()); }), "shorter"), "a short message is not refused");
}

void files(const fs::path& folder) {
  const std::string in = (folder / "in.tsv").string(), out = (folder / "out.tsv").string();
  const std::string text = mp::detail::read_file<>(in, "test");
  const std::size_t header = text.find('\n') + 1;
  const mp::line_filter filter({}, mp::look_at_lines(in, mp::line_format::tsv).names);
  const auto plain = filter(std::string_view(text).substr(header));
  check(plain.report.malformed > mp::line_report::most_problems, "the test's lines are all well");
  struct setting {
    unsigned threads;
    std::uint64_t piece;
  };
  for (const setting s : {setting{1, 1000}, setting{2, 5000}, setting{4, 4U << 20U}, setting{1, 30000}}) {
    const auto report = mp::filter_file(world, in, out, {.threads = s.threads, .piece = s.piece});
    check(mp::detail::read_file<>(out, "test") == filter.header() + plain.text, "the file is not what one process writes");
    check(report.has_value() == (mp::detail::rank_of(world) == 0), "the report is not on rank 0 alone");
    if (report) check(mp::describe(*report, 1) == mp::describe(plain.report, 1), "the report is not that of one process");
    MPI_Barrier(world);
  }
  check(files_in(folder) == 2, "a file is left over");
  // what is wrong is wrong on all ranks, and nothing changes
  check(has(error_of([&] { mp::filter_file(world, (folder / "none").string(), out); }), "none"), "a file that is not there");
  check(has(error_of([&] { mp::filter_file(world, in, out, {.columns = "a b"}); }), "no study"), "names without a study");
  check(has(error_of([&] { mp::filter_file(world, in, (folder / "none" / "out.tsv").string()); }), "cannot be written"), "a folder that is not there");
  check(mp::detail::read_file<>(out, "test") == filter.header() + plain.text, "an error has changed the file");
  check(files_in(folder) == 2, "a file is left over after errors");
}

void simulations() {
  mp::binary_trials_model<mp::risk_ratio> model{.effects = {.mean = -0.2, .tau2 = 0.05}, .sizes = std::vector<mp::arm_sizes>{{50, 60}, {120, 110}, {35, 40}}, .control_risk = {0.2}};
  auto methods = mp::methods_for(mp::risk_ratio{});
  methods.resize(4);
  const auto same = [](double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); };
  for (const std::size_t replicates : {std::size_t(1), std::size_t(100), std::size_t(1000)}) {
    const auto plain = mp::simulate(model, methods, {.replicates = replicates, .seed = 5, .first = 17, .threads = 1});
    for (const unsigned threads : {1U, 2U, 4U}) {
      const auto r = mp::simulate(world, model, methods, {.replicates = replicates, .seed = 5, .first = 17, .threads = threads});
      check(r.has_value() == (mp::detail::rank_of(world) == 0), "the result is not on rank 0 alone");
      if (!r) continue;
      bool all = r->replicates == plain.replicates && r->clipped == plain.clipped && r->methods.size() == plain.methods.size();
      for (std::size_t m = 0; all && m < methods.size(); ++m) {
        const auto &a = r->methods[m], &b = plain.methods[m];
        all = a.name == b.name && a.answered == b.answered && a.bias.has_value() == b.bias.has_value() && same(a.coverage->value, b.coverage->value) &&
              (!a.bias || (same(a.bias->value, b.bias->value) && same(a.mse->error, b.mse->error))) && same(*a.median_width, *b.median_width);
      }
      check(all, "a simulation has not the bits of one process");
    }
  }
  const int last = mp::detail::ranks_of(world) - 1;
  methods[1].run = [last](const std::vector<mp::binary_trial<>>&) -> mp::simulated_answer {
    if (mp::detail::rank_of(world) == last) throw std::runtime_error("a method that throws");
    return {};
  };
  check(has(error_of([&] { mp::simulate(world, model, methods, {.replicates = 1000}); }), "a method that throws"), "a rank's exception is not on all");
}

void put(const fs::path& path, const std::string& text) {
  mp::atomic_file file(path.string(), "test");
  file.write(text);
  file.commit();
}

/// Summary statistics sorted by position, but for some malformed lines anywhere; up to four variants at a place. File 2 ends early, file 3 begins late, file 4 has one line.
std::string cohort_of(std::uint64_t study) {
  std::string text = "SNP\tCHR\tBP\tA1\tA2\tFREQ\tBETA\tSE\tN\n";
  mp::detail::random_stream random(9, study);
  for (std::size_t i = 0; i < 900; ++i) {
    const bool there = random.below(5) != 0, malformed = random.below(25) == 0, exchanged = random.below(2) == 0, twice = random.below(40) == 0;
    const double effect = (random.uniform() - 0.5) / 5, error = 0.02 + random.uniform() / 20;
    if (malformed) text += i % 2 == 0 ? "rs0\t1\t1\tA\n" : "rs1\t25\t7\tA\tG\t0.1\tx\t0.1\t200\n";
    if (!there || (study == 2 && i > 500) || (study == 3 && i < 450) || (study == 4 && i != 333 && i != 336)) continue;
    const std::string line = "rs" + std::to_string(i) + "\t" + std::to_string(1 + i / 300) + "\t" + std::to_string(1000 + 10 * (i / 4)) + (exchanged ? "\tA\tG\t" : "\tG\tA\t") + "0.3\t" +
                             std::to_string(effect) + "\t" + std::to_string(error) + "\t200\n";
    text += line;
    if (twice) text += line;
  }
  if (study == 1) text.pop_back();
  return text;
}

void genome(const fs::path& folder) {
  const bool first = mp::detail::rank_of(world) == 0;
  mp::gwas_job job;
  for (std::uint64_t study = 0; study < 5; ++study) {
    mp::gwas_study_file file;
    file.path = (folder / ("cohort" + std::to_string(study) + ".txt")).string();
    if (study < 2) file.genomic_control = -1;
    if (first) put(file.path, cohort_of(study));
    job.files.push_back(file);
  }
  MPI_Barrier(world);
  job.analysis.join = mp::gwas_join::by_position;
  job.analysis.heterogeneity = job.analysis.average_frequency = true;
  job.analysis.random_effects = {mp::gwas_tau2::dersimonian_laird, mp::gwas_tau2::reml};
  job.analysis.leave_one_out = 0.1;
  const auto read = [](const std::string& path) { return mp::detail::read_file<>(path, "test"); };
  for (const double control : {1.05, -1.0}) {
    job.analysis.genomic_control = control;
    job.analysis.piece = 4000;
    const std::string plain = (folder / "plain.tbl").string();
    std::string info;
    if (first) {
      const mp::gwas_report report = mp::gwas_meta(job.files, job.analysis, plain, plain + ".leave_one_out", [](std::size_t, std::uint64_t) {});
      info = mp::gwas_info_text(job.analysis, report);
      check(report.hits > 10 && report.files[0].counts.dropped_in_all() > 20, "the cohorts of the test are too well behaved");
    }
    MPI_Barrier(world);
    job.output = (folder / "cut.tbl").string();
    for (const std::uint64_t piece : {std::uint64_t(300), std::uint64_t(9000), std::uint64_t(1) << 20U}) {
      job.analysis.threads = piece == 9000 ? 2 : 1;
      const auto report = mp::gwas_meta_by_pieces(world, job, piece);
      check(report.has_value() == first, "the report of a genome is not on rank 0 alone");
      check(read(job.output) == read(plain) && read(job.output + ".leave_one_out") == read(plain + ".leave_one_out"), "a genome in pieces has not the bytes of one process");
      if (first) check(read(job.output + ".info") == info && has(info, report->text), "the record of a genome in pieces is not that of one process");
      MPI_Barrier(world);
    }
  }
  // a file that is not sorted is an error on all ranks, and nothing changes
  const std::string old = read(job.output), text = cohort_of(0);
  const std::size_t half = text.find('\n', text.size() / 2) + 1, header = text.find('\n') + 1;
  if (first) put(job.files[0].path, text.substr(0, header) + text.substr(half) + text.substr(header, half - header));
  MPI_Barrier(world);
  for (const std::uint64_t piece : {std::uint64_t(2000), std::uint64_t(1) << 20U}) {
    check(has(error_of([&] { mp::gwas_meta_by_pieces(world, job, piece); }), "not sorted by position"), "a file that is not sorted is no error");
    MPI_Barrier(world);
  }
  check(read(job.output) == old, "an error has changed the result of a genome");
  job.analysis.join = mp::gwas_join::by_name;
  check(has(error_of([&] { mp::gwas_meta_by_pieces(world, job); }), "JOIN POSITION"), "files in any order are cut");
  MPI_Barrier(world);
  for (const auto& entry : fs::directory_iterator(folder)) check(entry.path().extension() != ".part", "a part of a genome is left over");
}

/// No file may grow beyond 64 kilobytes: a full disk.
void full(const fs::path& folder) {
  std::signal(SIGXFSZ, SIG_IGN);
  const struct ::rlimit small { 65536, 65536 };
  ::setrlimit(RLIMIT_FSIZE, &small);
  for (const std::uint64_t piece : {std::uint64_t(2000), std::uint64_t(1) << 22U}) {
    const std::string what = error_of([&] { mp::filter_file(world, (folder / "in.tsv").string(), (folder / "out.tsv").string(), {.piece = piece}); });
    check(has(what, "disk full"), "a full disk is not an error that says so");
    MPI_Barrier(world);
    check(files_in(folder) == 1, "a full disk leaves a file");
    MPI_Barrier(world);
  }
}

/// The last rank kills itself as soon as something is written.
void die(const fs::path& folder) {
  std::thread killer;
  if (mp::detail::rank_of(world) == mp::detail::ranks_of(world) - 1) {
    killer = std::thread([aside = folder / "out.tsv.0.part"] {
      std::error_code none;
      while (!(fs::exists(aside, none) && fs::file_size(aside, none) > 0 && !none)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      std::raise(SIGKILL);
    });
  }
  mp::filter_file(world, (folder / "in.tsv").string(), (folder / "out.tsv").string(), {.piece = 40});
  check(false, "the file was complete before the rank was killed");
  std::_Exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const std::string what = argc == 3 ? argv[1] : "";
  const fs::path folder = argc == 3 ? argv[2] : "";
  try {
    if (mp::detail::rank_of(world) == 0) {
      fs::remove_all(folder);
      fs::create_directories(folder);
      std::FILE* file = std::fopen((folder / "in.tsv").c_str(), "wb");
      const std::string text = lines_of(what == "check" ? 700 : 5000);
      if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fclose(file) != 0) throw std::runtime_error("the test's file cannot be written");
    }
    MPI_Barrier(world);
    if (what == "check") {
      agreement();
      files(folder);
      simulations();
      genome(folder);
    } else if (what == "full") {
      full(folder);
    } else if (what == "die") {
      die(folder);
    } else {
      check(false, "check, full or die?");
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    MPI_Abort(world, 1);
  }
  int all = 0;
  MPI_Allreduce(&wrong, &all, 1, MPI_INT, MPI_SUM, world);
  MPI_Finalize();
  return all == 0 ? 0 : 1;
}
