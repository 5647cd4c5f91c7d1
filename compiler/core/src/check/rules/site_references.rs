//! Names that one site says and the platform defines.

use super::{REFERENCE, Subject, also, unresolved};
use crate::check::fleet::Platform;
use crate::diag::{Diagnostic, Diagnostics, list};
use crate::source::Spanned;
use crate::syntax::Node;

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    found.extend(region(subject));
    found.extend(owner(subject));
    found.extend(channel(subject));
    found.extend(version(subject));
    found.extend(php(subject));
    found.extend(waves_and_profiles(subject));
    found.extend(roles(subject));
    found.extend(channels_of_alerts(subject));
}

/// The tier: without it a tenant has no site, so it is looked up in the document as written.
pub(super) fn tier(platform: &Platform, document: &Node) -> Option<Diagnostic> {
    let written = document.at(&["spec", "tier"]).or_else(|| platform.node.at(&["spec", "defaults", "tier"]))?;
    let tier = Spanned::new(written.as_str()?.to_owned(), written.span);
    let known = platform.spec.tiers.iter().map(|known| known.name.value.as_str());
    platform.tier(&tier.value).is_none().then(|| unresolved("tier", &tier, tier.span, known, "`tiers` of the platform"))
}

fn region(subject: &Subject<'_>) -> Option<Diagnostic> {
    let region = &subject.spec().placement.region;
    let known = || subject.platform.spec.regions.iter().map(|known| known.name.value.as_str());
    (!known().any(|name| name == region.value))
        .then(|| unresolved("region", region, region.span, known(), "`regions` of the platform"))
}

fn owner(subject: &Subject<'_>) -> Option<Diagnostic> {
    let org = &subject.spec().owner.org;
    let known = || subject.platform.spec.owners.iter().map(|owner| owner.org.value.as_str());
    (!known().any(|name| name == org.value))
        .then(|| unresolved("owner", org, org.span, known(), "`owners` of the platform"))
}

fn channel(subject: &Subject<'_>) -> Option<Diagnostic> {
    let channel = subject.spec().runtime.channel.as_ref()?;
    let known = || subject.platform.spec.runtime_channels.iter().map(|known| known.name.value.as_str());
    let span = subject.at(channel.span, &["runtime", "channel"]);
    (!known().any(|name| name == channel.value))
        .then(|| unresolved("channel", channel, span, known(), "`runtimeChannels` of the platform"))
}

fn version(subject: &Subject<'_>) -> Option<Diagnostic> {
    let version = subject.spec().wordpress.version.as_ref()?;
    let channel = subject.platform.channel(&subject.spec().runtime.channel.as_ref()?.value)?;
    offered(subject, "WordPress", version, &channel.wordpress, &channel.name)
}

fn php(subject: &Subject<'_>) -> Option<Diagnostic> {
    let php = subject.spec().runtime.php.as_ref()?;
    let channel = subject.platform.channel(&subject.spec().runtime.channel.as_ref()?.value)?;
    offered(subject, "PHP", php, &channel.php, &channel.name)
}

fn offered(
    subject: &Subject<'_>,
    what: &str,
    version: &Spanned<String>,
    offers: &[Spanned<String>],
    channel: &Spanned<String>,
) -> Option<Diagnostic> {
    if offers.iter().any(|offer| offer.value == version.value) {
        return None;
    }
    let names = list(offers.iter().map(|offer| &offer.value), "or", 8);
    let title = format!("channel `{}` has no {what} {}", channel.value, version.value);
    let path: &[&str] = if what == "PHP" { &["runtime", "php"] } else { &["wordpress", "version"] };
    let diagnostic = Diagnostic::error(REFERENCE, title, subject.at(version.span, path), format!("expected {names}"));
    let diagnostic = match offers.last() {
        Some(newest) => also(diagnostic, newest.span, "the newest of the channel"),
        None => diagnostic,
    };
    Some(diagnostic.help("use a version of the channel, in double quotes, or another channel."))
}

fn waves_and_profiles(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let spec = &subject.platform.spec;
    let wave = subject.spec().wordpress.updates.wave.as_ref();
    let profile = subject.spec().backup.profile.as_ref();
    let is_wave = |name: &str| spec.updates.waves.iter().any(|wave| wave.name.value == name);
    let is_profile = |name: &str| spec.backup_profiles.iter().any(|profile| profile.name.value == name);
    let wave = wave.filter(|wave| !is_wave(&wave.value)).map(|wave| {
        let known = spec.updates.waves.iter().map(|wave| wave.name.value.as_str());
        unresolved("wave", wave, wave.span, known, "`updates.waves` of the platform")
    });
    let profile = profile.filter(|profile| !is_profile(&profile.value)).map(|profile| {
        let known = spec.backup_profiles.iter().map(|profile| profile.name.value.as_str());
        unresolved("backup profile", profile, profile.span, known, "`backupProfiles` of the platform")
    });
    wave.into_iter().chain(profile).collect()
}

fn roles(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let known = || subject.platform.spec.access.roles.iter().map(|role| role.name.value.as_str());
    let unknown = subject.spec().access.iter().filter(|grant| !known().any(|name| name == grant.role.value));
    unknown
        .map(|grant| unresolved("role", &grant.role, grant.role.span, known(), "`access.roles` of the platform"))
        .collect()
}

fn channels_of_alerts(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let known = || subject.platform.spec.notifications.iter().map(|channel| channel.name.value.as_str());
    let told = subject.spec().observability.alerts.iter().flat_map(|alert| &alert.notify);
    told.filter(|name| !known().any(|known| known == name.value))
        .map(|name| unresolved("notification channel", name, name.span, known(), "`notifications` of the platform"))
        .collect()
}
