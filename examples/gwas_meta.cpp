// SPDX-License-Identifier: BSL-1.0
// Genome-wide meta-analysis: METAL's job, with its commands as options or as a script. docs/gwas_meta.md has all of them.
//
//     gwas_meta --heterogeneity --random-effects dl --out result.tbl cohort1.txt cohort2.txt.gz
//     gwas_meta --script metal.txt
#include <metapool/data/file.hpp>
#include <metapool/gwas/commands.hpp>
#include <metapool/gwas/meta.hpp>
#include <metapool/gwas/meta_part.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace mp = metapool;

namespace {

constexpr const char* help =
    "gwas_meta [options] FILE...     meta-analysis of summary statistics, plain or gzip\n"
    "gwas_meta --script FILE         the same by METAL's commands (SCHEME, MARKER, PROCESS, ANALYZE, ...)\n"
    "\n"
    "Columns, for the files behind (found by their usual names unless named):\n"
    "  --marker COL  --allele COL COL  --effect COL|log(COL)  --stderr COL  --pvalue COL|-log10(COL)\n"
    "  --weight COL  --default-weight N  --freq COL  --strand COL  --use-strand  --chromosome COL  --position COL\n"
    "  --separator auto|whitespace|tab|comma|both  --column-counting strict|lenient\n"
    "  --add-filter 'INFO > 0.3'|'SNP IN (rs1,rs2)'  --remove-filters  --genomic-control on|off|VALUE\n"
    "Analysis:\n"
    "  --scheme stderr|samplesize  --heterogeneity  --random-effects dl,pm,reml  --hartung-knapp\n"
    "  --average-freq  --min-max-freq  --min-weight N  --custom-variable NAME  --label NAME AS COL\n"
    "  --ambiguous keep|drop|frequency:0.4  --result-control on|off|VALUE  --track-positions\n"
    "  --leave-one-out P  --log-pvalue  --minus-log10-p  --capitals\n"
    "  --digits N  --effect-print-precision N  --stderr-print-precision N\n"
    "  --join name|order|position (files in any order; all in that of the first; sorted by position)  --threads N\n"
    "  --part I/N: only part I (from 1) of N, for plain files with --join position; the parts, one behind the other, are the result\n"
    "Output: --out FILE (and FILE.info)  --log FILE  --progress  --quiet\n";

struct options {
  std::string out, log, script;
  std::uint64_t part = 0, parts = 0;  ///< parts 0: all in one
  bool progress = false, quiet = false;
};

/// "3/10"
void read_part(const std::string& text, options& o) {
  const std::size_t slash = text.find('/');
  const auto number = [&](std::size_t from, std::size_t to, std::uint64_t& n) {
    const auto end = std::from_chars(text.data() + from, text.data() + to, n);
    return end.ec == std::errc{} && end.ptr == text.data() + to;
  };
  const bool read = slash != std::string::npos && number(0, slash, o.part) && number(slash + 1, text.size(), o.parts);
  if (!read || o.part < 1 || o.part > o.parts) throw mp::input_error("gwas_meta: --part '" + text + "' must be I/N with I from 1 to N");
  --o.part;
}

/// The command of an option. Throws input_error that names the nearest one, of those that scripts do not have too.
const mp::detail::gwas_command_name& find_option(const std::string& word) {
  try {
    return mp::detail::find_command(word.substr(2));
  } catch (const mp::input_error&) {
    for (const char* own : {"--out", "--log", "--part", "--script", "--progress", "--quiet", "--help"}) {
      if (mp::detail::letters_apart(word, own) <= 2) throw mp::input_error("gwas_meta: '" + word + "' is no option: is " + own + " meant?");
    }
    throw;
  }
}

bool is_terminal() {
#if defined(_WIN32)
  return ::_isatty(2) != 0;
#else
  return ::isatty(2) != 0;
#endif
}

/// How much of all files' bytes was read, on stderr.
class progress_bar {
 public:
  progress_bar(bool shown, const std::vector<mp::gwas_study_file>& files) : shown_(shown), read_(files.size()), size_(files.size()) {
    for (std::size_t j = 0; j < files.size(); ++j) {
      std::error_code ignored;
      const auto size = std::filesystem::file_size(files[j].path, ignored);
      size_[j] = ignored ? 0 : size;
      all_ += size_[j];
    }
  }
  ~progress_bar() {
    if (last_ >= 0) std::fputs("\r\033[K", stderr);
  }
  void operator()(std::size_t file, std::uint64_t offset) {
    if (!shown_ || all_ == 0) return;
    read_[file] = offset < size_[file] ? offset : size_[file];
    std::uint64_t sum = 0;
    for (const std::uint64_t n : read_) sum += n;
    const int percent = static_cast<int>(100 * sum / all_);
    if (percent == last_) return;
    last_ = percent;
    const std::size_t filled = static_cast<std::size_t>(percent) * 2 / 5;
    std::fprintf(stderr, "\r[%s%s] %3d %%", std::string(filled, '#').c_str(), std::string(40 - filled, '.').c_str(), percent);
    std::fflush(stderr);
  }

 private:
  bool shown_;
  std::vector<std::uint64_t> read_, size_;
  std::uint64_t all_ = 0;
  int last_ = -1;
};

void put_file(const std::string& path, const std::string& text) {
  mp::atomic_file file(path, "gwas_meta");
  file.write(text);
  file.commit();
}

/// log: the reports so far.
void run(const mp::gwas_job& job, const options& o, std::string& log) {
  const std::string output = o.out.empty() ? job.output : o.out;
  mp::gwas_report report;
  {
    progress_bar bar(!o.quiet && (o.progress || is_terminal()), job.files);
    const auto progress = [&](std::size_t file, std::uint64_t offset) { bar(file, offset); };
    const std::string omitted = output + ".leave_one_out";
    report = o.parts == 0 ? mp::gwas_meta(job.files, job.analysis, output, omitted, progress) : mp::gwas_meta_part(job.files, job.analysis, o.part, o.parts, output, omitted, progress);
  }
  put_file(output + ".info", mp::gwas_info_text(job.analysis, report));
  const std::string text = mp::gwas_report_text(report);
  if (!o.log.empty()) {
    put_file(o.log, log += text);
  } else if (!o.quiet) {
    std::fputs(text.c_str(), stderr);
  }
  std::printf("%s: %llu variants of %zu files\n", output.c_str(), static_cast<unsigned long long>(report.written), job.files.size());
}

void run_script(const options& o) {
  mp::gwas_commands commands(mp::gwas_scheme::sample_size);
  const std::string text = mp::detail::read_file(o.script, "gwas_meta");
  std::size_t number = 0, jobs = 0;
  std::string log;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    ++number;
    std::optional<mp::gwas_job> job;
    try {
      job = commands.line(std::string_view(text).substr(at, end - at));
    } catch (const mp::input_error& e) {
      throw mp::input_error(o.script + ": line " + std::to_string(number) + ": " + e.what());
    }
    at = end + 1;
    if (!job) continue;
    if (jobs != 0 && !o.out.empty()) throw mp::input_error(o.script + ": line " + std::to_string(number) + ": one more ANALYZE, but --out names one file: let the script say OUTFILE");
    run(*job, o, log);
    ++jobs;
  }
  if (jobs == 0) throw mp::input_error(o.script + ": there is no ANALYZE");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    options o;
    mp::gwas_commands commands(mp::gwas_scheme::standard_error);
    std::size_t files = 0;
    for (int i = 1; i < count; ++i) {
      std::string word = arguments[i];
      if (word.size() < 3 || word.compare(0, 2, "--") != 0) {
        if (word.size() > 1 && word[0] == '-') throw mp::input_error("gwas_meta: '" + word + "' is no option: options begin with --");
        commands.command(mp::detail::gwas_command::process, {word});
        ++files;
        continue;
      }
      std::vector<std::string> values;
      const std::size_t mark = word.find('=');
      if (mark != std::string::npos) {
        values.push_back(word.substr(mark + 1));
        word.resize(mark);
      }
      const auto value = [&]() -> std::string {
        if (!values.empty()) return values[0];
        if (++i >= count) throw mp::input_error("gwas_meta: " + word + " lacks its value");
        return arguments[i];
      };
      if (word == "--help") {
        std::fputs(help, stdout);
        return 0;
      } else if (word == "--out") {
        o.out = value();
      } else if (word == "--log") {
        o.log = value();
      } else if (word == "--part") {
        read_part(value(), o);
      } else if (word == "--script") {
        o.script = value();
      } else if (word == "--progress") {
        o.progress = true;
      } else if (word == "--quiet") {
        o.quiet = true;
      } else {
        const auto& found = find_option(word);
        while (static_cast<int>(values.size()) < found.values) {
          if (++i >= count) throw mp::input_error("gwas_meta: " + word + " lacks a value");
          values.emplace_back(arguments[i]);
        }
        if (commands.command(found.command, values)) throw mp::input_error("gwas_meta: " + word + " is a command of scripts");
      }
    }
    if (o.parts != 0 && o.out.empty()) throw mp::input_error("gwas_meta: --part needs --out: a file for each part");
    if (!o.script.empty()) {
      if (files != 0) throw mp::input_error("gwas_meta: a script names its own files (PROCESS)");
      run_script(o);
    } else if (files == 0) {
      std::fputs(help, stderr);
      return 2;
    } else {
      std::string log;
      run(commands.job(), o, log);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
