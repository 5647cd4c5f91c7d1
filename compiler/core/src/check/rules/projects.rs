//! Project ids: each once, and short enough where the compiler makes them.

use std::collections::BTreeMap;

use crate::check::fleet::Fleet;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::spec::facts::limits;

const TOO_LONG: Code = Code(214);
const TAKEN: Code = Code(216);

pub(super) fn check(fleet: &Fleet, found: &mut Diagnostics) {
    let projects = &fleet.platform.spec.projects;
    let naming = &fleet.platform.spec.naming;
    let shared = [&projects.shared, &projects.edge, &projects.logging]
        .map(|project| (project.id.value.clone(), project.id.span));
    let mut ids: Vec<(String, Span)> = shared.to_vec();
    for shard in fleet.shards.values() {
        match &shard.spec.project.id {
            Some(id) => ids.push((id.value.clone(), id.span)),
            None => {
                let id = format!("{}-{}-{}", naming.prefix.value, shard.name.value, naming.suffix.value);
                found.extend(too_long(&id, shard.name.span, naming.suffix.span));
                ids.push((id, shard.name.span));
            }
        }
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (id, span) in &ids {
        match seen.get(id.as_str()) {
            Some(first) => found.push(
                Diagnostic::error(
                    TAKEN,
                    format!("project id `{id}` is taken twice"),
                    *span,
                    "the second project of this id",
                )
                .related(*first, "the first one")
                .help("give each project an id of its own; ids are unique over all of Google Cloud."),
            ),
            None => {
                seen.insert(id, *span);
            }
        }
    }
}

fn too_long(id: &str, span: Span, naming: Span) -> Option<Diagnostic> {
    let length = id.chars().count();
    (length > limits::PROJECT_ID).then(|| {
        Diagnostic::error(
            TOO_LONG,
            format!("project id `{id}` has {length} characters"),
            span,
            format!("its project's id may have {}", limits::PROJECT_ID),
        )
        .related(naming, "made of this prefix and suffix")
        .help("choose a shorter name for the shard, or set `project.id`.")
    })
}
