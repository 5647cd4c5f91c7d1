//! Marks that Git leaves where it could not merge.
//!
//! Input: a text. Output: one problem for each place, with both sides named; nothing for a text without marks.

use super::text::Text;
use crate::diag::{Code, Diagnostic};

const OURS: &str = "<<<<<<< ";
const BETWEEN: &str = "=======";
const THEIRS: &str = ">>>>>>> ";

/// Reports every unfinished merge. A block of text cannot look like one: its lines are indented.
pub(super) fn conflicts(text: &Text<'_>) -> Vec<Diagnostic> {
    let body = text.body();
    if !body.contains(OURS) {
        return Vec::new();
    }
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut at = text.start();
    for line in body.split_inclusive('\n') {
        let shown = line.trim_end();
        let span = text.span(at, at + shown.len());
        at += line.len();
        let side = |mark: &str| shown.strip_prefix(mark).map(|name| name.trim().to_owned());
        if let Some(ours) = side(OURS) {
            let label = format!("from here it is as in `{ours}`");
            found.push(
                Diagnostic::error(Code(1), "an unfinished merge", span, label)
                    .help("keep what is right of both sides, remove the lines with marks, then `git add` the file."),
            );
        } else if let Some(last) = found.pop() {
            found.push(match side(THEIRS) {
                Some(theirs) => last.related(span, format!("up to here it is as in `{theirs}`")),
                None if shown == BETWEEN => last.related(span, "the other side begins"),
                None => last,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;
    use crate::syntax::parse;

    #[test]
    fn an_unfinished_merge_is_said_once_with_both_its_sides() {
        let text = "a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> more-room\nc:\t4\n";
        let found = parse(SourceId::BUILT_IN, text).unwrap_err();
        let [only] = found.as_slice() else { panic!("{found:?}") };
        let labels: Vec<&str> = only.label.iter().chain(&only.related).map(|label| label.text.as_str()).collect();
        let expected = ["from here it is as in `HEAD`", "the other side begins", "up to here it is as in `more-room`"];
        assert_eq!((only.title.as_str(), labels.as_slice()), ("an unfinished merge", &expected[..]));
    }

    #[test]
    fn the_same_signs_inside_a_text_are_text() {
        let text = "a: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> b\n";
        assert!(parse(SourceId::BUILT_IN, text).is_ok());
    }
}
