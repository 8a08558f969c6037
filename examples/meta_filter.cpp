// SPDX-License-Identifier: BSL-1.0
// A meta-analysis a line: a filter for pipes, GNU parallel, Slurm arrays, Dask and Spark (docs/scale.md). --help says what it takes.

#include <metapool/data/atomic_file.hpp>
#include <metapool/data/file.hpp>
#include <metapool/lines/line_file.hpp>
#include <metapool/lines/line_filter.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mp = metapool;

namespace {

constexpr const char* help =
    "meta_filter [options] [IN [OUT]]      standard input and output where a name is - or not given\n"
    "\n"
    "--format tsv|ndjson                   tsv: names of columns in the first line; ndjson: a JSON object a line\n"
    "--columns \"id y1 v1 y2 v2 ...\"        the input has no line of names, and the output gets none\n"
    "--model REML|DL|PM|common|MH|Peto     the last two from counts\n"
    "--measure RR|OR|RD                    of counts; ratios are pooled and reported as logarithms\n"
    "--interval z|HK   --level 0.95   --floor 0\n"
    "--results studies,estimate,se,...     of: studies estimate se lower upper statistic p minus_log10_p tau2 q q_p q_minus_log10_p i2 h2\n"
    "--keep id,gene   --prefix meta_       columns passed on; what the names of results begin with\n"
    "--decimal .|,                         mark of decimals in the input\n"
    "--part I/N                            only piece I (from 1) of N pieces of the file IN: the outputs of all pieces follow each other to that of the whole\n"
    "--threads N                           0: as many as there are; the output is the same\n"
    "--allow-malformed                     exit code 0 though lines could not be read\n"
    "\n"
    "Columns of study 1: y1 and v1, or y1 and se1, or a1 b1 c1 d1 or a1 n1_1 c1 n2_1 (metafor's names too: yi1 vi1 sei1 ai1 n1i_1 ...); in JSON also arrays \"y\" and \"v\".\n"
    "Counts, but for MH and Peto: 0.5 is added to the cells of studies with a zero; studies that say nothing on a ratio (no event in either arm; OR: or nothing but events) are left out.\n"
    "Exit code: 0 if every line was read; 2 if some were not (their rows have the status malformed, and the first ones are named on standard error); 1 if something\n"
    "else failed: then there is no file OUT, or it is as it was.\n";

struct arguments {
  mp::line_filter_options filter{};
  std::string in = "-", out = "-", columns{};
  std::uint64_t part = 0, parts = 1;
  unsigned threads = 1;
  bool allow_malformed = false;
};

std::uint64_t whole_number(const std::string& text, const std::string& option) {
  const auto n = mp::parse_number<double>(text);
  if (n.status != mp::number_status::number || !(n.value >= 0 && n.value < 1e9) || !mp::detail::is_whole(n.value)) {
    throw std::runtime_error(option + " '" + text + "' must be a whole number");
  }
  return static_cast<std::uint64_t>(n.value);
}

arguments read_arguments(const std::vector<std::string>& words) {
  arguments a;
  int names = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 3 || word.compare(0, 2, "--") != 0) {
      if (++names > 2) throw std::runtime_error("'" + word + "' is one name too many");
      (names == 1 ? a.in : a.out) = word;
      continue;
    }
    if (word == "--allow-malformed") {
      a.allow_malformed = true;
      continue;
    }
    if (++i == words.size()) throw std::runtime_error(word + " needs a value");
    const std::string& value = words[i];
    if (word == "--columns") {
      a.columns = value;
    } else if (word == "--threads") {
      a.threads = static_cast<unsigned>(whole_number(value, word));
    } else if (word == "--part") {
      const auto slash = value.find('/');
      if (slash == std::string::npos) throw std::runtime_error("--part '" + value + "' must be I/N");
      a.part = whole_number(value.substr(0, slash), word);
      a.parts = whole_number(value.substr(slash + 1), word);
      if (a.part < 1 || a.part > a.parts) throw std::runtime_error("--part " + value + ": I must be from 1 to N");
      --a.part;
    } else if (!mp::set_option(a.filter, word.substr(2), value)) {
      throw std::runtime_error("there is no option " + word);
    }
  }
  return a;
}

/// Standard output, or a file that is there only once it is complete.
class output {
 public:
  explicit output(const std::string& name) {
    if (name != "-") file_.emplace(name, "output");
  }
  void write(std::string_view text) {
    if (file_) return file_->write(text);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail();
  }
  void commit() {
    if (file_) return file_->commit();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) fail();
  }

 private:
  [[noreturn]] static void fail() { throw std::runtime_error("standard output could not be written (disk full?)"); }
  std::optional<mp::atomic_file> file_{};
};

mp::line_report run(const arguments& a, std::uint64_t& lines_before) {
  const auto filter_from = [&](mp::line_reader& reader, const mp::line_filter& filter, bool with_header) {
    output out(a.out);
    if (with_header) out.write(filter.header());
    const mp::line_report report = mp::filter_lines(reader, filter, a.threads, [&](std::string_view text) { out.write(text); });
    out.commit();
    return report;
  };
  if (a.in != "-") {
    mp::detail::check_output_apart(a.in, a.out, "output");
    const mp::line_file file = mp::look_at_lines(a.in, a.filter.format, a.columns, "input");
    const mp::line_filter filter(a.filter, file.names);
    mp::line_reader reader(a.in, mp::line_range(a.in, file.lines, a.part, a.parts, "input"), "input");
    lines_before = file.has_header && a.part == 0 ? 1 : 0;
    return filter_from(reader, filter, file.has_header && a.part == 0);
  }
  if (a.parts != 1) throw std::runtime_error("--part needs a file");
  mp::line_reader reader(stdin, "standard input", "input");
  const bool has_header = a.filter.format == mp::line_format::tsv && a.columns.empty();
  std::vector<std::string> names;
  if (has_header) {
    names = mp::detail::names_in(reader.line(), "standard input", "input");
  } else if (a.filter.format == mp::line_format::tsv) {
    names = mp::detail::names_given(a.columns);
  }
  lines_before = has_header ? 1 : 0;
  return filter_from(reader, mp::line_filter(a.filter, names), has_header);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words{argv + 1, argv + argc};
    if (std::find(words.begin(), words.end(), "--help") != words.end()) {
      std::fputs(help, stdout);
      return 0;
    }
    const arguments a = read_arguments(words);
    std::uint64_t before = 0;
    const mp::line_report report = run(a, before);
    const std::string piece = a.parts > 1 ? ", piece " + std::to_string(a.part + 1) + " of " + std::to_string(a.parts) + " (lines are counted from its first)" : "";
    if (report.malformed != 0) std::fprintf(stderr, "meta_filter%s: %s", piece.c_str(), mp::describe(report, before).c_str());
    return report.malformed != 0 && !a.allow_malformed ? 2 : 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "meta_filter: %s\n", e.what());
    return 1;
  }
}
