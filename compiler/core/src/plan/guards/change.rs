//! Guards about what one row does: kinds of changes that are dangerous whoever makes them.

use super::{COMBINED, DESTROYS, DISAGREES, FORBIDDEN, INTEGRITY, Subject, WEAKER, is_production, refusal};
use crate::plan::model::{Action, Class, FieldChange, Finding, Level, Row, Thing};

/// Checks a row.
pub(super) fn check(subject: Subject<'_>, row: &Row, found: &mut Vec<Finding>) {
    found.extend(disagrees(subject, row));
    found.extend(forbidden(subject, row));
    found.extend(destroys(subject, row));
    found.extend(combined(subject, row));
    found.extend(row.fields.iter().filter_map(|field| integrity(subject, row, field)));
    found.extend(row.fields.iter().filter_map(|field| weaker(subject, row, field)));
}

/// A class below 4 while something that holds data goes: the table or the blueprint is wrong.
fn disagrees(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let lost = row.resources.iter().find(|resource| resource.is_loss())?;
    let because = lost.because.iter().find(|because| because.replaces).map(|because| because.attribute.as_str());
    let because = because.map(|attribute| format!(" because of `{attribute}`")).unwrap_or_default();
    let title = format!(
        "the change claims class {} ({}), and `{}` would be destroyed{because}",
        row.class,
        row.class.words(),
        lost.address
    );
    let help = "take the change back, or split it so that the data is moved before.";
    (row.class < Class::Migration)
        .then(|| Finding { level: Level::Error, ..refusal(subject, DISAGREES, "class-disagrees", row, title, help) })
}

fn forbidden(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let field = row.fields.iter().find(|field| field.class == Class::Forbidden)?;
    let title = format!("`{}` may not change after the first apply: {}", field.path, field.effect);
    let help = "take the change back; a fleet that was never applied may acknowledge it.";
    Some(refusal(subject, FORBIDDEN, "immutable", row, title, help))
}

/// Class 5 of what is in production. What goes as a whole is the lifecycle's.
fn destroys(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    if row.class != Class::Destroys || (row.thing == Thing::Site && !is_production(subject, row)) {
        return None;
    }
    let field = row.fields.iter().find(|field| field.class == Class::Destroys);
    let title = match field {
        Some(field) => format!("`{}`: {}", field.path, field.effect),
        None if row.action == Action::Remove => format!("`{}` is destroyed with its data", row.id),
        None => {
            let lost = row.resources.iter().find(|resource| resource.is_loss())?;
            format!("`{}` holds data and would be destroyed", lost.address)
        }
    };
    let help = "take it back, or commit an acknowledgement that names this guard and this scope.";
    Some(refusal(subject, DESTROYS, "destroys-data", row, title, help))
}

/// A move changes nothing else, so that what goes wrong has one cause.
fn combined(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let other = |field: &&FieldChange| {
        let is_code = ["wordpress.version", "wordpress.plugins", "wordpress.themes", "runtime.php"];
        is_code.iter().any(|prefix| field.path.starts_with(prefix))
    };
    let field = row.fields.iter().find(other).filter(|_| row.action == Action::Move)?;
    let title = format!("the site moves, and `{}` changes in the same commit", field.path);
    Some(refusal(subject, COMBINED, "move-and-change", row, title, "split the commits: move first, then change."))
}

/// The same version with another checksum: somebody replaced the file.
fn integrity(subject: Subject<'_>, row: &Row, field: &FieldChange) -> Option<Finding> {
    let item = field.path.strip_suffix(".integrity")?;
    let (old, new) = (field.old.as_deref()?, field.new.as_deref()?);
    if row.fields.iter().any(|other| other.path == format!("{item}.version")) {
        return None;
    }
    let title = format!("`{item}` keeps its version and gets another checksum: was {old}, now {new}");
    let help = "raise the version, or look at the file and acknowledge it.";
    Some(refusal(subject, INTEGRITY, "integrity-changed", row, title, help))
}

/// What protects a production site and is taken away.
fn weaker(subject: Subject<'_>, row: &Row, field: &FieldChange) -> Option<Finding> {
    let is_off = field.path == "security.waf.mode" && field.old.as_deref() == Some("enforce");
    let new = field.new.as_deref().unwrap_or("off");
    let title = format!("the web application firewall of a production site goes from `enforce` to `{new}`");
    let help = "add an exclusion for the one rule that is in the way, or acknowledge it.";
    (is_off && row.thing == Thing::Site && is_production(subject, row))
        .then(|| refusal(subject, WEAKER, "weaker-protection", row, title, help))
}
