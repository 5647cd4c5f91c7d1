//! Ranges of addresses: each inside the one that holds it, none over another, each shard's large enough.

use ipnet::Ipv4Net;

use super::{BAD_FORMAT, also};
use crate::check::fleet::{Fleet, Platform, Shard};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};
use crate::spec::facts::limits;

const RANGES: Code = Code(321);
const TOO_SMALL: Code = Code(322);

/// A range with what it is for.
struct Range {
    net: Ipv4Net,
    what: String,
    span: Span,
}

pub(super) fn platform(platform: &Platform, found: &mut Diagnostics) {
    let spec = &platform.spec;
    let Some(vpc) = read(&spec.networking.vpc_cidr, "the network", found) else { return };
    found.extend(private(&vpc));
    let mut ranges: Vec<Range> = Vec::new();
    for region in &spec.regions {
        let name = &region.name.value;
        ranges.extend(read(&region.subnet_cidr, &format!("the subnets of `{name}`"), found));
        ranges.extend(read(&region.psc_cidr, &format!("the endpoints of `{name}`"), found));
    }
    for reserved in &spec.networking.reserved_cidrs {
        ranges.extend(read(reserved, "a reserved range", found));
    }
    found.extend(ranges.iter().filter_map(|range| outside(range, &vpc)));
    found.extend(overlaps(&ranges));
}

pub(super) fn fleet(fleet: &Fleet, found: &mut Diagnostics) {
    let mut written: Vec<Range> = Vec::new();
    for shard in fleet.shards.values() {
        found.extend(subnet(fleet, shard, &mut written));
        found.extend(room(fleet, shard));
    }
    found.extend(overlaps(&written));
}

fn read(cidr: &Spanned<String>, what: &str, found: &mut Diagnostics) -> Option<Range> {
    let net = cidr.value.parse::<Ipv4Net>().ok().filter(|net| net.trunc() == *net);
    if net.is_none() {
        let help = match cidr.value.parse::<Ipv4Net>() {
            Ok(net) => format!("did you mean `{}`?", net.trunc()),
            Err(_) => "write four numbers up to 255 and a prefix length up to 32.".to_owned(),
        };
        let title = format!("`{}` is not a range of addresses", cidr.value);
        found.push(
            Diagnostic::error(
                BAD_FORMAT,
                title,
                cidr.span,
                "expected the first address of the range and its prefix length",
            )
            .help(help),
        );
    }
    Some(Range { net: net?, what: what.to_owned(), span: cidr.span })
}

/// RFC 1918, and RFC 6598, which is shared address space.
fn private(vpc: &Range) -> Option<Diagnostic> {
    let allowed = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
    let inside = allowed.iter().filter_map(|net| net.parse::<Ipv4Net>().ok()).any(|net| net.contains(&vpc.net));
    (!inside).then(|| {
        Diagnostic::error(
            RANGES,
            format!("`{}` is not private address space", vpc.net),
            vpc.span,
            "others use these addresses",
        )
        .help("use 100.64.0.0/10, or a range inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.")
    })
}

fn outside(range: &Range, vpc: &Range) -> Option<Diagnostic> {
    (!vpc.net.contains(&range.net)).then(|| {
        let title = format!("`{}` of {} is outside the network", range.net, range.what);
        let diagnostic = Diagnostic::error(RANGES, title, range.span, format!("expected a range inside `{}`", vpc.net));
        also(diagnostic, vpc.span, "the network").help("choose a range inside `networking.vpcCidr`, or widen that.")
    })
}

fn overlaps(ranges: &[Range]) -> Vec<Diagnostic> {
    let mut sorted: Vec<&Range> = ranges.iter().collect();
    sorted.sort_by_key(|range| (range.net.network(), range.net.prefix_len(), range.span));
    let mut found = Vec::new();
    let mut widest: Option<&Range> = None;
    for range in sorted {
        match widest.filter(|wide| wide.net.contains(&range.net)) {
            Some(wide) => {
                let title = format!("`{}` of {} overlaps `{}` of {}", range.net, range.what, wide.net, wide.what);
                found.push(
                    Diagnostic::error(RANGES, title, range.span, "these addresses are taken")
                        .related(wide.span, format!("taken by {}", wide.what))
                        .help("choose a range that nothing else uses."),
                );
            }
            None => widest = Some(range),
        }
    }
    found
}

fn subnet(fleet: &Fleet, shard: &Shard, written: &mut Vec<Range>) -> Vec<Diagnostic> {
    let mut found = Diagnostics::new();
    let Some(cidr) = &shard.spec.network.subnet_cidr else { return Vec::new() };
    let what = format!("shard `{}`", shard.name.value);
    let Some(range) = read(cidr, &what, &mut found) else { return found.into_iter().collect() };
    let platform = &fleet.platform.spec;
    let region = platform.regions.iter().find(|region| region.name.value == shard.spec.region.value);
    let net = region.and_then(|it| Some((it.subnet_cidr.value.parse::<Ipv4Net>().ok()?, it)));
    if let Some((net, region)) = net.filter(|(net, _)| !net.contains(&range.net)) {
        let title = format!("`{}` of {what} is outside `{net}` of its region", range.net);
        found.push(
            Diagnostic::error(RANGES, title, range.span, format!("expected a range inside `{net}`"))
                .related(region.subnet_cidr.span, format!("the subnets of `{}`", region.name.value))
                .help("choose a range inside the region's, or leave it out: the compiler allocates one."),
        );
    }
    written.push(range);
    found.into_iter().collect()
}

/// Whether every site that a shard may hold can have one instance.
fn room(fleet: &Fleet, shard: &Shard) -> Option<Diagnostic> {
    let written = &shard.spec.network.subnet_cidr;
    let allocated = &fleet.platform.spec.networking.shard_prefix;
    let prefix = match written {
        Some(cidr) => cidr.value.parse::<Ipv4Net>().ok()?.prefix_len(),
        None => u8::try_from(allocated.value).ok()?,
    };
    let sites = &shard.spec.capacity.sites;
    let (needed, usable) = (limits::addresses(u64::from(sites.value)), limits::usable_addresses(prefix));
    (needed > usable).then(|| {
        let name = &shard.name.value;
        let title = format!("the subnet of shard `{name}` is too small for its {} sites", sites.value);
        let label = format!("a /{prefix} has {usable} addresses; one instance each takes {needed}");
        let span = written.as_ref().map_or(shard.name.span, |cidr| cidr.span);
        let diagnostic = Diagnostic::error(TOO_SMALL, title, span, label);
        let diagnostic = also(diagnostic, sites.span, format!("{} sites", sites.value));
        let diagnostic = if written.is_some() {
            diagnostic
        } else {
            also(diagnostic, allocated.span, "the prefix length of subnets")
        };
        diagnostic
            .help("choose a larger subnet, or lower `capacity.sites`; Cloud Run holds two addresses per instance.")
    })
}
