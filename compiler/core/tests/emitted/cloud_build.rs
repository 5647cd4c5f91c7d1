//! Cloud Build configs against the fields and words of the service's own documentation, in types of this test.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::fleets;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Build {
    steps: Vec<Step>,
    timeout: String,
    queue_ttl: Option<String>,
    options: Options,
    #[serde(default)]
    substitutions: BTreeMap<String, String>,
    #[serde(default)]
    tags: Vec<String>,
    service_account: String,
    available_secrets: Option<Secrets>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Step {
    name: String,
    id: String,
    entrypoint: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    script: Option<String>,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default)]
    secret_env: Vec<String>,
    dir: Option<String>,
    #[serde(default)]
    wait_for: Vec<String>,
    timeout: Option<String>,
    #[serde(default)]
    allow_exit_codes: Vec<i32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    logging: Logging,
    machine_type: Option<Machine>,
    pool: Option<Pool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pool {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Logging {
    CloudLoggingOnly,
    GcsOnly,
    None,
}

#[derive(Debug, Deserialize)]
enum Machine {
    #[serde(rename = "N1_HIGHCPU_8", alias = "N1_HIGHCPU_32", alias = "E2_HIGHCPU_8", alias = "E2_HIGHCPU_32")]
    Large,
    #[serde(rename = "E2_MEDIUM", alias = "E2_STANDARD_2", alias = "UNSPECIFIED")]
    Small,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Secrets {
    secret_manager: Vec<Secret>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Secret {
    version_name: String,
    env: String,
}

fn seconds(text: &str) -> u64 {
    text.strip_suffix('s').and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("`{text}` is no duration"))
}

fn check_step(at: &str, step: &Step, before: &[&str]) {
    assert!(step.script.is_none() || (step.args.is_empty() && step.entrypoint.is_none()), "{at}: script excludes args");
    assert!(step.wait_for.iter().all(|id| id == "-" || before.contains(&id.as_str())), "{at}: waits for what follows");
    assert!(step.env.iter().all(|pair| pair.contains('=')), "{at}: an environment entry is NAME=value");
    assert!(step.allow_exit_codes.iter().all(|code| (1..256).contains(code)), "{at}");
    assert!(step.dir.as_ref().is_none_or(|folder| !folder.starts_with('/')), "{at}");
    assert!(!step.name.ends_with(":latest") && step.name.contains([':', '@']), "{at}: an image has a version");
    step.timeout.as_deref().map(seconds);
}

#[test]
fn every_config_has_only_known_fields_and_words() {
    for (fleet, files) in fleets::outputs() {
        let configs: Vec<_> = files.iter().filter(|file| file.path.starts_with("cloudbuild/")).collect();
        let names: Vec<&str> = configs.iter().map(|file| file.path.as_str()).collect();
        for wanted in ["cloudbuild/pr.yaml", "cloudbuild/apply.yaml", "cloudbuild/stack.yaml"] {
            assert!(names.contains(&wanted), "{fleet}: {names:?}");
        }
        for file in configs {
            let build: Build = serde_yaml::from_str(&file.content)
                .unwrap_or_else(|error| panic!("{fleet}: {}: {error}\n{}", file.path, file.content));
            let mut before: Vec<&str> = Vec::new();
            for step in &build.steps {
                check_step(&format!("{fleet}: {} {}", file.path, step.id), step, &before);
                assert!(!before.contains(&step.id.as_str()), "{fleet}: {} twice", step.id);
                before.push(&step.id);
            }
            let asked: std::collections::BTreeSet<&String> =
                build.steps.iter().flat_map(|step| &step.secret_env).collect();
            let secrets = build.available_secrets.as_ref().map_or(&[][..], |secrets| &secrets.secret_manager);
            assert_eq!(asked, secrets.iter().map(|secret| &secret.env).collect(), "{fleet}: {}", file.path);
            for secret in secrets {
                assert!(!secret.version_name.ends_with("/latest"), "{fleet}: {}", secret.version_name);
            }
            assert!(seconds(&build.timeout) <= 86_400, "{fleet}: a build ends within a day");
            build.queue_ttl.as_deref().map(seconds);
            assert!(build.service_account.starts_with("projects/"), "{}", build.service_account);
            assert!(build.substitutions.keys().all(|key| key.starts_with('_')), "{:?}", build.substitutions);
            assert!(build.tags.iter().all(|tag| tag.len() <= 128), "{:?}", build.tags);
            // With an account of its own a build has to say where its logs go; a pool brings its machines.
            assert!(matches!(build.options.logging, Logging::CloudLoggingOnly | Logging::GcsOnly | Logging::None));
            let pooled = build.options.pool.as_ref().is_some_and(|pool| pool.name.starts_with("projects/"));
            let machine = matches!(build.options.machine_type, Some(Machine::Large | Machine::Small));
            assert!(!(pooled && machine), "{fleet}: {}", file.path);
        }
    }
}

#[test]
fn an_unknown_field_or_word_is_refused() {
    let good = "steps: [{name: a:1, id: a}]\ntimeout: 1s\noptions: {logging: NONE}\nserviceAccount: projects/a\n";
    assert!(serde_yaml::from_str::<Build>(good).is_ok());
    for (from, to) in [("id: a", "id: a, runAs: b"), ("NONE", "EVERYTHING"), ("timeout", "deadline")] {
        assert!(serde_yaml::from_str::<Build>(&good.replace(from, to)).is_err(), "{to}");
    }
}
