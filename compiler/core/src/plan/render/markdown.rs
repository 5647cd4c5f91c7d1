//! A plan for a comment on a pull request, of at most 60,000 characters.
//!
//! Everything that comes from the fleet stands in code spans: there it is neither a link, a mention, HTML nor Markdown.
//! Rows that destroy come first, whole and unfolded; if they alone do not fit, there is no comment. The addresses of what
//! goes without holding data are named by whole rows while there is room. What users notice comes next, unfolded while there is room. Everything else is left out part by part, and what is left out is counted.

use super::super::Plan;
use super::super::model::{Class, FieldChange, Finding, Row, Verdict};
use super::words::ADDRESSES;
use super::{Group, Note, files, groups, safe, short, words};
use crate::diag::{count, thousands};

/// The longest comment in characters; code hosts refuse about 65,000.
pub const LIMIT: usize = 60_000;
/// Room for the closing lines.
const TAIL: usize = 1_200;
/// Names that a row of several things shows.
const NAMES: usize = 8;
/// Characters of a value.
const VALUE: usize = 200;
/// Lines of output files.
const FILES: usize = 200;

/// The rows that destroy do not fit into a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// How many characters they have.
    pub characters: usize,
    /// How many of them there are.
    pub rows: usize,
}

/// Writes a plan as Markdown.
///
/// # Errors
/// Rows that destroy and refusals are longer than a comment may be: nobody could review them there.
pub fn markdown(plan: &Plan) -> Result<String, TooLong> {
    let groups = groups(plan);
    let (danger, rest): (Vec<&Group<'_>>, Vec<&Group<'_>>) = groups.iter().partition(|group| group.is_destructive());
    let mut page = Page::default();
    page.must(&head(plan));
    let refusals: Vec<&Finding> = plan.guards.iter().filter(|finding| finding.refuses()).collect();
    if !refusals.is_empty() {
        page.must("\n#### Refused\n\n");
        refusals.iter().for_each(|finding| page.must(&guard(finding)));
    }
    if !danger.is_empty() {
        page.must("\n#### What goes, moves or cannot be undone\n\n");
        page.danger(&danger);
    }
    if page.length + TAIL > LIMIT {
        return Err(TooLong { characters: page.length, rows: danger.len() + refusals.len() });
    }
    let (noticed, rest): (Vec<&Group<'_>>, Vec<&Group<'_>>) =
        rest.into_iter().partition(|group| group.row.class >= Class::Brief);
    let mut others = page.noticed(noticed);
    others.extend(rest);
    let is_all = danger.is_empty() && others.len() == groups.len();
    let title = if is_all { "What changes" } else { "Everything else" };
    page.table(plan, &others, title);
    page.rows(&others);
    page.others(plan);
    page.files(plan);
    Ok(page.end(plan))
}

/// Writes what is wrong with a fleet as a short comment, errors first; `title` says what they are about.
#[must_use]
pub fn markdown_notes(title: &str, notes: &[Note]) -> String {
    let (errors, warnings): (Vec<&Note>, Vec<&Note>) = notes.iter().partition(|note| note.is_error);
    let mut page = Page::default();
    page.must(&format!("### ⛔ {title}\n\n"));
    errors.into_iter().chain(warnings).for_each(|note| {
        page.may(&problem(note));
    });
    if page.left_out > 0 {
        let more = count(page.left_out, "message does", "messages do");
        page.must(&format!("\n{more} not fit here: `aipress check` shows all.\n"));
    }
    page.out
}

fn problem(note: &Note) -> String {
    let level = if note.is_error { "error" } else { "warning" };
    let place = note.place.as_ref().map(|(path, line, _)| format!(", {}", code(&format!("{path}:{line}"))));
    let help = if note.help.is_empty() { String::new() } else { format!("  - {}\n", prose(&note.help)) };
    format!("- **{level}** {}: {}{}\n{help}", code(&note.code), prose(&note.title), place.unwrap_or_default())
}

/// Verdict, the four answers.
fn head(plan: &Plan) -> String {
    let (word, sentence) = words::verdict(plan);
    let sign = match plan.summary.verdict {
        Verdict::Nothing | Verdict::Safe => "✅",
        Verdict::Review => "⚠️",
        Verdict::Refused => "⛔",
    };
    let mut out = format!("### {sign} {word}: plan from {} to {}\n\n{sentence}", code(&plan.base), code(&plan.head));
    if let Some(needs) = plan.summary.gate.words() {
        out += &format!(" It needs {needs}.");
    }
    out += &format!("\n\n| | |\n| --- | --- |\n| changes | {} |\n", plan.summary.headline);
    if let Some(cost) = words::cost(plan) {
        out += &format!("| cost | {cost} |\n");
    }
    if !plan.summary.resources.is_empty() {
        out += &format!("| resources | {} |\n", words::all_resources(plan));
    }
    out
}

/// What is written so far, counted in characters.
#[derive(Default)]
struct Page {
    out: String,
    length: usize,
    left_out: usize,
}

impl Page {
    fn must(&mut self, part: &str) {
        self.length += part.chars().count();
        self.out.push_str(part);
    }

    /// Adds a part if it fits, and says whether it did.
    fn may(&mut self, part: &str) -> bool {
        let fits = self.length + part.chars().count() + TAIL <= LIMIT;
        if fits {
            self.must(part);
        } else {
            self.left_out += 1;
        }
        fits
    }

    /// What destroys: every row; while half of the room lasts, with the addresses of what goes and holds no data.
    fn danger(&mut self, groups: &[&Group<'_>]) {
        let short: Vec<String> = groups.iter().map(|group| entry(group, 0)).collect();
        let length: usize = short.iter().map(|entry| entry.chars().count()).sum();
        let mut room = (LIMIT / 2).saturating_sub(self.length + length);
        for (group, short) in groups.iter().zip(short) {
            let whole = entry(group, ADDRESSES);
            let more = whole.chars().count().saturating_sub(short.chars().count());
            if more <= room {
                room -= more;
                self.must(&whole);
            } else {
                self.left_out += 1;
                self.must(&short);
            }
        }
    }

    /// What users notice, in the first half of the room; returns what is left for the table, gravest first.
    fn noticed<'a>(&mut self, mut groups: Vec<&'a Group<'a>>) -> Vec<&'a Group<'a>> {
        groups.sort_by_key(|group| std::cmp::Reverse(group.row.class));
        let mut open = false;
        groups.retain(|group| {
            let entry = entry(group, ADDRESSES);
            let fits = self.length + entry.chars().count() <= LIMIT / 2;
            if fits && !open {
                self.must("\n#### What to read before you approve\n\n");
                open = true;
            }
            if fits {
                self.must(&entry);
            }
            !fits
        });
        groups
    }

    /// The classes of rows that harm nothing, worst first.
    fn table(&mut self, plan: &Plan, groups: &[&Group<'_>], title: &str) {
        if !groups.is_empty() {
            self.may(&format!("\n#### {title}\n\n"));
            let head = "| class | what | how many | which |\n| --- | --- | ---: | --- |\n";
            let mut open = self.may(head);
            for group in groups {
                let row = group.row;
                let home = words::homes(row).map(|home| format!(": {}", cell(&home))).unwrap_or_default();
                let line = format!(
                    "| {} | {} {}{home} | {} | {} |\n",
                    row.class.sign(),
                    row.thing.word(),
                    words::action(row.action),
                    thousands(group.class.count),
                    words::names(&group.class.names, 3, cell)
                );
                // A table does not go on after a row that was left out.
                open = open && self.may(&line);
                if !open {
                    self.left_out += 1;
                }
            }
        }
        for fan in plan.fan_outs.iter().filter(|fan| fan.changed > 0) {
            self.may(&format!("\n{}.\n", words::fan_out(fan, code)));
        }
    }

    /// The details of rows that harm nothing, folded.
    fn rows(&mut self, groups: &[&Group<'_>]) {
        let detailed = groups.iter().filter(|group| !group.row.fields.is_empty() || !group.row.resources.is_empty());
        let mut parts: Vec<String> = detailed.map(|group| entry(group, ADDRESSES)).collect();
        if parts.is_empty() {
            return;
        }
        let (open, close) = ("\n<details><summary>Fields and resources</summary>\n\n", "\n</details>\n");
        let room = LIMIT.saturating_sub(self.length + TAIL + open.len() + close.len());
        let mut length = 0;
        let all = parts.len();
        parts.retain(|part| {
            let fits = length + part.chars().count() <= room;
            length += if fits { part.chars().count() } else { 0 };
            fits
        });
        self.left_out += all - parts.len();
        if !parts.is_empty() {
            self.may(&format!("{open}{}{close}", parts.concat()));
        }
    }

    /// Guards that let it pass, and what could not be checked.
    fn others(&mut self, plan: &Plan) {
        let passed: Vec<String> = plan.guards.iter().filter(|finding| !finding.refuses()).map(guard).collect();
        if !passed.is_empty() {
            self.may(&format!("\n#### Warnings and acknowledgements\n\n{}", passed.concat()));
        }
        for unchecked in &plan.unchecked {
            self.may(&format!("\nNot checked: {}: {}\n", prose(&unchecked.what), prose(&unchecked.why)));
        }
    }

    fn files(&mut self, plan: &Plan) {
        if plan.files.is_empty() {
            return;
        }
        let mut list = format!("\n<details><summary>{}</summary>\n\n", words::files(&plan.files));
        let lines = files::lines(&plan.files);
        for line in lines.iter().take(FILES) {
            list.push_str(&format!("- {} {}{}\n", words::action(line.action), code(&line.path), line.several()));
        }
        let rest: usize = lines.iter().skip(FILES).map(|line| line.count).sum();
        if rest > 0 {
            list.push_str(&format!("- and {} more\n", thousands(rest)));
        }
        list.push_str("\n</details>\n");
        self.may(&list);
        for diff in plan.files.iter().filter_map(|file| file.diff.as_ref()) {
            let body: Vec<String> = diff.lines().map(|line| safe(&line.replace('\t', "    "))).collect();
            let body = body.join("\n");
            let fence = "`".repeat(longest_run(&body).max(2) + 1);
            self.may(&format!("\n{fence}diff\n{body}\n{fence}\n"));
        }
    }

    fn end(mut self, plan: &Plan) -> String {
        if self.left_out > 0 {
            let parts = count(self.left_out, "part does", "parts do");
            self.out +=
                &format!("\n{parts} not fit here: `aipress plan` shows all. No row that destroys was left out.\n");
        }
        if !plan.summary.next.is_empty() {
            self.out += &format!("\n**Next:** {}\n", plan.summary.next);
        }
        self.out += &format!("\nPlan digest `{}`, compiler {}.\n", plan.digest, plan.compiler);
        self.out
    }
}

fn guard(finding: &Finding) -> String {
    let level = finding.word();
    let place = finding.place.as_ref().map(|place| format!(", {}", code(&format!("{}:{}", place.path, place.line))));
    let mut out = format!(
        "- **{level}** {} {} on {}: {}{}\n",
        code(&finding.code),
        code(&finding.guard),
        code(&finding.scope),
        prose(&finding.title),
        place.unwrap_or_default()
    );
    match &finding.acknowledged {
        Some(leave) => {
            let (author, reason) = (code(&leave.author), prose(&leave.reason));
            out += &format!("  - let pass by {author} until {}: {reason}\n", code(&leave.expires));
        }
        None => out += &format!("  - {}\n", prose(&finding.help)),
    }
    out
}

/// A row with everything that is known of it; `addresses` of what goes and holds no data.
fn entry(group: &Group<'_>, addresses: usize) -> String {
    let row: &Row = group.row;
    let names = words::names(&group.class.names, if group.is_destructive() { usize::MAX } else { NAMES }, code);
    let home = words::homes(row).map(|home| format!(": {}", code(&home))).unwrap_or_default();
    let class = words::class(row).map(|class| format!(" ({class})")).unwrap_or_default();
    let mut out = format!("- **{}** {names}{home}{class}\n", words::action(row.action));
    if !row.downtime.is_empty() {
        out += &format!("  - {}\n", prose(&row.downtime));
    }
    if let Some(needs) = row.gate.words() {
        out += &format!("  - needs {needs}\n");
    }
    row.fields.iter().for_each(|field| out += &format!("  - {}\n", line(field)));
    let gone = words::gone(row, addresses);
    for lost in &gone.lost {
        out += &format!("  - **{}** {} in {}\n", words::resource(lost.action), code(&lost.address), code(&lost.stack));
    }
    for other in &gone.others {
        out += &format!("  - {} {} in {}\n", words::resource(other.action), code(&other.address), code(&other.stack));
    }
    if let Some(more) = gone.more().filter(|_| addresses > 0) {
        out += &format!("  - {more}\n");
    }
    let of = group.class.count;
    if let Some(others) = words::as_much(of).filter(|_| !gone.is_empty()) {
        out += &format!("  - {others}\n");
    }
    if let Some(resources) = words::resources(row, of) {
        out += &format!("  - resources: {resources}\n");
    }
    if !row.causes.is_empty() {
        let causes: Vec<String> = row.causes.iter().map(|cause| code(&words::cause(cause))).collect();
        out += &format!("  - because of {}\n", causes.join(", "));
    }
    out
}

fn line(field: &FieldChange) -> String {
    let value = |text: &str| code(&short(text, VALUE));
    let step = words::step(field, code).unwrap_or_default();
    let values = match (&field.old, &field.new) {
        (Some(old), Some(new)) => format!("{} → {}", value(old), value(new)),
        (None, Some(one)) | (Some(one), None) => format!("{} {step}", value(one)),
        (None, None) => String::new(),
    };
    let place = words::place(field).map(|place| format!(", {}", code(&place))).unwrap_or_default();
    format!("{}: {values}{place}", code(&field.path))
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

/// A sentence of the compiler's with its code spans, if that is all that it is; what could be anything else in Markdown
/// (a link, a mention, an element) makes the whole of it one code span.
fn prose(text: &str) -> String {
    let is_plain = |part: &str| {
        part.chars().all(|c| c.is_ascii_alphanumeric() || " ,;%()'-.:".contains(c))
            // Addresses, issues, emoji and lists need one of these.
            && !part.as_bytes().windows(3).any(|three| match three {
                [_, b':' | b'.', next] | [b':' | b'.', next, _] => *next != b' ',
                [before, b'-', b'0'..=b'9'] => before.is_ascii_alphabetic(),
                [b'-', b'-', _] | [_, b'-', b'-'] => true,
                _ => false,
            })
    };
    let parts: Vec<&str> = text.split('`').collect();
    let (words, names): (Vec<_>, Vec<_>) = parts.iter().enumerate().partition(|(at, _)| at % 2 == 0);
    let is_sentence = parts.len() % 2 == 1
        && words.iter().all(|(_, part)| is_plain(part))
        && names.iter().all(|(_, name)| !name.trim().is_empty())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '`')
        && !text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')']);
    if !is_sentence {
        return code(text);
    }
    let part = |(at, part): (usize, &&str)| if at % 2 == 0 { (*part).to_owned() } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

/// A code span in a table: a bar would end the cell even there.
fn cell(text: &str) -> String {
    code(&text.replace('|', "¦"))
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Action;
    use super::super::tests::{example, gone, home, plan, site};
    use super::*;

    #[test]
    fn a_name_cannot_end_its_code_span_or_its_cell() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`@all`"), "`` `@all` ``");
        assert_eq!(code("<img>\n# x"), "`<img>?# x`");
        assert_eq!(cell("a|b"), "`a¦b`");
    }

    #[test]
    fn a_sentence_is_shown_as_one_and_what_could_be_more_is_one_code_span() {
        assert_eq!(prose("2 of `a` go until 2026-11-29"), "2 of `a` go until 2026-11-29");
        assert_eq!(prose("the site is read-only: 5 %."), "the site is read-only: 5 %.");
        for text in [
            "a @all",
            "see www.example.org",
            "http://x",
            "# x",
            "- x",
            "1. x",
            "<b>",
            "a ` b",
            "[a](b)",
            "x :tada: y",
            "GH-12",
            "--- x",
        ] {
            assert!(prose(text).starts_with('`'), "{text}");
        }
        assert_eq!(prose("was `@all` there"), "was `@all` there");
    }

    #[test]
    fn errors_of_a_fleet_are_a_short_comment_with_the_errors_first() {
        let note = |is_error, title: &str| Note {
            is_error,
            code: "AIP0101".into(),
            title: title.into(),
            help: "do it.".into(),
            place: Some(("tenants/a.yaml".into(), 7, 3)),
        };
        let page = markdown_notes("no plan", &[note(false, "odd `x`"), note(true, "unknown @all")]);
        let expected = "### ⛔ no plan\n\n- **error** `AIP0101`: `unknown @all`, `tenants/a.yaml:7`\n  - do it.\n\
                        - **warning** `AIP0101`: odd `x`, `tenants/a.yaml:7`\n  - do it.\n";
        assert_eq!(page, expected);
        let many: Vec<Note> = (0..5_000).map(|_| note(true, "unknown field")).collect();
        let page = markdown_notes("no plan", &many);
        assert!(page.chars().count() <= LIMIT && page.contains("messages do not fit here"), "{page:.80}");
    }

    #[test]
    fn sites_that_come_to_several_homes_are_not_said_to_come_to_one() {
        let come = |name: &str, shard: &str| site(name, Action::Create, None, home(shard));
        let page = markdown(&plan(vec![come("a", "s1"), come("b", "s1"), come("c", "s2")])).unwrap();
        assert!(page.contains("site added: `on s1 / e1` | 2 | `a` and `b` |"), "{page}");
        assert!(page.contains("site added: `on s2 / e1` | 1 | `c` |"), "{page}");
    }

    #[test]
    fn what_destroys_comes_before_everything_and_the_digest_is_last() {
        let plan = example();
        let page = markdown(&plan).unwrap();
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no `{text}` in {page}"));
        assert!(at("**removed** `old`") < at("**moved** `shop`"));
        assert!(at("**moved** `shop`") < at("| 1 | site changed | 2 | `blog` and `cafe` |"));
        assert!(page.trim_end().ends_with(&format!("Plan digest `{}`, compiler {}.", plan.digest, plan.compiler)));
    }

    #[test]
    fn a_large_plan_fits_and_keeps_what_destroys() {
        let rows = (0..50_000)
            .map(|n| site(&format!("site-{n}"), Action::Create, None, home(&format!("shard-{n}"))))
            .chain([site("gone", Action::Remove, home("s"), None)]);
        let page = markdown(&plan(rows.collect())).unwrap();
        assert!(page.chars().count() <= LIMIT);
        assert!(page.contains("**removed** `gone`"));
    }

    #[test]
    fn addresses_without_data_give_way_by_whole_rows_and_no_row_that_destroys_does() {
        let row = |n: usize| {
            let address = |m: usize| format!("module.site_{n}.service.{}{m}", "x".repeat(100));
            let mut resources: Vec<_> = (0..4).map(|m| gone(&address(m), false)).collect();
            resources.push(gone(&format!("module.site_{n}.bucket.media"), true));
            Row { resources, ..site(&format!("site-{n}"), Action::Remove, home(&format!("shard-{n}")), None) }
        };
        let page = markdown(&plan((0..120).map(row).collect())).unwrap();
        assert!(page.chars().count() <= LIMIT, "{}", page.chars().count());
        let named = |n: usize| page.matches(&format!("module.site_{n}.service.")).count();
        assert!((0..120).all(|n| page.contains(&format!("`module.site_{n}.bucket.media`"))));
        let whole = (0..120).filter(|n| named(*n) == 4).count();
        assert!(whole > 0 && (0..120).all(|n| named(n) == 4 || named(n) == 0), "{whole}");
        assert!(page.contains("parts do not fit here"), "{page:.200}");
    }

    #[test]
    fn rows_that_destroy_and_do_not_fit_are_no_comment() {
        let rows = (0..5_000).map(|n| site(&format!("site-number-{n}"), Action::Remove, home("s"), None));
        let refused = markdown(&plan(rows.collect())).unwrap_err();
        assert!(refused.characters > LIMIT && refused.rows == 1, "{refused:?}");
    }
}
