//! Whether every name that is referred to is declared, and has what is asked of it.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall};
use hcl_edit::structure::Block;

use aipress_provider::Type;

use super::kind::{Lost, Scope};
use super::module::{Mode, Module};
use super::walk::{Reference, Visit, Walk, attribute_name};
use super::{ATTRIBUTE, ESCAPE, UNDECLARED, near, span};
use crate::diag::{Diagnostic, Diagnostics, list, suggest};
use crate::source::{SourceId, Span};

/// Names that Terraform itself gives; what follows them is not looked at.
const GIVEN: [&str; 4] = ["path", "terraform", "self", "module"];

/// Terraform's functions, version 1.11.
const FUNCTIONS: &str = "abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 basename \
    bcrypt can ceil chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact concat contains \
    csvdecode dirname distinct element endswith ephemeralasnull file filebase64 filebase64sha256 filebase64sha512 fileexists \
    filemd5 fileset filesha1 filesha256 filesha512 flatten floor format formatdate formatlist indent index issensitive join \
    jsondecode jsonencode keys length list log lookup lower map matchkeys max md5 merge min nonsensitive one parseint \
    pathexpand plantimestamp pow range regex regexall replace reverse rsadecrypt sensitive setintersection setproduct \
    setsubtract setunion sha1 sha256 sha512 signum slice sort split startswith strcontains strrev substr sum templatefile \
    templatestring textdecodebase64 textencodebase64 timeadd timecmp timestamp title tobool tolist tomap tonumber toset \
    tostring transpose trim trimprefix trimspace trimsuffix try type upper urlencode uuid uuidv5 values yamldecode \
    yamlencode zipmap";

/// Checks every reference of a blueprint.
pub(super) fn check(module: &Module<'_>, found: &mut Diagnostics) {
    for declared in &module.resources {
        let for_each = declared.block.body.get_attribute("for_each").map(|attribute| &attribute.value);
        let (each, count) = (for_each.is_some(), declared.block.body.get_attribute("count").is_some());
        let scope = Scope::new(module, for_each);
        let mut check = Check { module, scope, source: declared.source, each, count, found: &mut *found };
        // What `ignore_changes` and `provider` hold are names of another kind.
        Walk::default().body(&declared.block.body, &|name| ["provider", "lifecycle"].contains(&name), &mut check);
        check.lifecycle(declared.block);
    }
    for local in module.locals.values() {
        let mut check = Check::plain(module, local.span.source, found);
        Walk::default().expression(local.value, &mut check);
    }
    for (source, block) in module.others.iter().chain(&module.declarations) {
        let mut check = Check::plain(module, *source, found);
        Walk::default().body(&block.body, &|name| ["type", "providers", "provider"].contains(&name), &mut check);
    }
}

struct Check<'c, 'a> {
    module: &'c Module<'a>,
    scope: Scope<'c, 'a>,
    source: SourceId,
    each: bool,
    count: bool,
    found: &'c mut Diagnostics,
}

impl<'c, 'a> Check<'c, 'a> {
    fn plain(module: &'c Module<'a>, source: SourceId, found: &'c mut Diagnostics) -> Self {
        Self { module, scope: Scope::new(module, None), source, each: true, count: true, found }
    }

    fn lifecycle(&mut self, block: &'c Block) {
        for lifecycle in block.body.get_blocks("lifecycle") {
            Walk::default().body(&lifecycle.body, &|name| name == "ignore_changes", self);
        }
    }

    /// Whether the first names of a reference are declared.
    fn declared(&self, reference: &Reference<'_>) -> Result<(), Box<Diagnostic>> {
        let name = |at: usize| reference.operators.get(at).and_then(attribute_name);
        let root = reference.root.value().as_str();
        match (root, name(0)) {
            ("var", Some((first, at))) => {
                let known = self.module.variables.keys().copied();
                self.known(first, self.module.variables.contains_key(first), at, "variable", known)
            }
            ("local", Some((first, at))) => {
                let known = self.module.locals.keys().copied();
                self.known(first, self.module.locals.contains_key(first), at, "local", known)
            }
            ("each", _) if self.each => Ok(()),
            ("count", _) if self.count => Ok(()),
            (root @ ("each" | "count"), _) => {
                let argument = if root == "each" { "for_each" } else { "count" };
                let title = format!("`{root}` stands in a thing without `{argument}`");
                let at = span(self.source, reference.root.span());
                let problem = Diagnostic::error(UNDECLARED, title, at, "nothing is repeated here");
                Err(Box::new(problem.help(format!("add `{argument}`, or take another value."))))
            }
            (root, _) if GIVEN.contains(&root) => Ok(()),
            ("data", Some((kind, _))) => self.thing(Mode::Data, kind, name(1), reference),
            ("ephemeral", Some((kind, _))) => self.thing(Mode::Ephemeral, kind, name(1), reference),
            (kind, first) => self.thing(Mode::Resource, kind, first, reference),
        }
    }

    fn known<'n>(
        &self,
        name: &str,
        declared: bool,
        at: Option<std::ops::Range<usize>>,
        noun: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Result<(), Box<Diagnostic>> {
        if declared {
            return Ok(());
        }
        let title = format!("the blueprint has no {noun} `{name}`");
        let problem = Diagnostic::error(UNDECLARED, title, span(self.source, at), "not declared in any of its files");
        Err(Box::new(near(problem, name, known, &format!("declare the {noun}, or take another one."))))
    }

    fn thing(
        &self,
        mode: Mode,
        kind: &str,
        name: Option<(&str, Option<std::ops::Range<usize>>)>,
        reference: &Reference<'_>,
    ) -> Result<(), Box<Diagnostic>> {
        let Some((name, at)) = name else { return Err(Box::new(self.bare(kind, reference))) };
        if self.module.find(mode, kind, name).is_some() {
            return Ok(());
        }
        let (noun, prefix) = (mode.noun(), mode.prefix());
        let same_mode = || self.module.resources.iter().filter(move |other| other.mode == mode);
        let names: Vec<&str> = same_mode().filter(|other| other.kind == kind).map(|other| other.name).collect();
        if names.is_empty() && mode == Mode::Resource && !kind.contains('_') {
            return Err(Box::new(self.bare(kind, reference)));
        }
        let title = format!("the blueprint has no {noun} `{prefix}{kind}.{name}`");
        let (at, wrong, known): (_, _, Vec<&str>) = if names.is_empty() {
            let kinds = same_mode().map(|other| other.kind).collect();
            (if mode == Mode::Resource { reference.root.span() } else { at }, kind, kinds)
        } else {
            (at, name, names)
        };
        let problem = Diagnostic::error(UNDECLARED, title, span(self.source, at), "not declared in any of its files");
        Err(Box::new(near(problem, wrong, known, &format!("declare the {noun}, or take another one."))))
    }

    /// A lone word, or a word that begins no reference that Terraform knows.
    fn bare(&self, word: &str, reference: &Reference<'_>) -> Diagnostic {
        if let Some(around) = &reference.interpolation {
            let title = format!("`${{{word}}}` is taken for a reference");
            let at = span(self.source, Some(around.clone()));
            return Diagnostic::error(ESCAPE, title, at, format!("`{word}` is nothing that Terraform knows"))
                .help(self.meant(word));
        }
        let at = span(self.source, reference.root.span());
        let title = format!("`{word}` is no reference");
        let problem = Diagnostic::error(UNDECLARED, title, at, "nothing is declared under this name");
        let variables = self.module.variables.keys().copied();
        let help = match suggest(word, variables) {
            Some(name) => format!("did you mean `var.{name}`?"),
            None => "put text in quotes; begin a reference with `var.`, `local.` or a resource's type.".to_owned(),
        };
        problem.help(help)
    }

    fn meant(&self, word: &str) -> String {
        let text = format!("write `$${{{word}}}` if the text itself is meant");
        match suggest(word, self.module.variables.keys().copied()) {
            Some(name) => format!("{text}, or `${{var.{name}}}` for the variable."),
            None => format!("{text}."),
        }
    }

    fn lost(&self, reference: &Reference<'_>, lost: &Lost) -> Diagnostic {
        let name = reference.operators.get(lost.at).and_then(attribute_name);
        let shown = shown(reference, lost.at);
        match (&lost.before, name.clone()) {
            (Type::Object(fields), Some((name, at))) => {
                let title = format!("`{shown}` has no attribute `{name}`");
                let label = "nothing of this name comes out of it";
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                let otherwise = format!("it has {}.", list(known.iter(), "and", 10));
                near(Diagnostic::error(ATTRIBUTE, title, span(self.source, at), label), name, known, &otherwise)
            }
            (before, _) => {
                let at = name.clone().and_then(|(_, at)| at).or_else(|| reference.root.span());
                let help = match before {
                    Type::List(_) | Type::Tuple(_) => "take one of them, `[0]`, or all, `[*]`.",
                    Type::Map(_) => "take one of them by its key, `[each.key]`, or all, `values(...)[*]`.",
                    Type::Set(_) => "make a list of it, `tolist(...)[0]`, or take it with `one(...)`.",
                    _ => "take out what follows it.",
                };
                let title = format!("`{shown}` is {before}");
                let label = match name {
                    Some((name, _)) => format!("there is no `{name}` in it"),
                    None => "an index does not fit it".to_owned(),
                };
                Diagnostic::error(ATTRIBUTE, title, span(self.source, at), label).help(help)
            }
        }
    }
}

/// A reference up to an operator, as it is written.
fn shown(reference: &Reference<'_>, end: usize) -> String {
    use hcl_edit::expr::TraversalOperator as Operator;
    let mut text = reference.root.value().as_str().to_owned();
    for operator in reference.operators.iter().take(end) {
        match operator.value() {
            Operator::GetAttr(name) => text = format!("{text}.{}", name.value().as_str()),
            Operator::Index(Expression::String(key)) => text = format!("{text}[\"{}\"]", key.value()),
            Operator::Index(Expression::Number(number)) => text = format!("{text}[{}]", number.value()),
            Operator::Index(_) => text.push_str("[...]"),
            Operator::LegacyIndex(index) => text = format!("{text}.{}", index.value()),
            Operator::AttrSplat(_) => text.push_str(".*"),
            Operator::FullSplat(_) => text.push_str("[*]"),
        }
    }
    text
}

impl<'c> Visit<'c> for Check<'c, '_> {
    fn reference(&mut self, reference: &Reference<'c>) {
        if let Err(problem) = self.declared(reference) {
            self.found.push(*problem);
        } else if let Err(lost) = self.scope.reference(reference.root.value().as_str(), reference.operators) {
            let problem = self.lost(reference, &lost);
            self.found.push(problem);
        }
    }

    fn call(&mut self, call: &'c FuncCall) {
        let name = call.name.name.value().as_str();
        if call.name.is_namespaced() || FUNCTIONS.split_whitespace().any(|known| known == name) {
            return;
        }
        let at: Span = span(self.source, call.name.name.span());
        let problem =
            Diagnostic::error(UNDECLARED, format!("Terraform has no function `{name}`"), at, "not a function");
        self.found.push(near(problem, name, FUNCTIONS.split_whitespace(), "look the name up in Terraform's manual."));
    }
}
