//! Module calls against the variables of their blueprints, both read back from the emitted text with another reader than
//! the compiler's own check.

use std::collections::BTreeMap;

use aipress_core::emit::OutputFile;
use hcl::{Block, Body, Expression};

use crate::fleets;

/// The type of each variable, and whether it takes a null, of the module in a folder of the output.
fn variables(files: &[OutputFile], folder: &str) -> BTreeMap<String, (Expression, bool)> {
    let own = files.iter().filter(|file| {
        let rest = file.path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| rest.ends_with(".tf") && !rest.contains('/'))
    });
    let mut all = BTreeMap::new();
    for file in own {
        let body = hcl::parse(&file.content).unwrap();
        for block in body.blocks().filter(|block| block.identifier() == "variable") {
            let ty = attribute(block.body(), "type").unwrap_or_else(|| panic!("a variable of {folder} has no type"));
            let refuses = attribute(block.body(), "nullable") == Some(Expression::Bool(false));
            let takes_null = !refuses || attribute(block.body(), "default").is_some();
            all.insert(block.labels()[0].as_str().to_owned(), (ty, takes_null));
        }
    }
    assert!(!all.is_empty(), "{folder} has no variables");
    all
}

fn attribute(body: &Body, name: &str) -> Option<Expression> {
    body.attributes().find(|attribute| attribute.key() == name).map(|attribute| attribute.expr().clone())
}

/// The module calls of the emitted roots: path, block, folder of the module.
fn calls(files: &[OutputFile]) -> Vec<(String, Block, String)> {
    let roots = files.iter().filter(|file| {
        file.path.starts_with("terraform/") && file.path.ends_with(".tf") && !file.path.contains("/modules/")
    });
    let mut all = Vec::new();
    for file in roots {
        for block in hcl::parse(&file.content).unwrap().blocks().filter(|block| block.identifier() == "module") {
            let Some(Expression::String(source)) = attribute(block.body(), "source") else {
                panic!("{}: a module without a source", file.path);
            };
            let mut folder: Vec<&str> = file.path.split('/').collect();
            folder.pop();
            for part in source.split('/') {
                if part == ".." { folder.pop().map(|_| ()).unwrap() } else { folder.push(part) }
            }
            all.push((file.path.clone(), block.clone(), folder.join("/")));
        }
    }
    all
}

/// Says where a value does not have a type. References and calls are known to Terraform only.
fn misfit(value: &Expression, ty: &Expression, at: &str) -> Option<String> {
    let wrong = || Some(format!("{at}: {value} is no {ty}"));
    match (value, ty) {
        // Terraform takes a null for an attribute of any type; blueprints test for it.
        (Expression::Null, _) => None,
        (Expression::Traversal(_) | Expression::FuncCall(_) | Expression::TemplateExpr(_), _) => None,
        (Expression::Variable(name), _) => panic!("{at}: `{}` is no value of a root", name.as_str()),
        (_, Expression::Variable(word)) => {
            let fits = match word.as_str() {
                "string" => matches!(value, Expression::String(_)),
                "number" => matches!(value, Expression::Number(_)),
                "bool" => matches!(value, Expression::Bool(_)),
                "any" => true,
                other => panic!("{at}: unknown type {other}"),
            };
            if fits { None } else { wrong() }
        }
        (_, Expression::FuncCall(call)) => {
            let inner = &call.args[0];
            match (call.name.name.as_str(), value) {
                ("optional", value) => misfit(value, inner, at),
                ("list" | "set", Expression::Array(items)) => items.iter().find_map(|item| misfit(item, inner, at)),
                ("map", Expression::Object(map)) => {
                    map.iter().find_map(|(key, value)| misfit(value, inner, &format!("{at}.{key}")))
                }
                ("object", Expression::Object(map)) => object(map, inner, at),
                ("tuple", Expression::Array(_)) => None,
                _ => wrong(),
            }
        }
        _ => wrong(),
    }
}

fn object(map: &hcl::expr::Object<hcl::ObjectKey, Expression>, fields: &Expression, at: &str) -> Option<String> {
    let Expression::Object(fields) = fields else { return Some(format!("{at}: the type is no object")) };
    let name = |key: &hcl::ObjectKey| key.to_string().trim_matches('"').to_owned();
    let given: BTreeMap<String, &Expression> = map.iter().map(|(key, value)| (name(key), value)).collect();
    let wanted: BTreeMap<String, &Expression> = fields.iter().map(|(key, ty)| (name(key), ty)).collect();
    let optional = |ty: &Expression| matches!(ty, Expression::FuncCall(call) if call.name.name.as_str() == "optional");
    if let Some(extra) = given.keys().find(|key| !wanted.contains_key(*key)) {
        return Some(format!("{at}: no field `{extra}`"));
    }
    wanted.iter().find_map(|(key, ty)| match given.get(key) {
        Some(value) => misfit(value, ty, &format!("{at}.{key}")),
        None if optional(ty) => None,
        None => Some(format!("{at}: lacks the field `{key}`")),
    })
}

#[test]
fn every_call_gives_exactly_the_variables_of_its_blueprint_with_their_types() {
    for (fleet, files) in fleets::outputs() {
        let calls = calls(&files);
        assert!(!calls.is_empty(), "{fleet}");
        for (path, block, folder) in calls {
            let variables = variables(&files, &folder);
            let given: BTreeMap<&str, &Expression> = block
                .body()
                .attributes()
                .map(|attribute| (attribute.key(), attribute.expr()))
                .filter(|(name, _)| *name != "source")
                .collect();
            let wanted: Vec<&str> = variables.keys().map(String::as_str).collect();
            assert_eq!(given.keys().copied().collect::<Vec<_>>(), wanted, "{fleet}: {path}");
            for (name, (ty, takes_null)) in &variables {
                let value = given[name.as_str()];
                assert!(*takes_null || *value != Expression::Null, "{fleet}: {path}: `{name}` is null");
                assert_eq!(misfit(value, ty, name), None, "{fleet}: {path}");
            }
        }
    }
}

#[test]
fn no_two_calls_of_a_root_have_one_name() {
    for (fleet, files) in fleets::outputs() {
        let mut seen = std::collections::BTreeSet::new();
        for (path, block, _) in calls(&files) {
            let root = path.rsplit_once('/').unwrap().0.to_owned();
            assert!(seen.insert((root, block.labels()[0].as_str().to_owned())), "{fleet}: {path}");
        }
    }
}

#[test]
fn no_two_resources_of_a_module_have_one_address() {
    for (fleet, files) in fleets::outputs() {
        let mut seen = std::collections::BTreeSet::new();
        for file in files.iter().filter(|file| file.path.ends_with(".tf")) {
            let folder = file.path.rsplit_once('/').unwrap().0;
            for block in hcl::parse(&file.content).unwrap().blocks().filter(|block| block.identifier() == "resource") {
                let address: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
                assert!(seen.insert(format!("{folder} {}", address.join("."))), "{fleet}: {} {address:?}", file.path);
            }
        }
    }
}

#[test]
fn the_reader_refuses_a_missing_field_an_unknown_one_and_another_type() {
    let parse = |text: &str| attribute(&hcl::parse(text).unwrap(), "x").unwrap();
    let ty = parse("x = object({ a = string, b = optional(number), c = list(bool) })\n");
    assert_eq!(misfit(&parse("x = { a = \"1\", c = [true] }\n"), &ty, "x"), None);
    for wrong in ["{ c = [] }", "{ a = 1, c = [] }", "{ a = \"\", c = [1] }", "{ a = \"\", c = [], d = 1 }"] {
        assert!(misfit(&parse(&format!("x = {wrong}\n")), &ty, "x").is_some(), "{wrong}");
    }
}
