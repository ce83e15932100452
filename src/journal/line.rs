//! One line of the log, as text or JSON. However long what it tells, a field has at most 256 characters and a line at
//! most 4 KiB; what is missing is told. No control character is written as it is.

use std::fmt::{self, Write};
use std::mem;

use jiff::Timestamp;
use tracing::Level;
use tracing::field::{Field, Visit};

/// Of the value of a field, as it is written: characters, escapes and the note of what is missing included.
const LONGEST_FIELD: usize = 256;

/// Of a line, its end included: bytes.
const LONGEST_LINE: usize = 4096;

/// What the end of a line needs: how many fields are missing.
const FOR_THE_END: usize = 64;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Text,
    /// Text with colors.
    Colored,
    Json,
}

/// A line that is being written.
#[derive(Debug)]
pub(super) struct Line {
    style: Style,
    text: String,
    /// The field that is being written.
    field: String,
    left_out: usize,
}

impl Line {
    pub(super) fn begin(style: Style, now: Timestamp, level: Level, target: &str) -> Self {
        let mut text = String::with_capacity(512);
        let written = match style {
            Style::Text => write!(text, "{now:.6} {level:>5} {target}:"),
            Style::Colored => {
                write!(text, "\x1b[2m{now:.6}\x1b[0m {}{level:>5}\x1b[0m \x1b[2m{target}:\x1b[0m", color(level))
            }
            Style::Json => write!(text, r#"{{"timestamp":"{now:.6}","level":"{level}","target":"{target}""#),
        };
        written.expect(STRINGS_TAKE_ALL);
        Self { style, text, field: String::new(), left_out: 0 }
    }

    pub(super) fn message(&mut self, text: &str) {
        self.told(MESSAGE, &format_args!("{text}"));
    }

    /// A number or a truth.
    pub(super) fn plain(&mut self, name: &str, value: impl fmt::Display) {
        self.name(name);
        write!(self.field, "{value}").expect(STRINGS_TAKE_ALL);
        self.add();
    }

    /// A text between quotation marks.
    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.field.push('"');
        if value.len() <= LONGEST_FIELD && value.bytes().all(|byte| is_plain(byte.into())) {
            self.field.push_str(value);
        } else {
            self.escaped(&Cut::of(value), true);
        }
        self.field.push('"');
        self.add();
    }

    /// What is written as it tells itself: in JSON a text.
    fn told(&mut self, name: &str, value: &dyn fmt::Debug) {
        let mut cut = Cut::default();
        if write!(cut, "{value:?}").is_err() {
            cut.take("…"); // it failed to tell itself
        }
        let value = cut.end();
        if self.style == Style::Json {
            return self.text(name, &value);
        }
        self.name(name);
        self.escaped(&value, false);
        self.add();
    }

    pub(super) fn end(mut self) -> String {
        let written = match (self.style, self.left_out) {
            (Style::Json, 0) => writeln!(self.text, "}}"),
            (Style::Json, count) => writeln!(self.text, r#","…":"{count} fields more"}}"#),
            (_, 0) => writeln!(self.text),
            (_, count) => writeln!(self.text, " …({count} fields more)"),
        };
        written.expect(STRINGS_TAKE_ALL);
        self.text
    }

    /// Begin a field. The message of a line has no name but in JSON.
    fn name(&mut self, name: &str) {
        let parts = match self.style {
            Style::Json => [",\"", name, "\":"],
            _ if name == MESSAGE => [" ", "", ""],
            Style::Text => [" ", name, "="],
            Style::Colored => [" \x1b[3m", name, "\x1b[0m="],
        };
        self.field.extend(parts);
    }

    fn escaped(&mut self, value: &str, is_quoted: bool) {
        for c in value.chars() {
            match c {
                '"' | '\\' if is_quoted => self.field.extend(['\\', c]),
                c if is_plain(c) || matches!(c, '"' | '\\') => self.field.push(c),
                c if c.escape_debug().len() == 1 => self.field.push(c),
                c if self.style == Style::Json => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(self.field, "\\u{unit:04x}").expect(STRINGS_TAKE_ALL);
                    }
                }
                c => self.field.extend(c.escape_debug()),
            }
        }
    }

    fn add(&mut self) {
        let mut field = mem::take(&mut self.field);
        if self.text.len() + field.len() + FOR_THE_END <= LONGEST_LINE {
            self.text.push_str(&field);
        } else {
            self.left_out += 1;
        }
        field.clear();
        self.field = field;
    }
}

const STRINGS_TAKE_ALL: &str = "a string takes all that is written";

/// The name of the field that is the line's message.
const MESSAGE: &str = "message";

fn color(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // What the crate `log` tells of where a line is from.
        if !field.name().starts_with("log.") {
            self.told(field.name(), value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            MESSAGE => self.message(value),
            name => self.text(name, value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field.name(), value);
    }
}

/// The beginning of a text of any length, which may come in parts.
#[derive(Debug, Default)]
struct Cut {
    kept: String,
    /// Of what is kept.
    width: usize,
    /// How many characters are not kept.
    missing: usize,
}

impl Cut {
    fn of(text: &str) -> String {
        let mut cut = Self::default();
        cut.take(text);
        cut.end()
    }

    fn take(&mut self, text: &str) {
        let mut rest = text.chars();
        while self.missing == 0 {
            let here = rest.as_str();
            let Some(c) = rest.next() else { return };
            if self.width + width(c) > LONGEST_FIELD {
                self.missing += here.chars().count();
                return;
            }
            self.width += width(c);
            self.kept.push(c);
        }
        self.missing += rest.count();
    }

    /// What was kept, and how much is missing.
    fn end(mut self) -> String {
        if self.missing > 0 {
            let mut note = format!("…({} more)", self.missing);
            while self.width + note.chars().count() > LONGEST_FIELD
                && let Some(c) = self.kept.pop()
            {
                self.width -= width(c);
                self.missing += 1;
                note = format!("…({} more)", self.missing);
            }
            self.kept.push_str(&note);
        }
        self.kept
    }
}

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.take(text);
        Ok(())
    }
}

/// Whether a character is written as it is, between quotation marks too. There are others, which are rarer.
fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~') && !matches!(c, '"' | '\\')
}

/// How many characters one becomes at most.
fn width(c: char) -> usize {
    match c {
        c if is_plain(c) => 1,
        '"' | '\\' => 2,
        c if c.escape_debug().len() == 1 => 1,
        '\u{10000}'.. => "\\u0000\\u0000".len(),
        _ => "\\u{0000}".len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(style: Style, write: impl Fn(&mut Line)) -> String {
        let mut line = Line::begin(style, "2026-11-22T07:00:00.5Z".parse().unwrap(), Level::INFO, "yaoshi::t");
        write(&mut line);
        line.end()
    }

    #[test]
    fn lines_in_each_style() {
        let write = |line: &mut Line| {
            line.told(MESSAGE, &format_args!("it is \"so\"\n\u{9b}"));
            line.plain("count", 3);
            line.text("name", "a \"b\" \\ 钥\u{1}\u{9b}\u{e0001}");
        };
        assert_eq!(
            line(Style::Text, write),
            "2026-11-22T07:00:00.500000Z  INFO yaoshi::t: it is \"so\"\\n\\u{9b} count=3 \
             name=\"a \\\"b\\\" \\\\ 钥\\u{1}\\u{9b}\\u{e0001}\"\n"
        );
        assert_eq!(
            line(Style::Colored, |line| line.plain("count", 3)),
            "\x1b[2m2026-11-22T07:00:00.500000Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[2myaoshi::t:\x1b[0m \x1b[3mcount\x1b[0m=3\n"
        );
        let json: serde_json::Value = serde_json::from_str(&line(Style::Json, write)).unwrap();
        let expected = serde_json::json!({
            "timestamp": "2026-11-22T07:00:00.500000Z", "level": "INFO", "target": "yaoshi::t",
            "message": "it is \"so\"\n\u{9b}", "count": 3, "name": "a \"b\" \\ 钥\u{1}\u{9b}\u{e0001}",
        });
        assert_eq!(json, expected);
        assert!(!line(Style::Json, write).trim_end().contains(char::is_control));
    }

    #[test]
    fn a_field_is_cut_where_it_is_too_long() {
        for (text, expected) in [
            ("a".repeat(256), "a".repeat(256)),
            ("a".repeat(257), format!("{}…(11 more)", "a".repeat(246))),
            ("钥".repeat(1000), format!("{}…(755 more)", "钥".repeat(245))),
            ("\u{1}".repeat(1000), format!("{}…(970 more)", "\u{1}".repeat(30))),
            ("\"".repeat(129), format!("{}…(6 more)", "\"".repeat(123))),
        ] {
            assert_eq!(Cut::of(&text), expected);
            let mut parts = Cut::default();
            text.chars().for_each(|c| parts.take(c.encode_utf8(&mut [0; 4])));
            assert_eq!(parts.end(), expected, "in parts");
        }
    }

    #[test]
    fn a_line_has_an_end() {
        for style in [Style::Text, Style::Colored, Style::Json] {
            for text in ["a", "\u{1}", "钥", "\u{10000}", "\u{e0001}"] {
                let line = line(style, |line| {
                    (0..50).for_each(|_| line.text("name", &text.repeat(300)));
                    line.told(MESSAGE, &text.repeat(300));
                });
                assert!(line.len() <= LONGEST_LINE, "{}", line.len());
                assert!(line.contains("fields more") && line.ends_with('\n'), "{line}");
                if style == Style::Json {
                    serde_json::from_str::<serde_json::Value>(&line).unwrap();
                }
            }
        }
    }
}
