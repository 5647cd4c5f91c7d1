//! The tables that a fleet's blueprints are held against: its own, else those that come with the compiler.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aipress_provider::{Names, Table, embedded};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceId, SourceSet, Span};

/// A table that cannot be read.
const UNREADABLE: Code = Code(520);

/// What the providers offer, by the provider's name.
#[derive(Debug)]
pub struct Tables {
    tables: BTreeMap<String, Cow<'static, Table>>,
    /// Roles and APIs.
    pub(super) names: Cow<'static, Names>,
}

impl Tables {
    /// The tables that come with the compiler.
    #[must_use]
    pub fn embedded() -> Self {
        let tables = embedded::providers()
            .filter_map(|name| Some((name.to_owned(), Cow::Borrowed(embedded::table(name)?))))
            .collect();
        Self { tables, names: Cow::Borrowed(embedded::names()) }
    }

    /// The tables of a fleet; a file of its own stands in front of the embedded one of the same name.
    ///
    /// # Errors
    /// Every table of the fleet that cannot be read.
    pub fn of(sources: &SourceSet) -> Result<Self, Diagnostics> {
        let mut all = Self::embedded();
        let mut problems = Diagnostics::new();
        for (id, source) in sources.files() {
            let Some(file) = source.path.strip_prefix(embedded::FOLDER).and_then(|name| name.strip_suffix(".json"))
            else {
                continue;
            };
            if let Err(problem) = all.take(sources, id, file, &source.text) {
                problems.push(*problem);
            }
        }
        if problems.has_errors() { Err(problems) } else { Ok(all) }
    }

    fn take(&mut self, sources: &SourceSet, id: SourceId, file: &str, text: &str) -> Result<(), Box<Diagnostic>> {
        let unreadable = |error| Box::new(unreadable(id, file, text, &error));
        match file.rsplit_once('.') {
            None if Some(text) == embedded::text(file) && own_facts(sources, file).is_none() => {}
            None => {
                let facts = own_facts(sources, file).map(|(_, text)| text).or(embedded::facts_text(file));
                let table = Table::read(text, None).map_err(unreadable)?;
                let table = match facts {
                    None => table,
                    Some(facts) => match (Table::read(text, Some(facts)), own_facts(sources, file)) {
                        (Ok(table), _) => table,
                        (Err(error), Some((id, facts))) => {
                            return Err(Box::new(self::unreadable(id, &format!("{file}.facts"), facts, &error)));
                        }
                        (Err(_), None) => table,
                    },
                };
                self.tables.insert(file.to_owned(), Cow::Owned(table));
            }
            Some((_, "names")) if Some(text) != embedded::names_text() => {
                self.names = Cow::Owned(Names::read(text).map_err(unreadable)?);
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Finds a provider's table.
    #[must_use]
    pub fn get(&self, provider: &str) -> Option<&Table> {
        self.tables.get(provider).map(|table| &**table)
    }
}

/// The fleet's own facts about a provider, if they differ from the embedded ones.
fn own_facts<'s>(sources: &'s SourceSet, provider: &str) -> Option<(SourceId, &'s str)> {
    let id = sources.find(&format!("{}{provider}.facts.json", embedded::FOLDER))?;
    let text = &*sources.get(id)?.text;
    (Some(text) != embedded::facts_text(provider)).then_some((id, text))
}

fn unreadable(id: SourceId, file: &str, text: &str, error: &aipress_provider::ReadError) -> Diagnostic {
    let line_start: usize = text.split_inclusive('\n').take(error.line.saturating_sub(1)).map(str::len).sum();
    let at = (line_start + error.column.saturating_sub(1)).min(text.len());
    let title = format!("`{file}.json` is no table of a provider");
    Diagnostic::error(UNREADABLE, title, Span::new(id, at, at), error.text.clone())
        .help("write it with `aipress blueprint schema --from FILE`.")
}
