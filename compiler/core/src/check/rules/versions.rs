//! Versions of a site: PHP that still gets security fixes, and what goes together.
//!
//! A site that names no version gets one of its channel: then it is wrong only if all of them are.

use jiff::civil::Date;

use super::{Platform, Subject, also};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity, list};
use crate::source::Spanned;
use crate::spec::facts::versions::{self, compare};
use crate::spec::platform::RuntimeChannel;
use crate::spec::tenant::Plugin;

const ENDED: Code = Code(438);
const APART: Code = Code(439);

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    found.extend(ended(subject));
    found.extend(apart(subject));
    found.extend(subject.spec().wordpress.plugins.iter().filter_map(|plugin| needs(subject, plugin)));
}

/// What a site may run: what it names, or what its channel has.
fn offered<'a>(subject: &Subject<'a>, what: What) -> Vec<&'a Spanned<String>> {
    let spec = &subject.site.spec;
    let own = match what {
        What::Php => spec.runtime.php.as_ref(),
        What::WordPress => spec.wordpress.version.as_ref(),
    };
    if let Some(own) = own {
        return vec![own];
    }
    let of_channel = channel(subject).map(|channel| match what {
        What::Php => &channel.php,
        What::WordPress => &channel.wordpress,
    });
    of_channel.into_iter().flatten().collect()
}

fn channel<'a>(subject: &Subject<'a>) -> Option<&'a RuntimeChannel> {
    subject.site.spec.runtime.channel.as_ref().and_then(|name| subject.platform.channel(&name.value))
}

#[derive(Clone, Copy)]
enum What {
    Php,
    WordPress,
}

/// Channels without a PHP that still gets security fixes. A warning: their sites name no version, and a day that comes must
/// not stop the whole fleet.
pub(super) fn channels(platform: &Platform, now: Date, found: &mut Diagnostics) {
    for channel in &platform.spec.runtime_channels {
        let known: Option<Vec<_>> = channel.php.iter().map(|version| versions::php(&version.value)).collect();
        let Some(known) = known.filter(|known| !known.iter().any(|php| php.is_supported(now))) else { continue };
        let (Some(php), Some(said)) = (known.last(), channel.php.last()) else { continue };
        let choice = list(versions::supported_php(now), "or", 5);
        let newer = if choice.is_empty() { "a newer branch".to_owned() } else { choice };
        let help = format!("build images of the channel with {newer}, and name it here.");
        found.push(Diagnostic::warning(ENDED, php.since(), said.span, "the newest of this channel").help(help));
    }
}

/// A site that names a PHP without security fixes. A warning, as for a channel; the plan refuses to choose one.
fn ended(subject: &Subject<'_>) -> Option<Diagnostic> {
    let said = subject.site.spec.runtime.php.as_ref()?;
    let channel = channel(subject);
    let offered: Vec<&str> = channel.iter().flat_map(|channel| &channel.php).map(|php| php.value.as_str()).collect();
    // A version that the channel does not have is refused for that.
    let php = versions::php(&said.value).filter(|php| {
        !php.is_supported(subject.now) && (channel.is_none() || offered.contains(&said.value.as_str()))
    })?;
    let better =
        offered.iter().filter(|version| versions::php(version).is_some_and(|php| php.is_supported(subject.now)));
    let (label, help) = match list(better, "or", 5) {
        none if none.is_empty() => (
            "its channel has no newer one".to_owned(),
            "ask the platform team for a channel with a newer PHP, test the site there, then set `runtime`.".to_owned(),
        ),
        choice => (format!("expected {choice}"), format!("test the site on {choice}, then set `runtime.php` to it.")),
    };
    Some(Diagnostic::warning(ENDED, php.since(), subject.at(said.span, &["runtime", "php"]), label).help(help))
}

/// WordPress on a PHP that it does not run on, or was not tested with.
fn apart(subject: &Subject<'_>) -> Option<Diagnostic> {
    let (wordpress, php) = (one(offered(subject, What::WordPress))?, one(offered(subject, What::Php))?);
    let branch = versions::wordpress(&wordpress.value)?;
    let (least, most) = (branch.least_php, branch.most_php);
    let said = versions::php(&php.value)?.branch;
    let severity = if compare(said, least).is_lt() {
        Severity::Error
    } else if compare(said, most).is_gt() {
        Severity::Warning
    } else {
        return None;
    };
    let title = format!("WordPress {} goes with PHP {least} to {most}; this is PHP {said}", wordpress.value);
    let place = subject.at(php.span, &["runtime", "php"]);
    let make = if severity == Severity::Error { Diagnostic::error } else { Diagnostic::warning };
    let diagnostic = make(APART, title, place, format!("expected {least} to {most}"));
    Some(also(diagnostic, wordpress.span, "the WordPress").help("change one of the two."))
}

/// A plugin that needs a newer WordPress or PHP.
fn needs(subject: &Subject<'_>, plugin: &Plugin) -> Option<Diagnostic> {
    let needs = versions::plugin(&plugin.slug.value, &plugin.version.value)?;
    let below = |what: What, least: &str| {
        let said = one(offered(subject, what))?;
        compare(&said.value, least).is_lt().then_some(said)
    };
    let wordpress = below(What::WordPress, needs.wordpress).map(|said| ("WordPress", said));
    let (what, said) = wordpress.or_else(|| below(What::Php, needs.php).map(|said| ("PHP", said)))?;
    let title = format!(
        "plugin `{}` {} requires WordPress {} or later and PHP {} or later",
        plugin.slug.value, plugin.version.value, needs.wordpress, needs.php
    );
    let diagnostic = Diagnostic::error(APART, title, plugin.version.span, format!("this is {what} {}", said.value));
    let help = format!("raise {what}, or take an older version of the plugin.");
    Some(also(diagnostic, said.span, format!("the {what}")).help(help))
}

/// The one that there is.
fn one(offered: Vec<&Spanned<String>>) -> Option<&Spanned<String>> {
    match offered.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}
