//! Sessions of the real terraform on roots that need no provider.

use std::collections::BTreeSet;

use aipress_core::Stack;
use aipress_core::diag::Diagnostics;
use aipress_core::emit::OutputFile;

use super::log::{Format, Log};
use super::process::Terraform;
use super::scratch::{Scratch, Side};
use super::select::{self, Chosen};
use super::session::{Job, Session, Until};
use super::state_server::StateServer;
use super::tools::Tools;

const MODULE: &str = r#"variable "names" {
  type = list(string)
}

resource "terraform_data" "one" {
  for_each = toset(var.names)
  input    = each.value
}
"#;

const KEPT: &str = r#"
resource "terraform_data" "kept" {
  input = "kept"

  lifecycle {
    prevent_destroy = true
  }
}
"#;

/// Runs stacks that all call one module; returns what was said and what was wrong.
fn rehearse(module: &str, shards: &[(&str, &[&str])]) -> (Vec<(String, &'static str, bool, String)>, Diagnostics) {
    let tools = Tools {
        terraform: "terraform".into(),
        version: "1".into(),
        platform: "any".into(),
        stand_in: "/bin/true".into(),
    };
    let scratch = Scratch::new(None).unwrap();
    let server = StateServer::start().unwrap();
    let environment = scratch.prepare(&tools, &[]).unwrap();
    let (mut jobs, mut prevented) = (Vec::new(), BTreeSet::new());
    for (name, expected) in shards {
        let stack = Stack::Shard((*name).to_owned());
        let folder = select::name(&stack).unwrap();
        let call = "module \"m\" {\n  source = \"../../modules/m\"\n  names  = [\"a\", \"b\"]\n}\n";
        let backend = "terraform {\n  backend \"gcs\" {\n    bucket = \"b\"\n  }\n}\n";
        let files = [
            OutputFile { path: "terraform/modules/m/main.tf".into(), content: module.into() },
            OutputFile { path: format!("terraform/{folder}/main.tf"), content: format!("{backend}{call}") },
        ];
        for side in [Side::Written, Side::Lifted] {
            prevented.extend(scratch.write(side, &files).unwrap());
            scratch.override_backend(side, &folder, &server.url(&side.state(&folder))).unwrap();
        }
        let expected = expected.iter().map(|address| (*address).to_owned()).collect();
        jobs.push(Job { chosen: Chosen { stack, name: folder, level: 2 }, expected });
    }
    let session = Session {
        terraform: Terraform { program: tools.terraform, environment },
        scratch,
        server,
        log: Log::new(Format::Json, 0, "1"),
        jobs,
        prevented,
        width: 2,
        until: Until::Destroy,
        disturbance: None,
        changes: Vec::new(),
    };
    session.run();
    (session.log.lines(), session.log.problems())
}

const BOTH: &[&str] = &["module.m.terraform_data.one[\"a\"]", "module.m.terraform_data.one[\"b\"]"];

#[test]
fn a_stack_goes_through_every_step_and_nothing_is_left() {
    let (lines, problems) = rehearse(MODULE, &[("x", BOTH)]);
    assert!(problems.is_empty(), "{problems:?}");
    let steps: Vec<(&str, &str)> = lines.iter().map(|(_, step, _, detail)| (*step, detail.as_str())).collect();
    assert_eq!(
        steps,
        [
            ("init", ""),
            ("validate", ""),
            ("plan", "2 to create, as predicted"),
            ("apply", "2 added, 0 changed, 0 destroyed"),
            ("plan again", "empty"),
            ("destroy", "2 destroyed"),
        ]
    );
}

#[test]
fn what_is_protected_survives_the_first_destroy() {
    let expected = [BOTH, &["module.m.terraform_data.kept"]].concat();
    let (lines, problems) = rehearse(&format!("{MODULE}{KEPT}"), &[("x", &expected)]);
    assert!(problems.is_empty(), "{problems:?}");
    let last: Vec<(&str, &str)> = lines.iter().skip(5).map(|(_, step, _, detail)| (*step, detail.as_str())).collect();
    assert_eq!(last[0], ("protection", "destroy refused; 1 protected thing stayed"));
    assert_eq!(last.last(), Some(&("destroy", "3 destroyed")));
}

#[test]
fn an_address_that_only_one_side_has_is_named_and_other_stacks_go_on() {
    let (lines, problems) = rehearse(MODULE, &[("x", &BOTH[..1]), ("y", BOTH)]);
    let problems: Vec<String> = problems.iter().map(|item| format!("{} {}", item.code, item.title)).collect();
    assert_eq!(
        problems,
        [
            "AIP0604 Terraform proposes without a prediction 1 resource in stack `shards/x`: `module.m.terraform_data.one[\"b\"]`"
        ]
    );
    assert!(lines.iter().any(|(stack, step, ok, _)| stack == "shards/y" && *step == "destroy" && *ok), "{lines:?}");
}

#[test]
fn a_step_that_terraform_refuses_is_a_problem_and_ends_its_stack() {
    let (lines, problems) = rehearse(&MODULE.replace("input ", "inpt "), &[("x", BOTH)]);
    assert_eq!(
        problems.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(),
        ["stack `shards/x`: `validate` failed: 1 error"]
    );
    assert_eq!(lines.last().map(|(_, step, ok, _)| (*step, *ok)), Some(("validate", false)));
}
