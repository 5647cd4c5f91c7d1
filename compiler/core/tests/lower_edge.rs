//! The example fleet's edges, platform and bootstrap are calls that fit the blueprints of the repository.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]
#![expect(clippy::disallowed_methods, reason = "the example fleet is read from its folder")]

use std::path::Path;

use aipress_core::blueprint::{check_addresses, check_call, embedded, predict};
use aipress_core::check::fleet::ResolvedSite;
use aipress_core::emit::hcl::{Number, Value};
use aipress_core::graph::names;
use aipress_core::lower::{Call, Lowered, armor, bootstrap, edge, pipeline, platform};
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, Options, compile};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn read(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, into);
        } else {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            into.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The example fleet; `change` gets the path and text of every file.
fn fleet(change: impl Fn(&str, String) -> String) -> Compilation {
    let mut files = Vec::new();
    read(&root().join("tenants"), &mut files);
    let files = files.into_iter().map(|(path, text)| {
        let text = change(&path, text);
        (path, text)
    });
    let sources = SourceSet::new(files.chain(embedded::files()).collect());
    let options = Options { now: jiff::civil::date(2026, 11, 23), locked: false };
    compile(&sources, &options).unwrap_or_else(|found| panic!("{:#?}", found.into_iter().collect::<Vec<_>>()))
}

fn example() -> Compilation {
    fleet(|_, text| text)
}

/// Checks a stack as rendering does, and returns its only call.
fn checked(compilation: &Compilation, lowered: &Lowered) -> Call {
    let [call] = lowered.calls.as_slice() else { panic!("{} calls", lowered.calls.len()) };
    let contract = compilation.contract(call.blueprint, &call.version).unwrap();
    assert_eq!(check_call(contract, &call.name, &call.arguments), []);
    let addresses = predict(contract, &call.name, &call.arguments).unwrap();
    assert_eq!(check_addresses(&addresses), []);
    assert!(addresses.len() > 10);
    assert_eq!(names::check(&lowered.names), []);
    call.clone()
}

fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| match value {
        Value::Object(entries) => {
            &entries.iter().find(|(name, _)| name == key).unwrap_or_else(|| panic!("no {key} in {value:?}")).1
        }
        other => panic!("no {key} in {other:?}"),
    })
}

fn keys(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(entries) => entries.iter().map(|(name, _)| name.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        other => panic!("{other:?}"),
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        other => panic!("{other:?}"),
    }
}

/// The argument of the edge call that has a site's matcher.
fn edges(compilation: &Compilation) -> Vec<Call> {
    let context = compilation.context();
    ["e1", "e2"].map(|name| checked(compilation, &edge::lower(&context, name))).into()
}

/// The `sites` entry of a matcher, on whichever edge it is.
fn matcher(calls: &[Call], argument: &str, name: &str) -> Option<Value> {
    calls.iter().find_map(|call| match &call.arguments[argument].value {
        Value::Object(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
        _ => None,
    })
}

#[test]
fn every_call_fits_its_blueprint() {
    let compilation = example();
    let context = compilation.context();
    checked(&compilation, &bootstrap::lower(&context));
    checked(&compilation, &platform::lower(&context));
    assert_eq!(edges(&compilation).len(), 2);
    aipress_core::emit::cloud_build::emit(&pipeline::pipeline(&context)).unwrap();
}

#[test]
fn a_site_is_reached_on_its_hosts_and_below_the_platforms_domain() {
    let calls = edges(&example());
    let acme = matcher(&calls, "sites", "wp-acme-corp-hsts31536000").unwrap();
    assert_eq!(items(at(&acme, &["hosts"])), [Value::string("www.acme.example")]);
    assert_eq!(text(at(&acme, &["hsts"])), "max-age=31536000");
    assert!(text(at(&acme, &["backend"])).ends_with("/global/backendServices/wp-acme-corp"));
    assert_eq!(text(at(&items(at(&acme, &["redirects"]))[0], &["path"])), "/careers/");
    let below = matcher(&calls, "sites", "wp-acme-corp").unwrap();
    assert_eq!(items(at(&below, &["hosts"])), [Value::string("acme-corp.sites.hosting.example")]);
    let staging = matcher(&calls, "sites", "wp-acme-corp--s").unwrap();
    let hosts = ["acme-corp--staging.sites.hosting.example", "staging.acme.example"].map(Value::string);
    assert_eq!(items(at(&staging, &["hosts"])), hosts);
    assert!(matcher(&calls, "records", "acme-corp--staging.sites.hosting.example").is_some());
}

#[test]
fn a_suspended_site_keeps_its_route_and_an_archived_one_has_none() {
    let calls = edges(&example());
    assert!(matcher(&calls, "sites", "wp-old-bakery").is_some());
    for gone in ["wp-film-fest", "wp-closed-cafe"] {
        assert!(matcher(&calls, "sites", gone).is_none(), "{gone}");
    }
}

#[test]
fn every_host_has_an_entry_with_a_certificate() {
    let calls = edges(&example());
    for call in &calls {
        let hosts = |argument: &str| -> Vec<String> {
            let Value::Object(entries) = &call.arguments[argument].value else { panic!("{argument}") };
            entries
                .iter()
                .flat_map(|(_, value)| items(at(value, &["hosts"])).iter().map(|h| text(h).to_owned()))
                .collect()
        };
        let entries = &call.arguments["entries"].value;
        for host in hosts("sites").into_iter().chain(hosts("redirect_hosts")) {
            let platform = host.ends_with(".sites.hosting.example");
            let entry = at(entries, &[if platform { "*.sites.hosting.example" } else { &host }]);
            let count = items(at(entry, &["certificates"])).len() + items(at(entry, &["external"])).len();
            assert_eq!(count, 1, "{host}");
        }
    }
    let brought = matcher(&calls, "entries", "museum-hafen.example").unwrap();
    assert_eq!(
        items(at(&brought, &["external"])),
        [Value::string("projects/aip-edge-7f3k/locations/global/certificates/harbor")]
    );
    // The wildcard holds for the twin, too.
    let proven = matcher(&calls, "certificates", "lindau.example by DNS").unwrap();
    assert_eq!(items(at(&proven, &["authorizations"])), [Value::string("lindau.example")]);
    assert_eq!(items(at(&proven, &["domains"])), ["*.lindau.example", "lindau.example"].map(Value::string));
    let twins = matcher(&calls, "certificates", "nordic.example by DNS").unwrap();
    assert_eq!(items(at(&twins, &["domains"])), ["nordic.example", "www.nordic.example"].map(Value::string));
}

#[test]
fn every_edge_uses_the_certificate_that_the_platform_makes() {
    let compilation = example();
    let platform = checked(&compilation, &platform::lower(&compilation.context()));
    let name = text(at(&platform.arguments["dns"].value, &["certificate"]));
    let id = format!("projects/aip-edge-7f3k/locations/global/certificates/{name}");
    for call in edges(&compilation) {
        for entry in ["*.sites.hosting.example", "default"] {
            let entry = at(&call.arguments["entries"].value, &[entry]);
            assert_eq!(items(at(entry, &["external"])), [Value::string(&id)]);
        }
        assert!(!keys(&call.arguments["certificates"].value).iter().any(|key| key.contains("sites.hosting.example")));
    }
}

#[test]
fn a_twin_redirects_or_serves_as_its_host_says() {
    let calls = edges(&example());
    let museum = matcher(&calls, "sites", "wp-harbor-museum-hsts15768000").unwrap();
    let hosts = ["museum-hafen.example", "www.museum-hafen.example"].map(Value::string);
    assert_eq!(items(at(&museum, &["hosts"])), hosts);
    let forwarded = calls.iter().flat_map(|call| match &call.arguments["redirect_hosts"].value {
        Value::Object(entries) => entries.iter().filter(|(key, _)| key.starts_with("wp-pixel-agency-to-")).collect(),
        _ => Vec::new(),
    });
    let forwarded: Vec<(&str, &str)> =
        forwarded.map(|(_, value)| (text(at(value, &["code"])), text(&items(at(value, &["hosts"]))[0]))).collect();
    assert!(forwarded.contains(&("FOUND", "pixel-studio.example")), "{forwarded:?}");
    assert!(forwarded.contains(&("MOVED_PERMANENTLY_DEFAULT", "www.pixel.example")), "{forwarded:?}");
}

fn rules(compilation: &Compilation) -> Vec<(String, i64, String)> {
    let context = compilation.context();
    let mut all = Vec::new();
    for shard in compilation.fleet().shards.keys() {
        let resolve = |facts| context.fleet.resolve(context.sources, facts).unwrap();
        let sites: Vec<ResolvedSite> = context.sites_on(shard).into_iter().map(resolve).collect();
        let Value::Object(policies) = armor::policies(&context, &sites) else { panic!("{shard}") };
        for (edge, policy) in &policies {
            for rule in items(at(policy, &["rules"])) {
                let Value::Number(Number::Integer(priority)) = at(rule, &["priority"]) else { panic!("{rule:?}") };
                all.push((format!("{shard} {edge}"), *priority, text(at(rule, &["expression"])).to_owned()));
            }
        }
    }
    all
}

#[test]
fn rules_of_the_firewall_fit_and_no_two_share_a_number() {
    let rules = rules(&example());
    for (policy, priority, expression) in &rules {
        assert!((1..i64::from(i32::MAX)).contains(priority), "{priority}");
        assert!(expression.len() <= 2048, "{expression}");
        assert!(expression.matches(" && ").count() + expression.matches(" || ").count() < 5, "{expression}");
        assert_eq!(rules.iter().filter(|other| other.0 == *policy && other.1 == *priority).count(), 1, "{expression}");
    }
    let has = |part: &str| assert!(rules.iter().any(|rule| rule.2.contains(part)), "{part}");
    has("!origin.region_code.matches('^(AT|CH|DE|LI)$')");
    has("inIpRange(origin.ip, '203.0.113.0/24')");
    has("'opt_out_rule_ids': ['owasp-crs-v042200-id942200-sqli']");
    has("evaluatePreconfiguredWaf('sqli-v422-stable', {'sensitivity': 1})");
}

#[test]
fn another_site_moves_no_number() {
    let before = rules(&example());
    let after = rules(&fleet(|path, text| {
        if path.ends_with("garden-blog.yaml") {
            return text
                + "  security: {rateLimit: {rpm: 77}, geo: {mode: deny, countries: [KP]}, waf: {mode: preview}}\n";
        }
        text
    }));
    let numbers = |rules: &[(String, i64, String)]| -> Vec<(String, i64)> {
        rules.iter().map(|rule| (rule.0.clone(), rule.1)).collect()
    };
    let after_numbers = numbers(&after);
    assert!(after.len() > before.len());
    assert!(numbers(&before).iter().all(|number| after_numbers.contains(number)));
}

#[test]
fn the_platform_has_its_folders_regions_and_triggers() {
    let compilation = example();
    let call = checked(&compilation, &platform::lower(&compilation.context()));
    assert_eq!(keys(&call.arguments["regions"].value).len(), 4);
    let apply = at(&call.arguments["triggers"].value, &["apply"]);
    assert_eq!(text(at(apply, &["branch"])), "^main$");
    assert_eq!(
        text(at(apply, &["account"])),
        "projects/aip-shared-7f3k/serviceAccounts/aip-apply@aip-shared-7f3k.iam.gserviceaccount.com"
    );
    assert_eq!(at(apply, &["approval"]), &Value::Bool(true));
    assert_eq!(call.arguments["private_services"].value, Value::Null);
    let waves = pipeline::pipeline(&compilation.context()).waves;
    assert_eq!(
        waves.iter().map(|wave| wave.groups.iter().map(Vec::len).sum::<usize>()).sum::<usize>(),
        compilation.shard_count()
    );
}

#[test]
fn a_redis_cache_gets_a_range_that_nothing_else_has() {
    let compilation = fleet(|path, text| {
        if path.ends_with("us1-001.yaml") {
            text.replace(
                "engine: valkey, mode: shared, version: \"8.0\"",
                "engine: redis, mode: shared, version: \"7.2\"",
            )
        } else {
            text
        }
    });
    let call = checked(&compilation, &platform::lower(&compilation.context()));
    let range = text(at(&call.arguments["private_services"].value, &["cidr"]));
    // 100.120.0.0/13, the last of 100.64.0.0/10, is reserved.
    assert_eq!(range, "100.119.240.0/20");
}
