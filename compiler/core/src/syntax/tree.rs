//! Events to trees.
//!
//! Input: the events of the YAML reader with their marks. Output: the documents, or all problems in source order. A
//! problem that leaves the structure readable is noted and the reading goes on; the tree is then discarded at the end.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks};

use super::anchor::Anchors;
use super::text::Text;
use super::{Entry, Node, Value, broken, problem, scalar};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// How deep maps and lists may nest; no document of a fleet needs a tenth of it.
pub(super) const MAX_DEPTH: usize = 64;

/// A tag, or a key that is no text.
const KEY: Code = Code(15);

/// A map or list that is still being read.
pub(super) struct Frame {
    pub(super) children: Children,
    pub(super) start: usize,
    /// Whether it stands in brackets.
    pub(super) flow: bool,
    anchor: usize,
}

/// What a [`Frame`] has so far.
pub(super) enum Children {
    Map { entries: Vec<Entry>, key: Option<(Box<str>, Span)> },
    Seq(Vec<Node>),
}

impl Frame {
    /// Returns a child that is complete.
    pub(super) fn child(&self, index: usize) -> Option<&Node> {
        match &self.children {
            Children::Map { entries, .. } => entries.get(index).map(|entry| &entry.value),
            Children::Seq(items) => items.get(index),
        }
    }

    /// Returns the number of complete children.
    pub(super) fn len(&self) -> usize {
        match &self.children {
            Children::Map { entries, .. } => entries.len(),
            Children::Seq(items) => items.len(),
        }
    }

    /// Returns the end of the last token so far.
    fn end(&self) -> usize {
        let last = match &self.children {
            Children::Map { key: Some((_, span)), .. } => Some(*span),
            Children::Map { entries, .. } => entries.last().map(|entry| entry.value.span),
            Children::Seq(items) => items.last().map(|item| item.span),
        };
        last.map_or(self.start, |span| span.end as usize)
    }
}

/// The state of a reading.
pub(super) struct Builder<'a> {
    pub(super) text: Text<'a>,
    /// The maps and lists around the present place, the outermost first.
    pub(super) frames: Vec<Frame>,
    /// The present document's top node, once complete.
    pub(super) root: Option<Node>,
    documents: Vec<Node>,
    problems: Vec<Diagnostic>,
    anchors: Anchors,
    document_start: usize,
    /// Maps and lists open within one that is too deep, and where that one starts.
    skipped: (usize, usize),
    too_deep: bool,
    tab_found: bool,
    has_tab: bool,
}

/// Reads all documents.
pub(super) fn read(text: Text<'_>) -> Result<Vec<Node>, Vec<Diagnostic>> {
    let parser = Parser::new_from_str(text.body());
    let mut builder = Builder::new(text);
    for event in parser {
        match event {
            Ok((event, marks)) => builder.event(event, &marks),
            // The reader has passed the alias and can go on.
            Err(error) if error.info().ends_with("found unknown anchor") => {
                let start = builder.text.offset(error.marker());
                builder.unknown_alias(start);
            }
            // The reader has a limit of its own, far beyond ours.
            Err(_) if builder.skipped.0 > 0 && builder.too_deep => break,
            Err(error) => {
                let problem = broken::explain(&builder, &error);
                builder.problems.push(problem);
                break;
            }
        }
    }
    builder.finish()
}

impl<'a> Builder<'a> {
    fn new(text: Text<'a>) -> Self {
        let document_start = text.start();
        let has_tab = text.body().contains('\t');
        Self {
            text,
            frames: Vec::new(),
            root: None,
            documents: Vec::new(),
            problems: Vec::new(),
            anchors: Anchors::default(),
            document_start,
            skipped: (0, 0),
            too_deep: false,
            tab_found: false,
            has_tab,
        }
    }

    fn finish(mut self) -> Result<Vec<Node>, Vec<Diagnostic>> {
        if self.documents.is_empty() && self.problems.is_empty() {
            self.problems.push(problem::empty(self.text.span(0, 0)));
        }
        if self.problems.is_empty() {
            return Ok(self.documents);
        }
        self.problems.sort_by_key(|problem| problem.label.as_ref().map(|label| (label.span, problem.code)));
        self.problems.dedup();
        Err(self.problems)
    }

    fn event(&mut self, event: Event<'_>, marks: &Marks) {
        match event {
            // Where no `---` stands, the reader's mark is that of the first token, or behind it.
            Event::DocumentStart(false) => {}
            Event::DocumentStart(true) => self.document_start = self.text.offset(&marks.end),
            Event::DocumentEnd => {
                self.document_start = self.text.offset(&marks.end);
                self.end_document();
            }
            Event::Alias(id) => self.alias(id, marks),
            Event::Scalar(value, style, anchor, tag) => self.scalar(value, style, anchor, tag.is_some(), marks),
            Event::SequenceStart(anchor, tag) => self.open(true, anchor, tag.is_some(), marks),
            Event::MappingStart(anchor, tag) => self.open(false, anchor, tag.is_some(), marks),
            Event::SequenceEnd | Event::MappingEnd => self.close(marks),
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
    }

    /// Keeps a document, unless nothing stands in it: `---` at the end of a file starts no document.
    fn end_document(&mut self) {
        self.anchors.clear();
        if let Some(root) = self.root.take()
            && !(root.value == Value::Null && root.span.range().is_empty())
        {
            self.documents.push(root);
        }
    }

    fn scalar(&mut self, value: Cow<'_, str>, style: ScalarStyle, anchor: usize, tagged: bool, marks: &Marks) {
        if self.skipped.0 > 0 {
            return;
        }
        let properties = anchor > 0 || tagged;
        let span = self.scalar_span(&value, style, properties, marks);
        self.check_properties(marks, anchor, tagged);
        self.check_tab(span);
        let read = if style == ScalarStyle::Plain { scalar::read(&value) } else { Ok(Value::Str((*value).into())) };
        if self.expects_key() {
            let node = Node { value: read.unwrap_or(Value::Null), span };
            self.anchors.keep_scalar(anchor, &node);
            return self.key(&value, style, span);
        }
        let value = read.unwrap_or_else(|unreadable| {
            self.problems.push(problem::unreadable(unreadable, &value, span));
            Value::Null
        });
        let node = Node { value, span };
        self.anchors.keep_scalar(anchor, &node);
        self.attach(node);
    }

    fn key(&mut self, text: &str, style: ScalarStyle, span: Span) {
        let plain = style == ScalarStyle::Plain;
        if plain && text.is_empty() {
            self.problems.push(problem::missing_key(span));
        } else if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            self.problems.push(problem::key_is_no_text(span));
        } else if plain && text == "<<" {
            self.problems.push(problem::merge_key(span));
        }
        self.set_key(text.into(), span);
    }

    fn set_key(&mut self, text: Box<str>, span: Span) {
        if let Some(Frame { children: Children::Map { key, .. }, .. }) = self.frames.last_mut() {
            *key = Some((text, span));
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { children: Children::Map { key: None, .. }, .. }))
    }

    fn alias(&mut self, id: usize, marks: &Marks) {
        if self.skipped.0 > 0 {
            return;
        }
        let start = self.text.offset(&marks.start);
        let span = self.text.span(start, self.text.property_end(start));
        self.check_tab(span);
        match self.anchors.expand(id, &self.frames) {
            Ok(node) => {
                if self.frames.len() + height(&node) > MAX_DEPTH {
                    self.note_depth(span);
                }
                self.attach_alias(node, span);
            }
            Err(reason) => {
                // An anchor in a part that was skipped is not unknown.
                if !self.too_deep {
                    self.problems.extend(self.anchors.problem(
                        reason,
                        self.text.slice(start + 1, span.end as usize),
                        span,
                    ));
                }
                self.attach_alias(Node { value: Value::Null, span }, span);
            }
        }
    }

    fn unknown_alias(&mut self, start: usize) {
        if self.skipped.0 > 0 {
            return;
        }
        let span = self.text.span(start, self.text.property_end(start));
        let name = self.text.slice(start + 1, span.end as usize);
        self.problems.push(self.anchors.unknown(name, span));
        self.attach_alias(Node { value: Value::Null, span }, span);
    }

    fn attach_alias(&mut self, node: Node, place: Span) {
        if self.expects_key() {
            self.complex_key(place);
        } else {
            self.attach(node);
        }
    }

    fn complex_key(&mut self, span: Span) {
        // A map as the key of a map as a key, as in `{{ name }}`, is one mistake.
        let within = |inner: &Span| span.start <= inner.start && inner.end <= span.end;
        let inner = self.problems.last().filter(|problem| problem.code == KEY);
        if inner.and_then(|problem| problem.label.as_ref()).is_some_and(|label| within(&label.span)) {
            self.problems.pop();
        }
        self.problems.push(problem::key_is_no_text(span));
        // A text that no key has, so that two of them are no duplicates.
        self.set_key(format!("\0{}", span.start).into(), span);
    }

    fn open(&mut self, list: bool, anchor: usize, tagged: bool, marks: &Marks) {
        if self.skipped.0 > 0 {
            self.skipped.0 += 1;
            return;
        }
        self.check_properties(marks, anchor, tagged);
        let (start, flow) = self.collection_start(list, anchor > 0 || tagged, marks);
        if self.frames.len() >= MAX_DEPTH {
            self.note_depth(self.text.character(start));
            self.skipped = (1, start);
            return;
        }
        self.check_tab(self.text.character(start));
        let children = if list { Children::Seq(Vec::new()) } else { Children::Map { entries: Vec::new(), key: None } };
        self.frames.push(Frame { children, start, flow, anchor });
    }

    fn close(&mut self, marks: &Marks) {
        if self.skipped.0 > 0 {
            self.skipped.0 -= 1;
            if self.skipped.0 == 0 {
                self.close_too_deep(marks);
            }
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        let end = if frame.flow { self.bracket_end(marks) } else { frame.end() };
        let span = self.text.span(frame.start, end);
        let value = match frame.children {
            Children::Map { entries, .. } => {
                problem::duplicate_keys(&entries, &mut self.problems);
                Value::Map(entries)
            }
            Children::Seq(items) => Value::Seq(items),
        };
        self.anchors.keep_collection(frame.anchor, &self.frames);
        if self.expects_key() {
            self.complex_key(span);
        } else {
            self.attach(Node { value, span });
        }
    }

    fn note_depth(&mut self, place: Span) {
        if !self.too_deep {
            self.too_deep = true;
            self.problems.push(problem::too_deep(place));
        }
    }

    fn close_too_deep(&mut self, marks: &Marks) {
        let start = self.skipped.1;
        let span = self.text.span(start, self.text.trimmed(start, self.text.offset(&marks.end)));
        self.attach_alias(Node { value: Value::Null, span }, span);
    }

    fn attach(&mut self, node: Node) {
        match self.frames.last_mut().map(|frame| &mut frame.children) {
            None => self.root = Some(node),
            Some(Children::Seq(items)) => items.push(node),
            Some(Children::Map { entries, key }) => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
        }
    }

    fn check_properties(&mut self, marks: &Marks, anchor: usize, tagged: bool) {
        if anchor == 0 && !tagged {
            return;
        }
        let mut at = self.text.offset(&marks.start);
        for _ in 0..usize::from(anchor > 0) + usize::from(tagged) {
            at = self.text.skip_blank(at);
            let end = self.text.property_end(at);
            match self.text.byte(at) {
                Some(b'!') => {
                    let tag = self.text.slice(at, end);
                    self.problems.push(problem::tag(tag, self.text.span(at, end)));
                }
                Some(b'&') => self.anchors.name(self.text.slice(at + 1, end)),
                _ => {}
            }
            at = end;
        }
    }

    /// Notes the first line that starts with a tab; the reader lets some of them pass.
    fn check_tab(&mut self, token: Span) {
        if self.tab_found || !self.has_tab {
            return;
        }
        let start = token.start as usize;
        let before = self.text.slice(0, start).trim_end_matches([' ', '\t']);
        if (before.is_empty() || before.ends_with('\n'))
            && self.text.slice(before.len(), start).contains('\t')
            && let Some(problem) = problem::tab_in_line(&self.text, start)
        {
            self.tab_found = true;
            self.problems.push(problem);
        }
    }

    /// Returns where the token before the present one ends.
    fn cursor(&self) -> usize {
        self.frames.last().map_or(self.document_start, Frame::end)
    }

    fn scalar_span(&self, value: &str, style: ScalarStyle, properties: bool, marks: &Marks) -> Span {
        let (start, limit) = (self.text.offset(&marks.start), self.text.offset(&marks.end));
        let start = match style {
            ScalarStyle::Plain if value.is_empty() => {
                let place = if properties { limit } else { self.empty_place(start) };
                return self.text.span(place, place);
            }
            // The reader's mark stands at the content, not at the indicator.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = self.text.skip(if properties { start } else { self.cursor() }, b":?-");
                if matches!(self.text.byte(header), Some(b'|' | b'>')) { header } else { start }
            }
            _ if properties => self.text.skip(start, b""),
            _ => start,
        };
        self.text.span(start, self.text.scalar_end(start, limit, style))
    }

    /// Returns the place of a value that is not there: behind its `:` or `-`.
    fn empty_place(&self, mark: usize) -> usize {
        let Some(frame) = self.frames.last() else { return mark };
        let end = frame.end();
        let indicator = match &frame.children {
            Children::Map { key: Some(_), .. } => b':',
            Children::Map { key: None, .. } => return mark,
            Children::Seq(_) => b'-',
        };
        let at = self.text.skip(end, b"");
        if self.text.byte(at) == Some(indicator) { at + 1 } else { end }
    }

    fn collection_start(&self, list: bool, properties: bool, marks: &Marks) -> (usize, bool) {
        let (mark, limit) = (self.text.offset(&marks.start), self.text.offset(&marks.end));
        let start = if properties { self.text.skip(mark, b"") } else { mark };
        if limit > start && matches!(self.text.byte(start), Some(b'{' | b'[')) {
            return (start, true);
        }
        if !list {
            return (start, false);
        }
        // In a map the reader's mark stands behind the first dash, elsewhere before it.
        let under_key = matches!(self.frames.last(), Some(Frame { children: Children::Map { key: Some(_), .. }, .. }));
        (if under_key { self.text.skip(self.cursor(), b":") } else { limit }, false)
    }

    fn bracket_end(&self, marks: &Marks) -> usize {
        let start = self.text.offset(&marks.start);
        let bracket = self.text.skip(start, b",");
        if matches!(self.text.byte(bracket), Some(b'}' | b']')) { bracket + 1 } else { start }
    }
}

fn height(node: &Node) -> usize {
    let below = match &node.value {
        Value::Map(entries) => entries.iter().map(|entry| height(&entry.value)).max(),
        Value::Seq(items) => items.iter().map(height).max(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => return 0,
    };
    1 + below.unwrap_or(0)
}
