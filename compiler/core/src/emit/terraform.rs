//! Terraform roots: small, literal, one folder per stack.
//!
//! Input: the calls of one stack, already checked against their contracts. Output: `main.tf` with versions, backend,
//! providers and the stack's own call, and one file per site or one `sites.tf`.

use std::collections::BTreeSet;

use crate::blueprint::Contract;
use crate::emit::OutputFile;
use crate::emit::hcl::{Block, Body, HclError, Reference, Value};
use crate::lower::Call;
use crate::spec::platform::{Layout, Terraform};

/// Where a stack's files go and what they start with.
#[derive(Debug, Clone)]
pub struct Root<'a> {
    /// Below `terraform/`: `shards/eu1-001`.
    pub folder: String,
    /// Versions and the bucket of states.
    pub terraform: &'a Terraform,
    /// How sites are spread over files.
    pub layout: Layout,
    /// The project of resources that do not name theirs.
    pub project: String,
    /// The region of resources that do not name theirs; none for global stacks.
    pub region: Option<String>,
    /// Resources that exist before their stack does: address and id.
    pub imports: Vec<(Reference, String)>,
}

/// Writes a root.
///
/// # Errors
/// A value that HCL cannot hold: a defect of lowering.
pub fn root(root: &Root<'_>, calls: &[(Call, &Contract)]) -> Result<Vec<OutputFile>, HclError> {
    let up = "../".repeat(root.folder.matches('/').count() + 1);
    let providers: BTreeSet<&str> =
        calls.iter().flat_map(|(_, contract)| contract.required_providers.keys().map(String::as_str)).collect();
    let (sites, own): (Vec<_>, Vec<_>) = calls.iter().partition(|(call, _)| call.blueprint == "site");
    let mut main = Body::new().block(terraform_block(root, calls, &providers));
    for provider in providers.iter().filter(|provider| provider.starts_with("google")) {
        main = main.block(provider_block(root, provider));
    }
    for (address, id) in &root.imports {
        main = main.block(Block::plain("import").attribute("to", address.clone()).attribute("id", id.as_str()));
    }
    main = own.iter().fold(main, |body, (call, contract)| body.block(module(call, contract, &up)));
    let path = |name: &str| format!("terraform/{}/{name}.tf", root.folder);
    let mut files = vec![OutputFile { path: path("main"), content: main.to_file()? }];
    match root.layout {
        Layout::Site => {
            for (call, contract) in sites {
                let body = Body::new().block(module(call, contract, &up));
                files.push(OutputFile { path: path(&call.name), content: body.to_file()? });
            }
        }
        Layout::Shard if sites.is_empty() => {}
        Layout::Shard => {
            let body = sites.iter().fold(Body::new(), |body, (call, contract)| body.block(module(call, contract, &up)));
            files.push(OutputFile { path: path("sites"), content: body.to_file()? });
        }
    }
    Ok(files)
}

fn terraform_block(root: &Root<'_>, calls: &[(Call, &Contract)], providers: &BTreeSet<&str>) -> Block {
    let mut required = Block::plain("required_providers");
    for name in providers {
        let source = calls
            .iter()
            .find_map(|(_, contract)| contract.required_providers.get(*name))
            .map_or("", |provider| provider.source.as_str());
        let version = root.terraform.providers.get(*name).map_or("", |version| version.value.as_str());
        let value = Value::object([("source", Value::string(source)), ("version", Value::string(version))]);
        required = required.attribute(*name, value);
    }
    let backend = Block::new("backend", ["gcs"])
        .attribute("bucket", root.terraform.state_bucket.value.as_str())
        .attribute("prefix", format!("stacks/{}", root.folder));
    Block::plain("terraform")
        .attribute("required_version", format!("= {}", root.terraform.version.value))
        .block(required)
        .block(backend)
}

fn provider_block(root: &Root<'_>, provider: &str) -> Block {
    let block = Block::new("provider", [provider]).attribute("project", root.project.as_str());
    match &root.region {
        Some(region) => block.attribute("region", region.as_str()),
        None => block,
    }
}

/// The arguments stand in the order in which the blueprint declares its variables: who, then what.
fn module(call: &Call, contract: &Contract, up: &str) -> Block {
    let source = format!("{up}modules/{}/{}", call.blueprint, call.version);
    let mut arguments: Vec<_> = call.arguments.iter().collect();
    arguments.sort_by_key(|(name, _)| contract.variables.get(*name).map(|variable| variable.span));
    let block = Block::new("module", [call.name.as_str()]).attribute("source", source);
    arguments.into_iter().fold(block, |block, (name, argument)| block.attribute(name, argument.value.clone()))
}
