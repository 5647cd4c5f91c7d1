//! States of a site, moves, imports.

use super::{CONTRADICTION, Subject, also};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::tenant::LifecycleState;

const ONE_OF: Code = Code(111);

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    if !subject.is_production() {
        return;
    }
    found.extend(deletion(subject));
    found.extend(protection(subject));
    found.extend(target(subject));
    found.extend(same_region(subject));
    found.extend(import(subject));
}

fn deletion(subject: &Subject<'_>) -> Option<Diagnostic> {
    let lifecycle = &subject.spec().lifecycle;
    let is_deleting = lifecycle.state.value == LifecycleState::Deleting;
    match &lifecycle.deletion {
        None if is_deleting => Some(
            Diagnostic::error(
                CONTRADICTION,
                "a site that is being deleted does not say who asked for it",
                subject.at(lifecycle.state.span, &["lifecycle"]),
                "expected `deletion` beside it",
            )
            .help("add `deletion: {requestedBy: .., requestedAt: ..}`."),
        ),
        Some(deletion) if !is_deleting => {
            let title = "`lifecycle.deletion` is only for a site in state `deleting`";
            let diagnostic =
                Diagnostic::error(CONTRADICTION, title, deletion.requested_by.span, "the site is in another state");
            let diagnostic = also(diagnostic, lifecycle.state.span, "the state");
            Some(diagnostic.help("set `state: deleting`, or remove `deletion`."))
        }
        Some(_) | None => None,
    }
}

fn protection(subject: &Subject<'_>) -> Option<Diagnostic> {
    let lifecycle = &subject.spec().lifecycle;
    let protected = lifecycle.state.value == LifecycleState::Deleting && lifecycle.deletion_protection.value;
    protected.then(|| {
        let title = "a protected site may not be deleted";
        let span = subject.at(lifecycle.state.span, &["lifecycle"]);
        let diagnostic = Diagnostic::error(CONTRADICTION, title, span, "`deletionProtection` is `true`");
        also(diagnostic, lifecycle.deletion_protection.span, "protected here")
            .help("set `deletionProtection: false` in an earlier commit of its own, then delete.")
    })
}

fn target(subject: &Subject<'_>) -> Option<Diagnostic> {
    let to = &subject.spec().r#move.as_ref()?.to;
    let span = subject.site.own.at(&["move"]).map_or(subject.site.metadata.name.span, |node| node.span);
    let place = subject.site.own.entry("move").map_or(span, |entry| entry.key_span);
    (to.shard.is_none() && to.region.is_none()).then(|| {
        Diagnostic::error(ONE_OF, "`move` does not say where to", place, "expected `to.shard` or `to.region`")
            .help("add `to: {shard: NAME}` or `to: {region: NAME}`.")
    })
}

/// A move to a region that is the site's already, or that the platform does not have.
fn same_region(subject: &Subject<'_>) -> Option<Diagnostic> {
    let region = subject.spec().r#move.as_ref()?.to.region.as_ref()?;
    let known = || subject.platform.spec.regions.iter().map(|known| known.name.value.as_str());
    if !known().any(|name| name == region.value) {
        return Some(super::unresolved("region", region, region.span, known(), "`regions` of the platform"));
    }
    let home = &subject.spec().placement.region;
    (home.value == region.value).then(|| {
        let title = format!("`move` goes to `{}`, where the site is already", region.value);
        also(
            Diagnostic::error(CONTRADICTION, title, region.span, "expected another region"),
            home.span,
            "the site's region",
        )
        .help("name another region, or a shard of this one.")
    })
}

fn import(subject: &Subject<'_>) -> Option<Diagnostic> {
    let adopt = &subject.spec().import.adopt;
    let first = [&adopt.service, &adopt.database, &adopt.user, &adopt.bucket].into_iter().flatten().next()?;
    let state = &subject.spec().lifecycle.state;
    (state.value != LifecycleState::Active).then(|| {
        let title = "only an active site takes over what exists";
        let diagnostic = Diagnostic::error(CONTRADICTION, title, first.span, "the site is in another state");
        also(diagnostic, state.span, "the state").help("set `lifecycle.state: active`, or remove `import`.")
    })
}
