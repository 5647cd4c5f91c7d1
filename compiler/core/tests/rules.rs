//! Rules beyond the one case of each code: a small fleet that compiles, one change, and the finding it must give.

use aipress_core::diag::{Diagnostic, Severity};
use aipress_core::source::SourceSet;
use aipress_core::{Options, compile};

const PLATFORM: &str = include_str!("../../../testdata/accept/minimal/input/tenants/platform.yaml");
const SHARD: &str = include_str!("../../../testdata/accept/minimal/input/tenants/shards/cell-1.yaml");
const TENANT: &str = include_str!("../../../testdata/accept/minimal/input/tenants/blog.yaml");

/// Compiles the fleet with other documents and returns what was found, errors and warnings.
fn findings(platform: &str, shard: &str, tenant: &str) -> Vec<Diagnostic> {
    findings_on(jiff::civil::date(2026, 11, 23), platform, shard, tenant)
}

fn findings_on(now: jiff::civil::Date, platform: &str, shard: &str, tenant: &str) -> Vec<Diagnostic> {
    let files = [("platform", platform), ("cell-1", shard), ("blog", tenant)];
    let files = files.map(|(name, text)| (format!("tenants/{name}.yaml"), text.to_owned()));
    let sources = SourceSet::new(files.to_vec());
    let options = Options { now, locked: false };
    match compile(&sources, &options) {
        Ok(compilation) => compilation.warnings().iter().cloned().collect(),
        Err(found) => found.into_sorted(&sources),
    }
}

fn say(found: &[Diagnostic]) -> Vec<String> {
    found.iter().map(|one| format!("{} {}", one.code, one.title)).collect()
}

/// Each change alone gives exactly the finding whose text is named.
fn each(cases: &[(&str, &str)], findings: impl Fn(&str) -> Vec<Diagnostic>) {
    let mut wrong = Vec::new();
    for (change, expected) in cases {
        let found = findings(change);
        let said = say(&found);
        if !matches!(said.as_slice(), [one] if one.starts_with(expected)) {
            wrong.push(format!("{change}\nexpected {expected}\nfound {said:#?}"));
        }
        for one in found {
            assert!(one.help.ends_with(['.', '?']), "{}: {}", one.code, one.help);
            assert!(one.label.is_some_and(|label| label.span.source.0 > 0), "{} is shown in a file", one.code);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn edited(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn the_fleet_itself_is_fine() {
    assert_eq!(say(&findings(PLATFORM, SHARD, TENANT)), Vec::<String>::new());
}

#[test]
fn the_day_on_which_a_php_ends_warns_of_its_channel_and_of_sites_that_name_it() {
    let on = |now, tenant: &str| {
        let found = findings_on(now, PLATFORM, SHARD, tenant);
        found.iter().map(|one| (one.severity, one.title.clone())).collect::<Vec<_>>()
    };
    let ended = |severity| (severity, "PHP 8.3 gets no security fixes since 2027-12-31".to_owned());
    let (last, first) = (jiff::civil::date(2027, 12, 31), jiff::civil::date(2028, 1, 1));
    assert_eq!(on(last, TENANT), []);
    assert_eq!(on(first, TENANT), [ended(Severity::Warning)]);
    let named = format!("{TENANT}  runtime: {{php: \"8.3\"}}\n");
    assert_eq!(on(last, &named), []);
    assert_eq!(on(first, &named), [ended(Severity::Warning), ended(Severity::Warning)]);
}

#[test]
fn what_a_tenant_adds() {
    let cases = [
        ("runtime: {channel: stabel}", "AIP0204 channel `stabel` does not exist"),
        ("runtime: {php: \"8.1\"}", "AIP0204 channel `stable` has no PHP 8.1"),
        ("backup: {profile: weekly}", "AIP0204 backup profile `weekly` does not exist"),
        (
            "access: [{member: \"group:a@blog.example\", role: boss}, {member: \"group:b@blog.example\", role: owner}]",
            "AIP0204 role `boss` does not exist",
        ),
        (
            "observability: {alerts: [{name: slow, metric: latency-p95, threshold: 900, notify: [pager]}]}",
            "AIP0204 notification channel `pager` does not exist",
        ),
        ("environments: [{name: staging, from: pr-7}]", "AIP0204 environment `pr-7` does not exist"),
        ("move: {to: {shard: cell-9}}", "AIP0204 shard `cell-9` does not exist"),
        ("redirects: [{from: \"^/wp-.*\", to: /}]", "AIP0211 redirect from `^/wp-.*` shadows"),
        ("redirects: [{from: /a, to: /b}, {from: /b, to: /c}]", "AIP0207 redirect chain"),
        ("redirects: [{from: /a, to: /a/}]", "AIP0207 redirect loop"),
        ("redirects: [{from: \"^/(a\", to: /b}]", "AIP0106 `^/(a` is not a regular expression"),
        ("environments: [{name: staging, spec: {tier: silver}}]", "AIP0436 `tier` may not be set by an environment"),
        ("environments: [{name: pr-7}]", "AIP0436 preview `pr-7` has no end"),
        ("environments: [{name: pr-7, expiresAt: 2026-11-01}]", "AIP0436 environment `pr-7` ended on 2026-11-01"),
        ("environments: [{name: pr-7, expiresAt: 2027-02-01}]", "AIP0436 preview `pr-7` lives longer"),
        ("environments: [{name: pr-7, ttl: 40d}]", "AIP0105 `ttl` of 40d is out of range"),
        (
            "environments: [{name: staging, from: pr-1}, {name: pr-1, from: staging, ttl: 7d}]",
            "AIP0220 environments copy each other",
        ),
        ("runtime: {scaling: {min: 3, max: 2}}", "AIP0430 at least 3 instances, but at most 2"),
        ("runtime: {ini: {memory_limit: 700M}}", "AIP0326 one request may take 700M"),
        ("runtime: {env: [{name: K_SERVICE, value: x}]}", "AIP0423 variable `K_SERVICE`"),
        ("runtime: {ini: {max_input_vars: lots}}", "AIP0106 `max_input_vars` may not be `lots`"),
        ("runtime: {probes: {startup: {failureThreshold: 100}}}", "AIP0436 a start may take 500 seconds"),
        ("runtime: {env: [{name: SMTP_PASSWORD, value: h7Gq-20fk3Ls9}]}", "AIP0401 `SMTP_PASSWORD` holds a secret"),
        ("mail: {provider: smtp, from: me@blog.example}", "AIP0436 mail has a provider but lacks `secretRef`"),
        (
            "mail: {provider: smtp, from: me@blog.example, secretRef: nobodys}",
            "AIP0402 secret `nobodys` is not in the list",
        ),
        ("security: {adminAllow: [10.0.0.0/99]}", "AIP0106 `10.0.0.0/99` is not a range of addresses"),
        ("security: {geo: {mode: deny, countries: [UK]}}", "AIP0103 `UK` is no country"),
        ("security: {geo: {mode: allow}}", "AIP0436 a rule about countries lists none"),
        ("security: {waf: {mode: \"off\"}}", "AIP0436 the firewall may not be off in production"),
        (
            "security: {waf: {exclusions: [{rule: owasp-942200, reason: HTML, until: 2026-01-31}]}}",
            "AIP0436 exclusion of firewall rule",
        ),
        ("access: [{member: \"group:a@blog.example\", role: editor}]", "AIP0406 `blog` grants access but has no owner"),
        (
            "access: [{member: \"user:a@blog.example\", role: owner}]",
            "AIP0406 the grant of `user:a@blog.example` has no end",
        ),
        ("database: {readSplit: {mode: explicit}}", "AIP0436 read splitting by route has no route"),
        ("database: {charset: utf9}", "AIP0419 MySQL has no character set `utf9`"),
        ("database: {maxSizeGb: 50}", "AIP0436 a database of 50 GB"),
        ("backup: {profile: daily, copies: [{region: us-east1}]}", "AIP0306 a copy of the backups in `us-east1`"),
        (
            "backup: {schedule: \"0 0 30 2 *\", retention: {daily: 14, weekly: 4, monthly: 3}}",
            "AIP0106 schedule `0 0 30 2 *` never runs",
        ),
        ("media: {types: [jpg, svg]}", "AIP0407 `svg` may carry scripts"),
        ("media: {maxUploadMb: 128}\n  runtime: {ini: {post_max_size: 64M}}", "AIP0436 uploads of 128 MiB do not pass"),
        (
            "lifecycle: {state: deleting, deletionProtection: false}",
            "AIP0436 a site that is being deleted does not say",
        ),
        (
            "lifecycle: {deletion: {requestedBy: a@blog.example, requestedAt: 2026-11-01}}",
            "AIP0436 `lifecycle.deletion` is only for",
        ),
        ("move: {reason: too small}", "AIP0111 `move` does not say where to"),
        (
            "cdn: {enabled: false, staticTtl: 1d}\n  cache: {page: {mode: \"off\"}}",
            "AIP0426 `cdn.staticTtl` has no effect",
        ),
    ];
    each(&cases, |change| findings(PLATFORM, SHARD, &format!("{TENANT}  {change}\n")));
}

#[test]
fn what_a_tenant_says_of_wordpress() {
    let cases = [
        ("version: \"6.9.1\", updates: {policy: none}", "AIP0436 updates are off without a reason"),
        (
            "version: \"6.9.1\", updates: {policy: none, pinReason: checkout, until: 2026-11-01}",
            "AIP0436 `updates.policy: none` ended",
        ),
        (
            "version: \"6.9.1\", updates: {policy: none, pinReason: checkout, until: 2027-06-01}",
            "AIP0436 updates may stand still for 90 days",
        ),
        ("version: \"6.9.1\", updates: {wave: w9}", "AIP0204 wave `w9` does not exist"),
        ("version: \"6.0.0\"", "AIP0204 channel `stable` has no WordPress 6.0.0"),
        ("version: \"6.9.1\", activeTheme: twentytwenty", "AIP0212 active theme `twentytwenty` is not in `themes`"),
        ("version: \"6.9.1\", fileMods: true", "AIP0436 `wordpress.fileMods` may not be `true`"),
        (
            "version: \"6.9.1\", constants: {WP_POST_REVISIONS: many}",
            "AIP0106 constant `WP_POST_REVISIONS` may not be `many`",
        ),
        ("version: \"6.9.1\", constants: {MY_CONSTANT: 1}", "AIP0423 constant `MY_CONSTANT` is not one"),
        (
            "version: \"6.9.1\", plugins: [{slug: own, version: \"1.0\", source: zip}]",
            "AIP0436 plugin `own` from `zip` lacks `url` and `integrity`",
        ),
        (
            "version: \"6.9.1\", plugins: [{slug: seo, version: \"1.0\", active: network}]",
            "AIP0436 plugin `seo` is active for a network",
        ),
        (
            "version: \"6.9.1\", cron: {jobs: [{name: evil, schedule: \"0 * * * *\", command: eval phpinfo}]}",
            "AIP0436 job `evil` may not run `eval`",
        ),
    ];
    each(&cases, |change| findings(PLATFORM, SHARD, &edited(TENANT, "version: \"6.9.1\"", change)));
}

#[test]
fn what_a_tenant_says_of_hosts() {
    let cases = [
        ("{host: blog.example}", "AIP0206 environment `production` of `blog` has no primary domain"),
        ("{host: a_b.example, primary: true}", "AIP0106 `a_b.example` is not a host"),
        (
            "{host: blog.example, primary: true}, {host: b.example, redirectTo: blgo.example}",
            "AIP0204 `b.example` redirects to `blgo.example`",
        ),
        ("{host: blog.example, primary: true, tls: {mode: byo}}", "AIP0436 `blog.example` brings its own certificate"),
        ("{host: blog.example, primary: true, environment: staging}", "AIP0204 environment `staging` does not exist"),
        (
            "{host: bücher.example, primary: true}, {host: xn--bcher-kva.example}",
            "AIP0205 domain `xn--bcher-kva.example` is claimed twice",
        ),
        (
            "{host: blog.example, primary: true}, {host: www.blog.example}",
            "AIP0205 domain `www.blog.example` is claimed twice",
        ),
    ];
    for (change, expected) in cases {
        let found = say(&findings(PLATFORM, SHARD, &edited(TENANT, "{host: blog.example, primary: true}", change)));
        assert!(found.iter().any(|one| one.starts_with(expected)), "{change}\nexpected {expected}\nfound {found:#?}");
    }
}

#[test]
fn what_a_shard_says() {
    let cases = [
        ("  region: europe-west1", "  region: europe-west9", "AIP0204 region `europe-west9` does not exist"),
        ("connections: 400", "connections: 450", "AIP0318 sites may reserve 450 connections"),
        ("min: 2, max: 2", "min: 3, max: 2", "AIP0430 the pool has at least 3"),
        ("min: 2, max: 2", "min: 1, max: 2", "AIP0436 one node is the whole pool"),
        ("db-custom-2-8192", "db-custom-3-8192", "AIP0418 Cloud SQL has no machine"),
        ("pitrDays: 7", "pitrDays: 14", "AIP0418 point in time recovery of 14 days"),
        ("sizeGb: 100, maxGb: 400", "sizeGb: 100, maxGb: 50", "AIP0436 the disk may grow to 50 GB"),
        ("location: eu", "location: us", "AIP0306 the backups of shard `cell-1`"),
        ("budget: {monthly: 500, alerts: [80, 100]}", "budget: {monthly: 500, alerts: [80, 80]}", "AIP0434"),
        (
            "  region: europe-west1",
            "  region: europe-west1\n  deletionProtection: false",
            "AIP0436 the project of shard `cell-1`",
        ),
        (
            "  region: europe-west1",
            "  region: europe-west1\n  storage: {softDeleteDays: 3}",
            "AIP0105 Cloud Storage cannot",
        ),
        ("  region: europe-west1", "  region: europe-west1\n  labels: {aip-site: x}", "AIP0215 label `aip-site`"),
        (
            "  region: europe-west1",
            "  region: europe-west1\n  labels: {cell: Big One}",
            "AIP0106 label `cell: Big One`",
        ),
        (
            "  region: europe-west1",
            "  region: europe-west1\n  network: {subnetCidr: 10.0.0.0/22}",
            "AIP0321 `10.0.0.0/22` of shard",
        ),
        (
            "    maintenance:",
            "    flags: {max_connections: \"9\"}\n    maintenance:",
            "AIP0417 flag `max_connections` is not the shard's",
        ),
        (
            "    maintenance:",
            "    flags: {slow_query_logs: \"on\"}\n    maintenance:",
            "AIP0417 flag `slow_query_logs`",
        ),
        (
            "    maintenance:",
            "    replicas: [{name: r1, region: europe-west4, tier: db-custom-2-8192, role: read}]\n    maintenance:",
            "AIP0310 read replica `r1`",
        ),
        (
            "    maintenance:",
            "    replicas: [{name: dr, region: europe-west1, tier: db-custom-2-8192, role: dr}]\n    maintenance:",
            "AIP0310 replica `dr`",
        ),
    ];
    for (from, to, expected) in cases {
        each(&[(to, expected)], |change| findings(PLATFORM, &edited(SHARD, from, change), TENANT));
    }
}

#[test]
fn what_a_platform_says() {
    let cases = [
        ("currency: EUR", "currency: EUX", "AIP0103 Google does not bill in `EUX`"),
        ("production: small-prod", "production: small", "AIP0436 two folders are named `small`"),
        ("version: \"1.11.4\"", "version: \"1.9.0\"", "AIP0436 Terraform 1.9.0 has no write-only arguments"),
        ("alerts: [50, 100]}", "alerts: [100, 50]}", "AIP0434"),
        ("promoteFrom: staging}", "promoteFrom: stagin}", "AIP0204 environment `stagin` does not exist"),
        (
            "{name: ops, type: email, address: ops@small.example}",
            "{name: ops, type: webhook, address: \"https://chat.small.example/hook\"}",
            "AIP0436 channel `ops` does not say where messages go",
        ),
        (
            "{name: ops, type: email, address: ops@small.example}",
            "{name: ops, type: webhook, address: ops@small.example, secretRef: hook}",
            "AIP0436 channel `ops` cannot send to `ops@small.example`",
        ),
        (
            "{name: ops, type: email, address: ops@small.example}",
            "{name: ops, type: pagerduty, address: ops@small.example, secretRef: hook}",
            "AIP0436 channel `ops` has no use for `address`",
        ),
        (
            "tokenSecret: github-token",
            "tokenSecret: github-token, commentSecret: github-token",
            "AIP0436 secret `github-token` would be read by every pull request",
        ),
        (
            "provider: github, owner",
            "provider: gitlab, webhookSecret: hook, commentSecret: comments, owner",
            "AIP0436 builds comment on GitHub only",
        ),
        ("drRegion: europe-west4", "drRegion: europe-west1", "AIP0310 region `europe-west1` is its own"),
        ("vpcCidr: 100.64.0.0/10", "vpcCidr: 8.0.0.0/6", "AIP0321"),
        ("subnetCidr: 100.64.0.0/13", "subnetCidr: 100.65.0.0/13", "AIP0106 `100.65.0.0/13` is not a range"),
        ("      wave: all", "      wave: w1", "AIP0204 wave `w1` does not exist"),
    ];
    for (from, to, expected) in cases {
        let found = say(&findings(&edited(PLATFORM, from, to), SHARD, TENANT));
        assert!(found.iter().any(|one| one.starts_with(expected)), "{to}\nexpected {expected}\nfound {found:#?}");
    }
}

#[test]
fn one_mistake_in_a_tier_is_one_finding() {
    let platform = edited(PLATFORM, "fpm: {maxChildren: 6}", "fpm: {maxChildren: 60}");
    let staging = format!("{TENANT}  environments: [{{name: staging}}, {{name: pr-1, ttl: 7d}}]\n");
    let found = findings(&platform, SHARD, &staging);
    assert_eq!(found.iter().filter(|one| one.severity == Severity::Error).count(), 1, "{:#?}", say(&found));
}

#[test]
fn an_acknowledgement_names_a_guard_that_can_be_let_pass_a_day_that_exists_and_a_thing_that_is_known() {
    let document = |guard: &str, scope: &str, expires: &str| {
        format!(
            "{TENANT}\n---\napiVersion: aipress.dev/v1\nkind: Acknowledgement\nmetadata: {{name: leave}}\nspec: {{guard: {guard}, \
             scope: {scope}, reason: it was asked for, author: ops@small.example, expires: {expires}}}\n"
        )
    };
    let found = |guard: &str, scope: &str, expires: &str| findings(PLATFORM, SHARD, &document(guard, scope, expires));
    let said = |guard: &str, scope: &str, expires: &str| say(&found(guard, scope, expires)).join("; ");
    let fine = ["tenant/blog", "site/blog--pr7", "shard/cell-1"];
    for (guard, scope) in ["destroys-data", "AIP0673", "share-moved"].into_iter().zip(fine) {
        assert_eq!(said(guard, scope, "2027-11-24"), "", "{guard} {scope}");
    }
    let guards = [
        ("freeze-windows", "AIP0204 guard `freeze-windows` does not exist"),
        ("nosuchguard", "AIP0204 guard `nosuchguard` does not exist"),
        ("AIP0001", "AIP0204 guard `AIP0001` does not exist"),
        ("class-disagrees", "AIP0204 guard `class-disagrees` cannot be let pass"),
        ("AIP0625", "AIP0204 guard `lock-taken-back` cannot be let pass"),
    ];
    for (guard, expected) in guards {
        assert_eq!(said(guard, "tenant/blog", "2026-12-31"), expected);
    }
    assert_eq!(found("freeze-windows", "tenant/blog", "2026-12-31")[0].help, "did you mean `freeze-window`?");
    let days = [
        ("2026-11-31", "AIP0106 `2026-11-31` is not a day"),
        ("2027-11-25", "AIP0105 leave until 2027-11-25 is longer than a year"),
    ];
    for (day, expected) in days {
        assert_eq!(said("destroys-data", "tenant/blog", day), expected);
    }
    for (scope, severity) in [
        ("platform/other", Severity::Error),
        ("shard/nope", Severity::Warning),
        ("tenant/bolg", Severity::Warning),
        ("tier/iron", Severity::Warning),
        ("edge/e9", Severity::Warning),
    ] {
        let found = found("destroys-data", scope, "2026-12-31");
        let (kind, name) = scope.split_once('/').unwrap_or_default();
        assert_eq!(say(&found), [format!("AIP0204 {kind} `{name}` does not exist")]);
        assert_eq!(found[0].severity, severity, "{scope}");
        assert!(found[0].help.ends_with(['.', '?']), "{}", found[0].help);
    }
}
