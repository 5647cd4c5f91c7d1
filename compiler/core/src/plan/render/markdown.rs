//! A plan for a comment on a pull request.
//!
//! Everything that comes from the fleet stands in code spans: there it is neither a link, a mention, HTML nor Markdown.

use super::super::{Action, FieldChange, Plan};
use super::{Group, SECTIONS, groups, homes, safe, summary, text};

/// The longest comment, in bytes; code hosts refuse about 65,000 characters.
const LIMIT: usize = 60_000;
/// Room for the closing lines.
const TAIL: usize = 1_000;
/// Names that a row of several things shows.
const NAMES: usize = 8;
/// Output files that are named.
const FILES: usize = 200;

/// Writes a plan as Markdown of at most 60,000 bytes; rows that destroy come first and are never left out before others.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let all = SECTIONS.iter().flat_map(|(thing, _)| groups(plan, *thing));
    let reserved = all.filter(destroys).map(|group| row(&group).len()).sum();
    let mut page = Page { out: String::new(), left_out: 0, reserved };
    page.add(&format!("### Plan from {} to {}\n\n{}\n", code(&plan.base), code(&plan.head), summary(plan)));
    for (thing, title) in SECTIONS {
        let groups = groups(plan, thing);
        if groups.is_empty() {
            continue;
        }
        page.add(&format!("\n#### {title}\n\n"));
        for group in &groups {
            let row = row(group);
            if destroys(group) {
                page.reserved = page.reserved.saturating_sub(row.len());
            }
            page.add(&row);
        }
    }
    files(plan, &mut page);
    if page.left_out > 0 {
        let left = page.left_out;
        page.out.push_str(&format!("\n{left} more parts do not fit here: `aipress plan` shows them all.\n"));
    }
    page.out
}

struct Page {
    out: String,
    left_out: usize,
    /// Bytes of rows to come that destroy: other parts leave room for them.
    reserved: usize,
}

fn destroys(group: &Group<'_>) -> bool {
    matches!(group.row.action, Action::Remove | Action::Move)
}

impl Page {
    fn add(&mut self, part: &str) {
        if self.out.len() + part.len() + self.reserved + TAIL > LIMIT {
            self.left_out += 1;
        } else {
            self.out.push_str(part);
        }
    }
}

fn row(group: &Group<'_>) -> String {
    let change = group.row;
    let names: Vec<String> = group.names.iter().take(NAMES).map(|name| code(name)).collect();
    let rest = group.names.len().saturating_sub(NAMES);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let home = homes(change).map(|home| format!(": {}", code(&home))).unwrap_or_default();
    let mut out = format!("- **{}** {}{more}{home}\n", text::word(change.action), names.join(", "));
    for field in &change.fields {
        out.push_str(&format!("  - {}\n", line(field)));
    }
    out
}

fn line(field: &FieldChange) -> String {
    let values = match (&field.old, &field.new) {
        (Some(old), Some(new)) => format!("{} → {}", code(old), code(new)),
        (None, Some(new)) => format!("{} (new)", code(new)),
        (Some(old), None) => format!("{} (removed)", code(old)),
        (None, None) => String::new(),
    };
    let place = match &field.place {
        Some(place) if place.old => format!(", was {}", code(&format!("{}:{}", place.path, place.line))),
        Some(place) => format!(", {}", code(&format!("{}:{}", place.path, place.line))),
        None => String::new(),
    };
    format!("{}: {values}{place}", code(&field.path))
}

fn files(plan: &Plan, page: &mut Page) {
    if plan.files.is_empty() {
        return;
    }
    let number = plan.files.len();
    let mut list = format!("\n<details><summary>Output files: {number}</summary>\n\n");
    for file in plan.files.iter().take(FILES) {
        list.push_str(&format!("- {} {}\n", text::word(file.action), code(&file.path)));
    }
    if number > FILES {
        list.push_str(&format!("- and {} more\n", number - FILES));
    }
    list.push_str("\n</details>\n");
    page.add(&list);
    for diff in plan.files.iter().filter_map(|file| file.diff.as_ref()) {
        let body: Vec<String> = diff.lines().map(|line| safe(&line.replace('\t', "    "))).collect();
        let body = body.join("\n");
        let fence = "`".repeat(longest_run(&body).max(2) + 1);
        page.add(&format!("\n{fence}diff\n{body}\n{fence}\n"));
    }
}

/// A code span that its content cannot end.
fn code(text: &str) -> String {
    let text = safe(text);
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{example, home, site};
    use super::*;

    #[test]
    fn a_name_cannot_end_its_code_span() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`@all`"), "`` `@all` ``");
        assert_eq!(code("<img>\n# x"), "`<img>?# x`");
    }

    #[test]
    fn a_large_plan_fits_and_keeps_what_destroys() {
        let mut plan = example();
        plan.rows = (0..5_000)
            .map(|n| site(&format!("site-{n}"), Action::Create, None, home(&format!("shard-{n}"))))
            .chain([site("gone", Action::Remove, home("s"), None)])
            .collect();
        let page = markdown(&plan);
        assert!(page.len() <= LIMIT);
        assert!(page.contains("**removed** `gone`") && page.contains("more parts do not fit here"));
    }
}
