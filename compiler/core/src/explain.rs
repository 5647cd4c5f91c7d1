//! The pages of the diagnostic codes: what is wrong, why it matters, a bad and a good example.
//!
//! One Markdown file per code under `explain/`, embedded.

use include_dir::{Dir, include_dir};

use crate::diag::Code;

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/explain");

/// Returns the page of a code; none if there is no such code.
#[must_use]
pub fn page(code: Code) -> Option<&'static str> {
    PAGES.get_file(format!("{code}.md"))?.contents_utf8()
}

/// Lists the codes that have a page, in order.
#[must_use]
pub fn codes() -> Vec<Code> {
    let number = |name: &str| name.strip_prefix("AIP")?.strip_suffix(".md")?.parse().ok().map(Code);
    let mut codes: Vec<Code> = PAGES.files().filter_map(|file| number(file.path().to_str()?)).collect();
    codes.sort_unstable();
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_begins_with_its_code() {
        assert!(!codes().is_empty());
        for code in codes() {
            let page = page(code).unwrap();
            assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        }
    }
}
