# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names nobody should give a device, by what they try. None of them is in use twice."""

from __future__ import annotations

import itertools

# What a payload would leave behind if anybody ran it; no test ever finds it.
TRACE = "netfleet-was-here"

COMMANDS = (f"touch {TRACE}", "id", "reboot")

_PIPES = (
    "{{{{ lookup('pipe', '{0}') }}}}",
    "{{% set x = lookup('pipe', '{0}') %}}{{{{ x }}}}",
    "{{{{ cycler.__init__.__globals__.os.popen('{0}').read() }}}}",
)
_SHELLS = ("$({0})", "`{0}`", ";{0}", "| {0}", "&& {0}")

# fmt: off
CATEGORIES: dict[str, tuple[str, ...]] = {
    "payloads of templates": tuple(pipe.format(command) for pipe in _PIPES for command in COMMANDS),
    "payloads of shells": tuple(shell.format(command) for shell in _SHELLS for command in COMMANDS),
    "dots": (
        ".", "..", "...", "./x", "../x", "../../etc/passwd", "..%2f", "%2e%2e", "x/..", "x/../y", "a.", ".a", "a..b",
    ),
    "slashes": (
        "a/b", "/", "//", "/etc/shadow", "a\\b", "\\\\host\\share", "C:\\x", "file:///etc/passwd", "a/",
        "//evil.example/x",
    ),
    "encoded": (
        "%2F", "%252F", "a%2fb", "%00", "%0d%0aX: y", "%", "%%", "%zz", "a%20b", "%41", "+", "a+b", "&amp;", "&#65;",
    ),
    "address parts": (
        "a?b", "?pending=true", "a#b", "#", "a;b", ";jsessionid=x", "a&b", "a=b", "user:word@evil.example",
        "evil.example:8443", "http://evil.example/", "[::1]", "a@b",
    ),
    "blanks": (
        " a", "a ", "  a  ", "a b", "a  b", " ", "\ta", "a\tb", "\xa0a", "a\u2003b", "a\u3000",
    ),
    "control": (
        "a\nb", "a\r\nb", "\r\nSet-Cookie: x=y", "a\x00b", "\x1b[31mred", "\x1b]0;title\x07", "a\x7f", "a\x85b",
        "a\u2028b", "a\u2029b", "\x08\x08\x08x",
    ),
    "host patterns": (
        "*", "?", "a*", "[a]", "db[1:3]", "db[0]", "a:b", "a,b", "!a", "&a", "~a", "~.*", "all:!a", "a:&b", "@file",
        "@/etc/passwd", "[0-9]", "a[!b]", "x{a,b}",
    ),
    "reserved": (
        "all", "ungrouped", "localhost", "127.0.0.1", "::1", "ALL", "Localhost", "group_names", "groups", "hostvars",
        "inventory_hostname", "omit", "vars", "none", "_meta", "self", "implicit",
    ),
    "templates": (
        "{{ 7 * 7 }}", "{{", "}}", "{%", "%}", "{#", "#}", "{% raw %}", "{{ inventory_hostname }}", "{{ omit }}",
        "{{ undefined_thing }}", "{{ '{{ 7*7 }}' }}", "#jinja2:variable_start_string:'[['", "[[ 7*7 ]]", "${7*7}",
        "#{7*7}", "<%= 7*7 %>",
    ),
    "YAML": (
        "on", "off", "yes", "no", "true", "True", "null", "~", "Null", "0123", "1e3", "0x1F", "0o17", "1_000", ".inf",
        ".nan", "2026-11-21", "12:30:45", "!!python/object/apply:os.system [id]", "!unsafe x", "!vault x",
        "&anchor a", "*alias", "- a", "a: b", "? a", "| a", "> a", "{a: b}", "[a, b]", "'a'", '"a"', "a #b", "---",
        "%YAML 1.1",
    ),
    "XML": (
        "<a>", "</device>", "<![CDATA[x]]>", "]]>", "&lt;", "&xxe;", "<!DOCTYPE a>", "<!-- a", "a&b<c", '"a\'',
        "<?xml?>",
    ),
    "JSON": (
        '"', '","id":"1', "{}", '{"id": 1}', "[1]", "\\", "\\u0041", "\\n", '\\"', "null\\",
    ),
    "SQL": (
        "' OR '1'='1", "'; DROP TABLE locks; --", '"; DELETE FROM operations; --', "a' UNION SELECT 1", "%_", "_",
        "a--b", "/* a */", "\\'",
    ),
    "shells": (
        "$HOME", "~root", "> x", "a|b", "*.yml",
    ),
    "options": (
        "-a", "-", "--", "--limit", "--limit=all", "-e x=y", "-oProxyCommand=id", "--help", "-i/etc/passwd", "-vvvv",
        "-\n",
    ),
    "formats": (
        "%s%s%n", "{0}", "{name}", "%(name)s", "{0.__class__}", "$1", "\\1", "%d",
    ),
    "Unicode": (
        "é", "日本語", "пристрій", "جهاز", "🖧", "a\u200bb", "a\u200db", "\u202eabc", "a\u202eb", "\u2066a\u2069",
        "\ufeffa", "a️", "ﬁ", "ＬＡＸ", "ß", "İ", "ı", "ǆ", "́", "Ⅳ", "\U000e0041", "a�b", "\ue000",
    ),
    "case twins": (
        "Twin-A", "twin-a", "TWIN-A",
    ),
    "form twins": (
        "café-01", "café-01", "Ｔwin-w", "Twin-w",
    ),
    "homoglyphs": (
        "рaypal-01", "paypal-01", "l0-sbc", "lO-sbc", "I1-sbc", "l1-sbc",
    ),
    "numbers": (
        "0", "1", "-1", "811", "2001", "ID41", "1.0", "99999999999999999999", "9007199254740993", "1e400", "NaN",
        "Infinity",
    ),
    "long": ("a" * 255, "é" * 127, "a" * 200 + "." + "b" * 54),
    "too long": ("a" * 256, "é" * 128, "a" * 5000, "😀" * 64),
    "empty": (
        "",
    ),
    "broken": (
        "\ud800", "a\udfffb",
    ),
}
# fmt: on

NAMES: tuple[str, ...] = tuple(dict.fromkeys(itertools.chain.from_iterable(CATEGORIES.values())))


def fits_xml(name: str) -> bool:
    """Whether XML can hold a name at all: no control characters but three, no half characters, no non-characters."""
    return all(
        letter in "\t\n\r" or ("\x20" <= letter <= "\ufffd" and not "\ud800" <= letter <= "\udfff") or letter > "\uffff"
        for letter in name
    )


def fits_json(name: str) -> bool:
    """Whether a name is text that can be encoded."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
