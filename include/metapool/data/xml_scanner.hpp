// SPDX-License-Identifier: BSL-1.0
// XML notation, as much of it as data files use: elements, attributes, text, character references, comments, CDATA.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/text_table.hpp>
#include <metapool/text/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

enum class xml_event { start, end, text, finished };

/// Goes through a document event by event; `<A/>` is a start and an end. Text comes in UTF-8 (ISO-8859-1 is converted). Every element must be
/// closed by its own name. No entities but the five of XML; a DOCTYPE is passed over. Throws input_error with the line.
template <class = void>
class xml_scanner {
 public:
  using attribute = std::pair<std::string, std::string>;

  xml_scanner(std::string_view text, const char* function, std::string file) : text_(text), function_(function), file_(std::move(file)) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
    if (text_.find('\0') != std::string_view::npos) fail("a NUL byte must not occur in text (a UTF-16 file? save it as UTF-8)");
  }

  std::size_t line() const { return line_; }
  const std::string& name() const { return name_; }            ///< of the element that starts or ends
  const std::vector<attribute>& attributes() const { return attributes_; }
  const std::string& text() const { return content_; }
  std::size_t depth() const { return open_.size(); }            ///< of open elements, the one just started included

  /// The attribute's value; nullptr if it is not there.
  const std::string* find(std::string_view wanted) const {
    for (const attribute& a : attributes_) {
      if (a.first == wanted) return &a.second;
    }
    return nullptr;
  }

  xml_event next() {
    if (pending_end_) {
      pending_end_ = false;
      return close();
    }
    while (at_ < text_.size()) {
      if (text_[at_] != '<') {
        content_.clear();
        const std::size_t end = text_.find('<', at_);
        decode(text_.substr(at_, (end == std::string_view::npos ? text_.size() : end) - at_), content_);
        advance_to(end == std::string_view::npos ? text_.size() : end);
        if (open_.empty()) {
          if (content_.find_first_not_of(" \t\r\n") != std::string::npos) fail("text must stand inside an element (is this an XML file?)");
          continue;
        }
        return xml_event::text;
      }
      if (starts("<!--")) {
        advance_behind("-->", 4, "a comment is never closed");
      } else if (starts("<![CDATA[")) {
        if (open_.empty()) fail("text must stand inside an element");
        const std::size_t begin = at_ + 9, end = text_.find("]]>", begin);
        if (end == std::string_view::npos) fail("a CDATA section is never closed");
        content_.clear();
        append(text_.substr(begin, end - begin), content_);
        advance_to(end + 3);
        return xml_event::text;
      } else if (starts("<?")) {
        const std::size_t begin = at_;
        advance_behind("?>", 2, "a processing instruction is never closed");
        if (text_.substr(begin, 5) == "<?xml") declaration(text_.substr(begin, at_ - begin));
      } else if (starts("<!")) {
        doctype();
      } else if (starts("</")) {
        advance_to(at_ + 2);
        name_ = read_name();
        skip_blanks();
        expect('>');
        if (open_.empty() || open_.back() != name_) {
          fail("</" + name_ + "> closes " + (open_.empty() ? std::string("nothing") : "<" + open_.back() + ">"));
        }
        return close();
      } else {
        return start();
      }
    }
    if (!open_.empty()) fail("the file ends within <" + open_.back() + ">");
    return xml_event::finished;
  }

  /// Goes behind the end of the element that has just started; returns the text in it, that of its children included.
  std::string take_text() {
    const std::size_t outer = depth() - 1;
    std::string all;
    for (;;) {
      const xml_event e = next();
      if (e == xml_event::text) all += content_;
      if (e == xml_event::end && depth() == outer) return all;
    }
  }

  [[noreturn]] void fail(std::string_view what) const {
    std::string m = file_;
    m.append(": line ").append(std::to_string(line_)).append(": ").append(what);
    throw_input_error(function_, m);
  }

 private:
  bool starts(std::string_view s) const { return text_.substr(at_, s.size()) == s; }
  static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  void advance_to(std::size_t to) {
    for (; at_ < to; ++at_) line_ += text_[at_] == '\n';
  }
  void advance_behind(std::string_view mark, std::size_t from, const char* otherwise) {
    const std::size_t end = text_.find(mark, at_ + from);
    if (end == std::string_view::npos) fail(otherwise);
    advance_to(end + mark.size());
  }
  void skip_blanks() {
    while (at_ < text_.size() && blank(text_[at_])) advance_to(at_ + 1);
  }
  void expect(char c) {
    if (at_ >= text_.size() || text_[at_] != c) fail(std::string("'") + c + "' must follow in the tag <" + name_ + ">");
    advance_to(at_ + 1);
  }
  std::string read_name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !blank(text_[at_]) && std::string_view("=<>/\"'&").find(text_[at_]) == std::string_view::npos) ++at_;
    if (at_ == begin) fail("a name must follow '<', '</' or a blank in a tag (write &lt; for the sign)");
    std::string out;
    append(text_.substr(begin, at_ - begin), out);
    return out;
  }
  xml_event start() {
    if (open_.empty() && seen_root_) fail("a file must have one outermost element");
    seen_root_ = true;
    advance_to(at_ + 1);
    name_ = read_name();
    attributes_.clear();
    for (;;) {
      skip_blanks();
      if (at_ >= text_.size()) fail("the file ends within the tag <" + name_ + ">");
      if (text_[at_] == '>' || text_[at_] == '/') break;
      std::string key = read_name();
      skip_blanks();
      expect('=');
      skip_blanks();
      const char quote = at_ < text_.size() ? text_[at_] : '\0';
      if (quote != '"' && quote != '\'') fail("the value of " + key + " must stand in quotes");
      const std::size_t begin = at_ + 1, end = text_.find(quote, begin);
      if (end == std::string_view::npos) fail("the quote of " + key + " is never closed");
      const std::string_view raw = text_.substr(begin, end - begin);
      if (raw.find('<') != std::string_view::npos) fail("the value of " + key + " must not hold '<'");
      if (find(key) != nullptr) fail("the attribute " + key + " stands twice in <" + name_ + ">");
      std::string value;
      decode(raw, value);
      attributes_.emplace_back(std::move(key), std::move(value));
      advance_to(end + 1);
    }
    if (text_[at_] == '/') {
      advance_to(at_ + 1);
      pending_end_ = true;
    }
    expect('>');
    open_.push_back(name_);
    return xml_event::start;
  }
  xml_event close() {
    name_ = open_.back();
    open_.pop_back();
    attributes_.clear();
    return xml_event::end;
  }
  void declaration(std::string_view s) {
    const std::size_t at = s.find("encoding");
    if (at == std::string_view::npos) return;
    const std::size_t open = s.find_first_of("\"'", at);
    const std::size_t end = open == std::string_view::npos ? open : s.find(s[open], open + 1);
    if (end == std::string_view::npos) fail("the encoding must stand in quotes");
    const std::string_view e = s.substr(open + 1, end - open - 1);
    latin1_ = equal_ignoring_case(e, "ISO-8859-1") || equal_ignoring_case(e, "latin1");
    if (!latin1_ && !equal_ignoring_case(e, "UTF-8") && !equal_ignoring_case(e, "US-ASCII")) {
      fail("the encoding " + in_quotes(e) + " must be UTF-8, US-ASCII or ISO-8859-1");
    }
  }
  void doctype() {
    int brackets = 0;
    for (std::size_t i = at_ + 2; i < text_.size(); ++i) {
      if (text_[i] == '[') ++brackets;
      if (text_[i] == ']') --brackets;
      if (text_[i] == '>' && brackets <= 0) {
        advance_to(i + 1);
        return;
      }
    }
    fail("a declaration is never closed");
  }
  void append(std::string_view raw, std::string& out) const {
    if (!latin1_) {
      out.append(raw);
      return;
    }
    for (const char c : raw) append_utf8<>(out, static_cast<char32_t>(static_cast<unsigned char>(c)));
  }
  void decode(std::string_view raw, std::string& out) const {
    while (!raw.empty()) {
      const std::size_t amp = raw.find('&');
      append(raw.substr(0, amp), out);
      if (amp == std::string_view::npos) return;
      raw.remove_prefix(amp + 1);
      const std::size_t end = raw.find(';');
      if (end == std::string_view::npos || end > 10) fail("'&' must start a reference such as &amp;");
      reference(raw.substr(0, end), out);
      raw.remove_prefix(end + 1);
    }
  }
  void reference(std::string_view r, std::string& out) const {
    constexpr std::pair<std::string_view, char> known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& k : known) {
      if (k.first == r) {
        out += k.second;
        return;
      }
    }
    const bool hex = r.substr(0, 2) == "#x";
    const std::string_view digits = r.substr(hex ? 2 : r.substr(0, 1) == "#" ? 1 : r.size());
    std::uint32_t code = 0;
    for (const char c : digits) {
      const char l = to_lower(c);
      const int value = is_digit(l) ? l - '0' : hex && l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
      if (value < 0 || code > 0x10FFFFU) fail("&" + std::string(r) + "; is not a known reference");
      code = code * (hex ? 16U : 10U) + static_cast<std::uint32_t>(value);
    }
    if (digits.empty() || code == 0 || code > 0x10FFFFU || (code >= 0xD800U && code < 0xE000U)) fail("&" + std::string(r) + "; is not a known reference");
    append_utf8<>(out, static_cast<char32_t>(code));
  }

  std::string_view text_;
  const char* function_;
  std::string file_;
  std::size_t at_ = 0, line_ = 1;
  bool latin1_ = false, pending_end_ = false, seen_root_ = false;
  std::string name_, content_;
  std::vector<attribute> attributes_;
  std::vector<std::string> open_;
};

}  // namespace metapool::detail
