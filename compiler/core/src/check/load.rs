//! Files to documents: each read, recognised by its `kind`, and checked against its schema.
//!
//! Input: the sources. Output: [`Document`]s in path order, and all findings of syntax and schema. A document with an
//! error is not passed on.

use crate::check::names;
use crate::check::schema::check_document;
use crate::diag::{Code, Diagnostic, list, suggest};
use crate::source::{Source, SourceId, Span, Spanned};
use crate::spec::kind::{API_VERSION, Kind};
use crate::syntax::{self, Node};

const UNKNOWN_KIND: Code = Code(109);

/// A document that its schema accepts.
#[derive(Debug, Clone)]
pub struct Document {
    /// The kind.
    pub kind: Kind,
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// The whole tree.
    pub node: Node,
    /// Which document of its file this is, from 0.
    pub index: usize,
}

/// What one file holds.
#[derive(Debug, Default)]
pub struct File {
    /// The documents without an error.
    pub documents: Vec<Document>,
    /// All findings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Whether a file is YAML of the fleet; the lock and other text are read by their own stages.
#[must_use]
pub fn is_document(path: &str) -> bool {
    path.starts_with("tenants/") && (path.ends_with(".yaml") || path.ends_with(".yml"))
}

/// Reads and checks one file.
#[must_use]
pub fn load(id: SourceId, source: &Source) -> File {
    let nodes = match syntax::parse(id, &source.text) {
        Ok(nodes) => nodes,
        Err(diagnostics) => return File { documents: Vec::new(), diagnostics },
    };
    let mut file = File::default();
    for (index, node) in nodes.into_iter().enumerate() {
        match recognise(&node) {
            Ok(kind) => {
                let mut found = check_document(kind, &node);
                let name = node.at(&["metadata", "name"]);
                let name = name.and_then(|name| Some(Spanned::new(name.as_str()?.to_owned(), name.span)));
                found.extend(name.as_ref().and_then(|name| names::check(kind, name)));
                if let (Some(name), true) = (name, found.is_empty()) {
                    file.documents.push(Document { kind, name, node, index });
                }
                file.diagnostics.extend(found);
            }
            Err(diagnostic) => file.diagnostics.push(*diagnostic),
        }
    }
    file
}

/// Reads one document of a file again, which was found good before.
#[must_use]
pub fn reload(id: SourceId, source: &Source, index: usize) -> Option<Node> {
    syntax::parse(id, &source.text).ok()?.into_iter().nth(index)
}

fn recognise(node: &Node) -> Result<Kind, Box<Diagnostic>> {
    let start = node.entries().first().map_or(node.span, |entry| entry.key_span);
    let missing = |field: &str, help: String| {
        let title = format!("the document does not say its `{field}`");
        Box::new(
            Diagnostic::error(UNKNOWN_KIND, title, start, format!("expected `{field}` in this document")).help(help),
        )
    };
    let names = || list(Kind::ALL.iter().map(|kind| kind.name()), "or", 8);
    let version =
        node.get("apiVersion").ok_or_else(|| missing("apiVersion", format!("add `apiVersion: {API_VERSION}`.")))?;
    if version.as_str() != Some(API_VERSION) {
        return Err(Box::new(wrong(
            version.span,
            "`apiVersion` names a version that this compiler does not know",
            &format!("expected `{API_VERSION}`"),
            None,
        )));
    }
    let kind = node.get("kind").ok_or_else(|| missing("kind", format!("add `kind`: {}.", names())))?;
    let text = kind.as_str().unwrap_or_default();
    Kind::find(text).ok_or_else(|| {
        let near = suggest(text, Kind::ALL.iter().map(|kind| kind.name()));
        Box::new(wrong(kind.span, &format!("unknown kind `{text}`"), &format!("expected {}", names()), near))
    })
}

fn wrong(span: Span, title: &str, label: &str, near: Option<&str>) -> Diagnostic {
    let help = near.map_or_else(
        || "correct it; the kind in the document decides what it is, never its path.".to_owned(),
        |name| format!("did you mean `{name}`?"),
    );
    Diagnostic::error(UNKNOWN_KIND, title, span, label).help(help)
}
