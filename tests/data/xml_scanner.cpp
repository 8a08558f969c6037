// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/xml_scanner.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>

using metapool::detail::xml_event;
using metapool::detail::xml_scanner;

namespace {
/// "<a b=c>text</a>" back from the events.
std::string events(const std::string& text) {
  xml_scanner<> x(text, "test", "f.xml");
  std::string out;
  for (xml_event e = x.next(); e != xml_event::finished; e = x.next()) {
    if (e == xml_event::text) out += x.text();
    if (e == xml_event::end) out += "</" + x.name() + ">";
    if (e != xml_event::start) continue;
    out += "<" + x.name();
    for (const auto& a : x.attributes()) out += " " + a.first + "=" + a.second;
    out += ">";
  }
  return out;
}
}  // namespace

TEST_CASE("elements, attributes and text come in order; an empty element starts and ends") {
  CHECK(events("<a b=\"1\" c = 'x y'>t<d/>u</a>") == "<a b=1 c=x y>t<d></d>u</a>");
  CHECK(events("\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY x \"y\">]>\n<!-- <z> --><a><![CDATA[1 < 2 & 3]]></a>\n") == "<a>1 < 2 & 3</a>");
}

TEST_CASE("character references are resolved, in decimal, hexadecimal and by XML's five names") {
  CHECK(events("<a b=\"&lt;&amp;&quot;\">&gt;&apos;&#65;&#x42;&#xE9;&#x20AC;&#x1F600;</a>") == "<a b=<&\">>'AB\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80</a>");
  for (const char* bad : {"<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#99999999999;</a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&x;</a>", "<a>& b</a>", "<a>&#xG;</a>"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS((void)events(bad), metapool::input_error);
  }
}

TEST_CASE("ISO-8859-1 comes as UTF-8") {
  CHECK(events("<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xE9'>\xFC</a>") == "<a b=\xC3\xA9>\xC3\xBC</a>");
}

TEST_CASE("malformed XML is refused") {
  for (const char* bad : {"<a>", "</a>", "<a></b>", "<a", "<a b", "<a b=", "<a b=1/>", "<a b='1/>", "<a b='<'/>", "< a/>", "<a/><b/>", "x", "<a/>x", "<!-- ", "<![CDATA[x]]>", "<a><![CDATA[x</a>",
                          "<? ", "<!DOCTYPE", "<a/ >", "<a/b>", "<>", "<a b='1' b='1'/>"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS((void)events(bad), metapool::input_error);
  }
}

TEST_CASE("deep nesting needs no deep stack") {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "<a>";
  CHECK(metapool_test::contains(metapool_test::message_of<metapool::input_error>([&] { (void)events(text); }), "ends within <a>"));
}
