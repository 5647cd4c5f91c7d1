//! Guards about what one row does: kinds of changes that are dangerous whoever makes them.

use super::{
    COMBINED, DESTROYS, DISAGREES, FORBIDDEN, GENERATION, INTEGRITY, PHP_ENDED, SHARD_DATA, Subject, TAKEN_BACK,
    WEAKER, is_production, moves, refusal,
};
use crate::place::Reason;
use crate::plan::effects::bare;
use crate::plan::model::{Action, Class, FieldChange, Finding, Level, Row, Thing};
use crate::plan::rows::is_ground;
use crate::spec::facts::versions;

/// Checks a row.
pub(super) fn check(subject: Subject<'_>, row: &Row, found: &mut Vec<Finding>) {
    let step = generation(subject, row);
    if step.is_none() {
        found.extend(disagrees(subject, row));
    }
    found.extend(step);
    found.extend(forbidden(subject, row));
    found.extend(destroys(subject, row));
    found.extend(data_of_shard(subject, row));
    found.extend(combined(subject, row));
    found.extend(taken_back(subject, row));
    found.extend(row.fields.iter().filter_map(|field| integrity(subject, row, field)));
    found.extend(row.fields.iter().filter_map(|field| weaker(subject, row, field)));
    found.extend(row.fields.iter().filter_map(|field| php_ended(subject, row, field)));
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

/// A production site is given a PHP that gets no security fixes any more.
fn php_ended(subject: Subject<'_>, row: &Row, field: &FieldChange) -> Option<Finding> {
    let is_it = row.thing == Thing::Site && field.path == "runtime.php" && is_production(subject, row);
    let php = versions::php(bare(field.new.as_deref().filter(|_| is_it)?))?;
    let title = format!("`{}` would run on a PHP that has ended: {}", row.name, php.since());
    let help = "choose a newer one, or have it acknowledged until the site runs on one.";
    let found = refusal(subject, PHP_ENDED, "php-ended", row, title, help);
    (!php.is_supported(subject.now)).then(|| Finding { place: field.place.clone(), ..found })
}

/// Passwords go up by one, and the login of the generation before the last ends before the next one comes.
fn generation(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let stays = !matches!(row.action, Action::Create | Action::Remove);
    let is_it = |field: &&FieldChange| matches!(field.path.as_str(), "database.generation" | "secrets.generation");
    let values = |field: &FieldChange| {
        let value = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i64>().ok());
        Some((value(&field.old)?, value(&field.new)?))
    };
    let fields: Vec<&FieldChange> =
        row.fields.iter().filter(is_it).filter(|_| stays && row.thing == Thing::Site).collect();
    let field = *fields.first()?;
    let (old, new) = values(field)?;
    let steps: i64 = fields.iter().filter_map(|field| values(field)).map(|(old, new)| new - old).sum();
    let lowered = fields.iter().find(|field| values(field).is_some_and(|(old, new)| new < old));
    let lost =
        row.resources.iter().filter(|lost| lost.is_loss()).find_map(|r| crate::plan::rows::generation(&r.address));
    let (field, title, help) = match (lowered, lost) {
        (Some(field), _) => {
            let title = format!("`{}` of `{}` goes down; a generation never comes back", field.path, row.name);
            (*field, title, "take it back, or raise it by 1.".to_owned())
        }
        (None, _) if steps > 1 => {
            let title = format!(
                "`{}` of `{}` goes from {old} to {new}: {steps} generations of the password at once",
                field.path, row.name
            );
            (
                field,
                title,
                "raise one field by 1 in a commit, apply it, then go on: the login in use would be gone.".to_owned(),
            )
        }
        (None, Some(lost)) => {
            let title =
                format!("`{}` of `{}` goes from {old} to {new}, and login {lost} has not ended", field.path, row.name);
            (
                field,
                title,
                format!("set `database.ended: {lost}` in a commit before, when no revision uses that login."),
            )
        }
        (None, None) => return None,
    };
    let found = refusal(subject, GENERATION, "generation-step", row, title, &help);
    Some(Finding { level: Level::Error, place: field.place.clone(), ..found })
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
        None if row.action == Action::Move => return moves::destroys(subject, row),
        None if row.action == Action::Remove => format!("`{}` is destroyed with its data", row.id),
        None => {
            let ground = || row.resources.iter().find(|resource| is_ground(resource));
            match row.resources.iter().find(|resource| resource.is_loss()) {
                Some(lost) => format!("`{}` holds data and would be destroyed", lost.address),
                None => format!("`{}` would be made anew, and everything in it goes before", ground()?.address),
            }
        }
    };
    let help = "take it back, or commit an acknowledgement that names this guard and this scope.";
    Some(refusal(subject, DESTROYS, "destroys-data", row, title, help))
}

/// Data of a shard that stays, whatever its fields claim: dumps outlive the site that they are of.
fn data_of_shard(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let stays = row.thing == Thing::Shard && row.action != Action::Remove;
    // Below, the row claims too little; above, it says itself that data goes.
    let lost = row.resources.iter().find(|resource| resource.is_loss())?;
    (stays && row.class == Class::Migration).then(|| {
        let title = format!("`{}` stays, and `{}` would be destroyed with what it holds", row.id, lost.address);
        let help = "let the sites leave in a commit before; what holds their backups goes when none of them is needed \
                    any more, with leave.";
        refusal(subject, SHARD_DATA, "shard-data", row, title, help)
    })
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

/// A move that nobody recorded: the lock lost a record, and with it where the data is. A reverted commit does that.
fn taken_back(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let (_, side) = subject.bases.site(&row.name)?;
    let (was, now) = (side.placement.get(&row.name)?, subject.head.placement.get(&row.name)?);
    // At the cutover the record is the same: it was written when the move was planned.
    let is_phase = now.generation == was.generation && moves::is_by_phase(subject, row);
    let is_lost = now.generation <= was.generation || (now.proposed && now.reason == Reason::New);
    let is_it = row.action == Action::Move && !was.proposed && is_lost && !is_phase;
    let title = format!(
        "the lock no longer holds that `{}` lives on `{}` (generation {}); its data would stay there",
        row.name, was.shard, was.generation
    );
    let help = "bring the files of `tenants/placement/seg` back; a site goes back by a move of its own.";
    is_it.then(|| Finding {
        level: Level::Error,
        place: now.span.and_then(|span| subject.place(span)),
        ..refusal(subject, TAKEN_BACK, "lock-taken-back", row, title, help)
    })
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
    let value = |value: &Option<String>| value.as_deref().map(|value| bare(value).to_owned());
    let (old, new) = (value(&field.old), value(&field.new));
    let days = |value: &Option<String>| value.as_deref().and_then(|value| value.parse::<u32>().ok());
    let lost = "keep it as it was: the site's data goes for good; or acknowledge it.";
    let (title, help) = match field.path.as_str() {
        "security.waf.mode" if old.as_deref() == Some("enforce") => {
            let new = new.as_deref().unwrap_or("off");
            let title = format!("the web application firewall of a production site goes from `enforce` to `{new}`");
            (title, "add an exclusion for the one rule that is in the way, or acknowledge it.")
        }
        "lifecycle.deletion.finalBackup" if new.as_deref() == Some("false") => {
            (format!("`{}` would go without a final backup that was proven", row.name), lost)
        }
        "lifecycle.deletion.graceDays" => {
            let (old, new) = (days(&old)?, days(&new)?);
            let title = format!("the days of grace of `{}` go from {old} to {new}", row.name);
            (Some(title).filter(|_| new < old)?, lost)
        }
        "lifecycle.deletion.requestedAt" => {
            // Days as `2026-12-05` have the order of their letters.
            let (old, new) = (old?, new?);
            let title = format!("the deletion of `{}` is dated back from {old} to {new}", row.name);
            (Some(title).filter(|_| new < old)?, lost)
        }
        _ => return None,
    };
    (row.thing == Thing::Site && is_production(subject, row))
        .then(|| refusal(subject, WEAKER, "weaker-protection", row, title, help))
}
