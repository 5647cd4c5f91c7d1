//! What is wrong with a blueprint or a call is said at its place.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

use std::collections::BTreeMap;

use aipress_core::blueprint::{Argument, Contract, Type, check_addresses, check_call, predict};
use aipress_core::diag::Diagnostic;
use aipress_core::emit::hcl::{Reference, Value};
use aipress_core::source::{SourceId, Span};

const SOURCE: SourceId = SourceId(1);

fn parse(text: &str) -> Result<Contract, Vec<Diagnostic>> {
    Contract::parse(&[(SOURCE, text)]).map_err(|problems| problems.into_iter().collect())
}

/// Code, the text under the label, and the label.
fn said(text: &str, problems: &[Diagnostic]) -> Vec<(u16, String, String)> {
    let said = |problem: &Diagnostic| {
        let label = problem.label.clone().unwrap();
        (problem.code.0, text[label.span.range()].to_owned(), label.text)
    };
    problems.iter().map(said).collect()
}

fn given(name: &str, value: impl Into<Value>) -> BTreeMap<String, Argument> {
    let span = Some(Span::new(SourceId(2), 7, 9));
    BTreeMap::from([(name.to_owned(), Argument { value: value.into(), span })])
}

#[test]
fn a_contract_lists_what_a_blueprint_takes_and_makes() {
    let text = r#"
terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 8.0, < 9.0"
    }
  }
}
variable "size" {
  type        = map(list(number))
  description = "How big."
  default     = { a = [1] }
}
data "google_project" "this" {}
output "id" { value = data.google_project.this.id }
"#;
    let contract = parse(text).unwrap();
    let size = &contract.variables["size"];
    assert_eq!(size.ty, Type::Map(Box::new(Type::List(Box::new(Type::Number)))));
    assert_eq!((size.description.as_str(), size.nullable), ("How big.", true));
    assert_eq!(&text[size.span.range()], "\"size\"");
    assert_eq!(contract.required_providers["google"].version, ">= 8.0, < 9.0");
    assert_eq!((contract.data.len(), contract.outputs.len()), (1, 1));
}

#[test]
fn text_that_is_no_terraform_is_shown_where_it_stops() {
    let text = "variable \"a\" {\n  type = = string\n}\n";
    let problems = parse(text).unwrap_err();
    let place = problems[0].label.as_ref().unwrap().span;
    assert_eq!((problems[0].code.0, place.start), (504, 24));
}

#[test]
fn a_count_over_something_unknown_is_shown_at_that_name() {
    let text = r#"
locals { all = [for zone in data.google_zones.this.names : zone] }
resource "x" "a" { count = length(local.all) }
resource "x" "b" { for_each = toset(fileset(path.module, "*")) }
resource "x" "a" {}
"#;
    let problems = parse(text).unwrap_err();
    let mut said = said(text, &problems);
    said.sort();
    let expected = "expected a variable, a local or a literal".to_owned();
    assert_eq!(
        said,
        [
            (505, "data".to_owned(), expected.clone()),
            (505, "fileset".to_owned(), "the function `fileset` is not evaluated here".to_owned()),
            (505, "path".to_owned(), expected),
            (509, "\"a\"".to_owned(), "declared again here".to_owned()),
        ]
    );
}

#[test]
fn a_call_is_checked_against_the_variables() {
    let text = r#"
variable "limits" { type = object({ cpu = number, memory = optional(string) }) }
variable "name" {}
"#;
    let contract = parse(text).unwrap();
    let limits = Value::object([("cpu", Value::from("2")), ("memroy", Value::from("1Gi"))]);
    let mut arguments = given("limits", limits);
    arguments.extend(given("nmae", "acme"));
    let problems = check_call(&contract, "site_acme", &arguments);
    let said: Vec<_> = problems.iter().map(|problem| (problem.code.0, problem.title.as_str())).collect();
    assert_eq!(
        said,
        [
            (506, "the call `site_acme` gives no `name`"),
            (508, "`limits.cpu` of `site_acme` does not fit its blueprint"),
            (508, "`limits.memroy` of `site_acme` does not fit its blueprint"),
            (507, "the blueprint of `site_acme` has no variable `nmae`"),
        ]
    );
    assert_eq!(problems[1].label.as_ref().unwrap().text, "expected a number, found a string");
    assert_eq!(problems[1].label.as_ref().unwrap().span.source, SourceId(2));
    assert_eq!(problems[2].label.as_ref().unwrap().text, "expected the field `memory`, found the field `memroy`");
    assert_eq!(problems[3].help, "did you mean `name`?");
}

#[test]
fn a_reference_fits_any_type_but_decides_no_keys() {
    let text = "variable \"zones\" { type = set(string) }\nresource \"x\" \"a\" { for_each = var.zones }\n";
    let contract = parse(text).unwrap();
    let arguments = given("zones", Reference::path(["module", "shard", "zones"]));
    assert_eq!(check_call(&contract, "a", &arguments), []);
    let problems = predict(&contract, "a", &arguments).unwrap_err();
    let known = given("zones", Value::Call("toset".to_owned(), vec![Value::list(["b", "a"])]));
    let texts: Vec<String> = predict(&contract, "a", &known).unwrap().into_iter().map(|at| at.text).collect();
    assert_eq!(texts, ["module.a.x.a[\"a\"]", "module.a.x.a[\"b\"]"]);
    let unknown = (505, "var.zones".to_owned(), "the keys are known only after apply".to_owned());
    assert_eq!(said(text, &problems), [unknown]);
}

#[test]
fn a_local_made_of_itself_is_refused() {
    let text = "locals {\n  a = local.b\n  b = local.a\n}\nresource \"x\" \"a\" { count = local.a }\n";
    let problems = predict(&parse(text).unwrap(), "a", &BTreeMap::new()).unwrap_err();
    assert_eq!(said(text, &problems), [(505, "a".to_owned(), "the local `a` is made of itself".to_owned())]);
}

#[test]
fn two_calls_of_one_name_are_found_by_their_addresses() {
    let contract = parse("resource \"x\" \"a\" {}\n").unwrap();
    let one = predict(&contract, "site", &BTreeMap::new()).unwrap();
    let problems = check_addresses(one.iter().chain(&one));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].title, "two resources of one stack are called `module.site.x.a`");
}
