//! Which types of resources blueprints use.
//!
//! Input: the sources. Output: the names of the types of all resources, data sources and ephemeral resources.

use std::collections::BTreeSet;

use hcl_edit::structure::Body;

use super::embedded;
use crate::source::SourceSet;

/// Returns the types that any blueprint of the set uses; a file that is not Terraform uses none.
#[must_use]
pub fn used_types(sources: &SourceSet) -> BTreeSet<String> {
    let texts = sources.files().filter(|(_, source)| source.path.starts_with(embedded::FOLDER));
    let bodies = texts.filter(|(_, source)| source.path.ends_with(".tf"));
    bodies.filter_map(|(_, source)| source.text.parse::<Body>().ok()).flat_map(|body| types(&body)).collect()
}

fn types(body: &Body) -> Vec<String> {
    let blocks =
        body.blocks().filter(|block| matches!(block.ident.value().as_str(), "resource" | "data" | "ephemeral"));
    blocks.filter_map(|block| Some(block.labels.first()?.as_str().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_block_counts() {
        let text = "resource \"a_b\" \"x\" {}\ndata \"c_d\" \"x\" {}\nephemeral \"e_f\" \"x\" {}\nlocals {}\n";
        let set = SourceSet::new(vec![("templates/blueprints/mine/v1/main.tf".to_owned(), text.to_owned())]);
        let used = used_types(&set);
        assert!(["a_b", "c_d", "e_f", "google_project"].iter().all(|name| used.contains(*name)));
    }
}
