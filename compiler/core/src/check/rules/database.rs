//! The database of a site: character set, read splitting, size.

use super::{CONTRADICTION, Subject, also};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::spec::facts::{charsets, reserved};
use crate::spec::tenant::ReadSplitMode;

const WRITE_PATH: Code = Code(416);
const COLLATION: Code = Code(419);

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    found.extend(collation(subject));
    found.extend(ended(subject));
    found.extend(routes(subject));
    found.extend(size(subject));
    found.extend(no_routes(subject));
}

/// Only an earlier generation can end: the one in use is the site's only login.
fn ended(subject: &Subject<'_>) -> Option<Diagnostic> {
    let spec = subject.spec();
    let (ended, generation, salts) = (&spec.database.ended, &spec.database.generation, &spec.secrets.generation);
    let current = generation.value + salts.value - 1;
    (ended.value >= current).then(|| {
        let title = format!("generation {} of the login cannot end: the site uses generation {current}", ended.value);
        let span = subject.at(ended.span, &["database", "ended"]);
        let label = format!("expected at most {}", current - 1);
        let diagnostic = Diagnostic::error(CONTRADICTION, title, span, label);
        also(diagnostic, generation.span, "counts together with `secrets.generation`, less one")
            .help("raise `generation` and apply it first; end the one before when the new revision serves.")
    })
}

fn collation(subject: &Subject<'_>) -> Option<Diagnostic> {
    let database = &subject.spec().database;
    let (charset, collation) = (&database.charset, &database.collation);
    let Some(known) = charsets::find(&charset.value) else {
        let help = suggest(&charset.value, charsets::names())
            .map_or_else(|| "use `utf8mb4`.".to_owned(), |near| format!("did you mean `{near}`?"));
        let title = format!("MySQL has no character set `{}`", charset.value);
        let span = subject.at(charset.span, &["database", "charset"]);
        return Some(Diagnostic::error(COLLATION, title, span, "no character set has this name").help(help));
    };
    if known.has(&collation.value) {
        return None;
    }
    let label = match charsets::of_collation(&collation.value) {
        Some(other) => format!("belongs to `{}`", other.name),
        None => "no collation has this name".to_owned(),
    };
    let names: Vec<String> = known.collations().collect();
    let first = names.first().cloned().unwrap_or_default();
    let help = suggest(&collation.value, names.iter().map(String::as_str)).map_or_else(
        || format!("use a collation of `{}`, such as `{first}`.", known.name),
        |near| format!("did you mean `{near}`?"),
    );
    let title = format!("collation `{}` does not belong to character set `{}`", collation.value, charset.value);
    let span = subject.at(collation.span, &["database", "charset"]);
    Some(also(Diagnostic::error(COLLATION, title, span, label), charset.span, "the character set").help(help))
}

fn routes(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let split = &subject.spec().database.read_split;
    if split.mode.value == ReadSplitMode::Off {
        return Vec::new();
    }
    let writes = split.routes.iter().filter_map(|route| Some((route, reserved::write_path(&route.value)?)));
    writes
        .map(|(route, path)| {
            let title = format!("route `{}` writes and may not be read from a replica", route.value);
            Diagnostic::error(WRITE_PATH, title, route.span, format!("`{path}` changes carts, orders or content"))
                .help("remove the route; visitors would not see what they just did.")
        })
        .collect()
}

fn no_routes(subject: &Subject<'_>) -> Option<Diagnostic> {
    let split = &subject.spec().database.read_split;
    (split.mode.value == ReadSplitMode::Explicit && split.routes.is_empty()).then(|| {
        let title = "read splitting by route has no route";
        Diagnostic::error(CONTRADICTION, title, split.mode.span, "expected `routes` beside it")
            .help("add `routes`, or use `mode: frontend-get`.")
    })
}

fn size(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let Some(tier) = subject.platform.tier(&subject.spec().tier.value) else { return Vec::new() };
    let limit = &tier.limits.storage_gb;
    let database = &subject.spec().database.max_size_gb;
    let media = subject.spec().media.quota_gb.as_ref();
    let sizes = std::iter::once((database, "a database")).chain(media.map(|media| (media, "media")));
    sizes
        .filter(|(size, _)| size.value > limit.value)
        .map(|(size, what)| {
            let title = format!("{what} of {} GB are more than tier `{}` allows", size.value, tier.name.value);
            let diagnostic =
                Diagnostic::error(CONTRADICTION, title, size.span, format!("expected at most {}", limit.value));
            also(diagnostic, limit.span, "the tier's limit")
                .help(format!("ask for at most {} GB, or choose a larger tier.", limit.value))
        })
        .collect()
}
