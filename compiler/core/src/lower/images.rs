//! Images of the tools: ProxySQL and the compiler itself, in the fleet's repository.
//!
//! Tags cannot move, since the platform's repository is immutable; a digest stands behind the tag where the fleet says it.

use crate::lower::Context;
use crate::source::Spanned;
use crate::spec::shard::Pool;

/// Returns the image of ProxySQL in the fleet's repository, by its digest where the shard says it.
#[must_use]
pub fn pool_image(context: &Context<'_>, pool: &Pool) -> String {
    format!("{}/proxysql:{}{}", repository(context), pool.version.value, at(pool.digest.as_ref()))
}

/// Returns the image of the compiler itself, which provisions databases and serves as the pool's agent. Its version
/// belongs to the blueprint, so that a new compiler changes nothing until a commit raises the pin. By its digest where the
/// platform says it.
#[must_use]
pub fn tool_image(context: &Context<'_>, blueprint: &str) -> String {
    let version = match blueprint {
        "v1" => "0.1.0",
        other => other,
    };
    let digests = context.fleet.platform.spec.artifacts.digests.as_ref();
    let digest = digests.and_then(|digests| digests.aipress.as_ref());
    format!("{}/aipress:{version}{}", repository(context), at(digest))
}

/// What pins an image behind its tag; nothing where the fleet does not say it.
pub(super) fn at(digest: Option<&Spanned<String>>) -> String {
    digest.map(|digest| format!("@{}", digest.value)).unwrap_or_default()
}

fn repository(context: &Context<'_>) -> String {
    let (location, project, repository) = artifacts(context);
    format!("{location}-docker.pkg.dev/{project}/{repository}")
}

/// Location, project and id of the repository.
pub(super) fn artifacts<'a>(context: &Context<'a>) -> (&'a str, &'a str, &'a str) {
    let artifacts = &context.fleet.platform.spec.artifacts;
    let project = artifacts.project.as_ref().map_or_else(|| context.shared_project(), |project| &project.value);
    (&artifacts.location.value, project, &artifacts.repository.value)
}
