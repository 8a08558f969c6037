// SPDX-License-Identifier: BSL-1.0
// CSV and TSV notation: records, fields, quotes, lines.
#pragma once

#include <metapool/data/decimal.hpp>
#include <metapool/data/text_table.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// Reads record after record. A quote opens a quoted field only as its first character.
template <class = void>
class record_scanner {
 public:
  record_scanner(std::string_view text, char delimiter, const char* function, const std::string& file)
      : at_(text.data()), end_(at_ + text.size()), line_start_(at_), delimiter_(delimiter), function_(function), file_(file) {}

  std::size_t line() const { return line_; }
  /// The characters that ended the last line; empty at first.
  std::string_view line_end() const { return line_end_; }

  /// Goes past lines that are empty or hold blanks only; false at the end of the text.
  bool skip_blank_lines() {
    while (at_ != end_) {
      const char* p = at_;
      while (p != end_ && is_blank(*p) && *p != delimiter_) ++p;
      if (p != end_ && *p != '\n' && *p != '\r') return true;
      at_ = p;
      if (p != end_) newline();
    }
    return false;
  }

  /// Appends the fields of the record that starts here; returns their number.
  std::size_t read_record(std::string& characters, std::vector<std::size_t>& ends) {
    for (std::size_t count = 1;; ++count) {
      if (at_ != end_ && *at_ == '"') {
        quoted_field(characters);
      } else {
        plain_field(characters);
      }
      ends.push_back(characters.size());
      if (at_ == end_) return count;
      if (*at_ != delimiter_) {
        newline();
        return count;
      }
      ++at_;
    }
  }

 private:
  void newline() {  // at_ stands on CR, LF or CR LF
    line_end_ = {at_, *at_ == '\r' && at_ + 1 != end_ && at_[1] == '\n' ? std::size_t{2} : std::size_t{1}};
    at_ += line_end_.size();
    line_start_ = at_;
    ++line_;
  }

  void plain_field(std::string& characters) {
    const char* p = at_;
    while (p != end_ && *p != delimiter_ && *p != '\n' && *p != '\r') ++p;
    const std::string_view field(at_, static_cast<std::size_t>(p - at_));
    if (!field.empty() && is_blank(field.front())) {
      if (const auto inner = trim(field); !inner.empty() && inner.front() == '"') {
        at_ = inner.data();
        fail(line_, at_, field, "a quoted field must start with its quote, without blanks before it");
      }
    }
    characters.append(field);
    at_ = p;
  }

  void quoted_field(std::string& characters) {
    const char* const opening = at_++;
    const std::size_t opening_line = line_;
    const char* const opening_line_start = line_start_;
    for (;;) {
      const char* p = at_;
      while (p != end_ && *p != '"' && *p != '\n' && *p != '\r') ++p;
      characters.append(at_, p);
      at_ = p;
      if (p == end_) {
        line_start_ = opening_line_start;
        fail(opening_line, opening, {opening, static_cast<std::size_t>(end_ - opening)}, "opens a quote that is never closed");
      }
      if (*p != '"') {  // the line's end belongs to the field, as it is
        newline();
        characters.append(p, at_);
      } else if (p + 1 != end_ && p[1] == '"') {
        characters += '"';
        at_ += 2;
      } else {
        ++at_;
        break;
      }
    }
    if (at_ != end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r') {
      const char* p = at_;
      while (p != end_ && *p != delimiter_ && *p != '\n' && *p != '\r') ++p;
      fail(line_, at_, {at_, static_cast<std::size_t>(p - at_)},
           "follows a closing quote: a quote inside a quoted field must be doubled, and the delimiter must follow the field");
    }
  }

  [[noreturn]] void fail(std::size_t line, const char* where, std::string_view value, const char* rule) const {
    throw_input_error(function_, file_ + ": line " + std::to_string(line) + ", column (character) " +
                                     std::to_string(where - line_start_ + 1) + ": " + in_quotes(value) + " " + rule);
  }

  const char* at_;
  const char* end_;
  const char* line_start_;
  std::size_t line_ = 1;
  std::string_view line_end_{};
  char delimiter_;
  const char* function_;
  const std::string& file_;
};

/// Which of , ; tab separates the fields of the first line that is not blank: the one that stands there most often outside quotes.
template <class = void>
char detect_delimiter(std::string_view text, const char* function, const std::string& file) {
  constexpr std::string_view candidates = ",;\t";
  std::size_t counts[3] = {0, 0, 0};
  bool inside = false, at_start = true;
  std::size_t i = text.find_first_not_of("\r\n \t");
  for (i = i == std::string_view::npos ? text.size() : text.find_last_of("\r\n", i) + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (inside) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        ++i;
      } else {
        inside = c != '"';
      }
    } else if (c == '"' && at_start) {
      inside = true;
    } else if (c == '\n' || c == '\r') {
      break;
    } else if (const auto which = candidates.find(c); which != std::string_view::npos) {
      ++counts[which];
      at_start = true;
      continue;
    }
    at_start = false;
  }
  std::size_t best = 0;
  for (std::size_t k = 1; k < 3; ++k) {
    if (counts[k] > counts[best]) best = k;
  }
  for (std::size_t k = 0; k < 3; ++k) {
    if (k != best && counts[k] > 0 && counts[k] == counts[best]) {
      throw_input_error(function, file + ": the header holds as many " + in_quotes(candidates.substr(best, 1)) + " as " +
                                      in_quotes(candidates.substr(k, 1)) + " outside quotes: name the delimiter");
    }
  }
  return candidates[best];
}

/// Appends a field to a line of text, in quotes where reading would otherwise give something else.
template <class = void>
void append_field(std::string& out, std::string_view field, char delimiter, bool alone = false, bool header = false) {
  bool quote = field.empty() ? alone : is_blank(field.front()) || is_blank(field.back()) || field.substr(0, 3) == "\xEF\xBB\xBF";
  for (const char c : field) {
    quote = quote || c == delimiter || c == '"' || c == '\n' || c == '\r' || ((header || alone) && (c == ',' || c == ';' || c == '\t'));
  }
  if (!quote) {
    out.append(field);
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace metapool::detail
