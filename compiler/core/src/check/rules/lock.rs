//! The fleet against its lock: names that were used before, and sites that are gone without leave.

use crate::check::fleet::Fleet;
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::place::{Lock, Record};
use crate::source::Spanned;
use crate::spec::site::SiteId;

const TOMBSTONED: Code = Code(203);
const VANISHED: Code = Code(316);

pub(super) fn check(fleet: &Fleet, lock: &Lock, found: &mut Diagnostics) {
    for tenant in &fleet.tenants {
        let Some(tombstone) = lock.tombstone(&tenant.name.value) else { continue };
        let title = format!("name `{}` belonged to a deleted tenant and may not be reused", tenant.name.value);
        let diagnostic = Diagnostic::error(TOMBSTONED, title, tenant.name.span, "this name is kept for good");
        let diagnostic = match tombstone.span {
            Some(span) => diagnostic.related(span, "deleted here"),
            None => diagnostic,
        };
        found.push(
            diagnostic.help("choose another name; backups and invoices of the deleted tenant still carry this one."),
        );
    }
    found.extend(lock.records().filter_map(|record| vanished(fleet, lock, record)));
}

/// Environments may go with a commit; a tenant only through its lifecycle.
fn vanished(fleet: &Fleet, lock: &Lock, record: &Record) -> Option<Diagnostic> {
    let is_production = SiteId::parts(&record.site).1.is_none();
    let has_document = fleet.tenants.binary_search_by(|tenant| tenant.name.value.as_str().cmp(&record.site)).is_ok();
    if !is_production || has_document || lock.tombstone(&record.site).is_some() {
        return None;
    }
    let title = format!("site `{}` lives on shard `{}` but no document declares it", record.site, record.shard);
    let help = crate::place::vanished_help(&record.site, Some(lock.next_generation()));
    let diagnostic = match record.span {
        Some(span) => Diagnostic::error(VANISHED, title, span, "recorded here"),
        None => Diagnostic::error_without_place(VANISHED, title),
    };
    let Some(other) = renamed(fleet, lock, &record.site) else { return Some(diagnostic.help(help)) };
    let (old, new) = (&record.site, &other.value);
    let help = format!(
        "if `{new}` is `{old}` under another name, write `name: {old}` again and change `displayName` instead: a name is in the \
         names of database, bucket and secrets and never changes. If not, {help}"
    );
    let label = format!("no site of this name is recorded: it would be a new one, without the data of `{old}`");
    Some(diagnostic.related(other.span, label).help(help))
}

/// The name that a vanished tenant may have been given: the only tenant without a record, or the one that is spelt like it.
fn renamed<'f>(fleet: &'f Fleet, lock: &Lock, gone: &str) -> Option<&'f Spanned<String>> {
    let names = fleet.tenants.iter().map(|tenant| &tenant.name);
    let fresh: Vec<&Spanned<String>> = names.filter(|name| lock.get(&name.value).is_none()).collect();
    if let [only] = fresh.as_slice() {
        return Some(only);
    }
    let near = suggest(gone, fresh.iter().map(|name| name.value.as_str()))?;
    fresh.into_iter().find(|name| name.value == near)
}
