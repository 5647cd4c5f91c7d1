//! Walks `testdata/defects.yaml`: every entry has a check that holds, or a reason why it cannot occur.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hcl_edit::structure::{Block, Body, Structure};
use regex::Regex;
use serde::Deserialize;

use crate::blueprints;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defect {
    id: u32,
    defect: String,
    #[serde(default)]
    checks: Vec<Check>,
    cannot: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    resource: Option<String>,
    path: Option<String>,
    is: Option<String>,
    like: Option<String>,
    #[serde(default)]
    absent: bool,
    nowhere: Option<String>,
    somewhere: Option<String>,
    #[serde(rename = "in")]
    place: Option<String>,
    case: Option<String>,
}

/// The top folder of this repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn every_defect_is_checked_or_cannot_occur() {
    let text = std::fs::read_to_string(repository().join("testdata/defects.yaml")).unwrap();
    let defects: Vec<Defect> = serde_yaml::from_str(&text).unwrap();
    assert_eq!(defects.iter().map(|defect| defect.id).collect::<Vec<_>>(), (1..=54).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for Defect { id, defect, checks, cannot } in defects {
        if checks.is_empty() && cannot.as_deref().unwrap_or_default().len() < 20 {
            wrong.push(format!("{id} ({defect}): neither a check nor a reason"));
        }
        wrong.extend(checks.iter().flat_map(Check::failures).map(|failure| format!("{id} ({defect}): {failure}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Check {
    fn failures(&self) -> Vec<String> {
        if let Some(resource) = &self.resource {
            return self.resource_failures(resource);
        }
        let place = self.place.as_deref().unwrap_or("blueprints");
        if let Some(pattern) = &self.nowhere {
            let pattern = Regex::new(pattern).unwrap();
            let found = lines(place).into_iter().find(|(_, line)| pattern.is_match(line));
            return found.map(|(path, line)| format!("`{pattern}` matches in {path}: {line}")).into_iter().collect();
        }
        if let Some(pattern) = &self.somewhere {
            let pattern = Regex::new(pattern).unwrap();
            let found = lines(place).iter().any(|(_, line)| pattern.is_match(line));
            return if found { Vec::new() } else { vec![format!("`{pattern}` matches nowhere in {place}")] };
        }
        match &self.case {
            Some(case) if repository().join("testdata").join(case).exists() => Vec::new(),
            Some(case) => vec![format!("there is no testdata/{case}")],
            None => vec!["a check that checks nothing".to_owned()],
        }
    }

    fn resource_failures(&self, resource: &str) -> Vec<String> {
        let path: Vec<&str> = self.path.as_deref().unwrap().split('.').collect();
        let found = resources(resource);
        if found.is_empty() {
            return vec![format!("no resource is `{resource}`")];
        }
        found.iter().filter_map(|(address, block)| self.failure(address, &values(&block.body, &path))).collect()
    }

    fn failure(&self, address: &str, values: &[String]) -> Option<String> {
        let path = self.path.as_deref().unwrap_or_default();
        match (values, self.absent) {
            ([], true) => None,
            (_, true) => Some(format!("{address} has `{path}`")),
            ([], false) => Some(format!("{address} has no `{path}`")),
            (values, false) => values
                .iter()
                .find(|value| {
                    self.is.as_ref().is_some_and(|wanted| wanted != *value)
                        || self.like.as_ref().is_some_and(|wanted| !Regex::new(wanted).unwrap().is_match(value))
                })
                .map(|value| format!("`{path}` of {address} is `{value}`")),
        }
    }
}

/// The resources of `BLUEPRINT/TYPE.NAME`, with their addresses.
fn resources(wanted: &str) -> Vec<(String, Block)> {
    let (folder, address) = wanted.split_once('/').unwrap();
    let (kind, name) = address.split_once('.').unwrap();
    let mut found = Vec::new();
    for (blueprint, files) in blueprints() {
        if folder != "*" && folder != blueprint {
            continue;
        }
        for text in files.values() {
            let body: Body = text.parse().unwrap();
            for block in body.blocks().filter(|block| block.ident.as_str() == "resource") {
                let (this_kind, this_name) = (block.labels[0].as_str(), block.labels[1].as_str());
                if this_kind == kind && (name == "*" || this_name == name) {
                    found.push((format!("{blueprint}/{this_kind}.{this_name}"), block.clone()));
                }
            }
        }
    }
    found
}

/// The values at a path, as they are written; a block counts as `{}`.
fn values(body: &Body, path: &[&str]) -> Vec<String> {
    let Some((first, rest)) = path.split_first() else { return vec!["{}".to_owned()] };
    let mut found = Vec::new();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) if rest.is_empty() && attribute.key.as_str() == *first => {
                found.push(attribute.value.to_string().trim().to_owned());
            }
            Structure::Block(block) if block.ident.as_str() == *first => found.extend(values(&block.body, rest)),
            Structure::Block(block) if block.ident.as_str() == "dynamic" && block.labels[0].as_str() == *first => {
                let contents = block.body.get_blocks("content");
                found.extend(contents.flat_map(|content| values(&content.body, rest)));
            }
            _ => {}
        }
    }
    found
}

/// Path and text of every line of a part of the product, comments left out.
fn lines(place: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    match place {
        "blueprints" => {
            for (blueprint, texts) in blueprints() {
                files.extend(texts.into_iter().map(|(file, text)| (format!("{blueprint}/{file}"), text)));
            }
        }
        "output" => read(&repository().join("output"), &mut files),
        "terraform" => {
            for folder in ["bootstrap", "platform", "edges", "shards"] {
                read(&repository().join("output/terraform").join(folder), &mut files);
            }
        }
        "cloudbuild" => read(&repository().join("output/cloudbuild"), &mut files),
        other => panic!("there is no part `{other}`"),
    }
    assert!(!files.is_empty(), "{place} is empty");
    let code = |line: &&str| !line.trim_start().starts_with('#');
    let of = |(path, text): (String, String)| -> Vec<(String, String)> {
        text.lines().filter(code).map(|line| (path.clone(), line.to_owned())).collect()
    };
    files.into_iter().flat_map(of).collect()
}

fn read(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, files);
        } else {
            files.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn every_role_in_the_output_is_known() {
    let pattern = Regex::new(r#""(roles/[A-Za-z.0-9]+)""#).unwrap();
    let all = lines("terraform");
    let roles: BTreeSet<String> = all
        .iter()
        .flat_map(|(_, line)| pattern.captures_iter(line).map(|found| found[1].to_owned()).collect::<Vec<_>>())
        .collect();
    assert!(roles.len() > 10, "{roles:?}");
    let names = aipress_provider::embedded::names();
    let unknown: Vec<&String> = roles.iter().filter(|role| names.role(role).is_err()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
