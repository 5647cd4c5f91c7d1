//! Names that one part of the platform says and another part defines.

use super::{REFERENCE, unknown, unresolved};
use crate::check::fleet::Platform;
use crate::diag::{Code, Diagnostic, Diagnostics, list};
use crate::spec::facts::regions;
use crate::spec::platform::Region;

const PROMOTION_CYCLE: Code = Code(220);
const REGION: Code = Code(310);

/// The channel that tenants use when they say nothing.
const DEFAULT_CHANNEL: &str = "stable";

pub(super) fn check(platform: &Platform, found: &mut Diagnostics) {
    found.extend(platform.spec.regions.iter().flat_map(|region| of_region(platform, region)));
    found.extend(default_channel(platform));
    found.extend(tiers(platform));
    found.extend(promotion(platform));
    found.extend(promotion_cycle(platform));
}

fn of_region(platform: &Platform, region: &Region) -> Vec<Diagnostic> {
    let name = &region.name;
    let mut found = Vec::new();
    if regions::find(&name.value).is_none() {
        found.push(unknown("region", name, name.span, regions::names(), "name one of Google Cloud's regions."));
    }
    let Some(dr) = &region.dr_region else { return found };
    let all = || platform.spec.regions.iter();
    let Some(other) = all().find(|other| other.name.value == dr.value) else {
        let known = all().map(|other| other.name.value.as_str());
        found.push(unresolved("region", dr, dr.span, known, "`regions`"));
        return found;
    };
    if other.name.value == name.value {
        found.push(
            Diagnostic::error(
                REGION,
                format!("region `{}` is its own region for disaster recovery", name.value),
                dr.span,
                "copies there are lost with the region",
            )
            .help("name another region with the same residency."),
        );
    } else if other.residency.value != region.residency.value {
        let title = format!("`drRegion` of `{}` is in another residency", name.value);
        let label = format!("`{}` is in `{}`, expected `{}`", dr.value, other.residency.value, region.residency.value);
        found.push(
            Diagnostic::error(REGION, title, dr.span, label)
                .related(other.residency.span, format!("residency of `{}`", dr.value))
                .help(format!("name a region in residency `{}`.", region.residency.value)),
        );
    }
    found
}

fn default_channel(platform: &Platform) -> Option<Diagnostic> {
    let channels = &platform.spec.runtime_channels;
    let first = channels.first()?;
    platform.channel(DEFAULT_CHANNEL).is_none().then(|| {
        Diagnostic::error(
            REFERENCE,
            format!("channel `{DEFAULT_CHANNEL}` does not exist"),
            first.name.span,
            format!("there is {}", list(channels.iter().map(|channel| &channel.name.value), "and", 5)),
        )
        .help(format!("name one of them `{DEFAULT_CHANNEL}`: tenants use it when they say nothing."))
    })
}

fn tiers(platform: &Platform) -> Vec<Diagnostic> {
    let waves = || platform.spec.updates.waves.iter().map(|wave| wave.name.value.as_str());
    let unknown = platform.spec.tiers.iter().filter(|tier| !waves().any(|wave| wave == tier.wave.value));
    unknown.map(|tier| unresolved("wave", &tier.wave, tier.wave.span, waves(), "`updates.waves`")).collect()
}

fn promotion(platform: &Platform) -> Vec<Diagnostic> {
    let names = || platform.spec.environments.iter().map(|environment| environment.name.value.as_str());
    let sources = platform.spec.environments.iter().filter_map(|environment| environment.promote_from.as_ref());
    sources
        .filter(|from| !names().any(|name| name == from.value))
        .map(|from| unresolved("environment", from, from.span, names(), "`environments`"))
        .collect()
}

fn promotion_cycle(platform: &Platform) -> Option<Diagnostic> {
    let all = &platform.spec.environments;
    let next = |name: &str| all.iter().find(|it| it.name.value == name)?.promote_from.as_ref();
    all.iter().find_map(|start| {
        let mut path = vec![start.name.value.as_str()];
        let first = start.promote_from.as_ref()?;
        let mut from = first;
        while from.value != start.name.value {
            if path.contains(&from.value.as_str()) {
                return None;
            }
            path.push(&from.value);
            from = next(&from.value)?;
        }
        path.push(&from.value);
        let title = format!("environments wait for each other: `{}`", path.join("` from `"));
        Some(
            Diagnostic::error(PROMOTION_CYCLE, title, first.span, "no change could ever pass")
                .help("remove one `promoteFrom`; a change has to start somewhere."),
        )
    })
}
