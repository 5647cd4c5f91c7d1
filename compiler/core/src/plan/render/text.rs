//! A plan for the terminal: a tree of what happens, worst first, between a verdict and what to do next.

use super::super::model::{FieldChange, Finding, Verdict};
use super::super::{Plan, Row};
use super::words::{self, SECTIONS};
use super::{Group, files, groups, safe, short};
use crate::diag::thousands;

/// Names that a row of several things shows.
const NAMES: usize = 8;
/// Output files that are named one by one.
const FILES: usize = 60;

/// How a plan is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// The columns of the terminal; without one no line is cut.
    pub width: Option<usize>,
    /// Whether escape sequences may be written.
    pub colour: bool,
}

/// What a piece of text means; colour only repeats what words and signs say.
#[derive(Clone, Copy)]
enum Tone {
    Title,
    Good,
    Care,
    Bad,
    Faint,
}

impl Style {
    fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Title => "1",
            Tone::Good => "32",
            Tone::Care => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Writes a plan as lines; signs at their beginning say what happens, words say it again.
#[must_use]
pub fn text(plan: &Plan, style: &Style) -> String {
    let mut page = Page { out: String::new(), style: *style };
    page.line(0, Tone::Title, &format!("Plan from {} to {}", plan.base, plan.head));
    page.verdict(plan);
    page.guards(plan);
    let groups = groups(plan);
    for (thing, title) in SECTIONS {
        let mut own = groups.iter().filter(|group| group.class.thing == thing).peekable();
        if own.peek().is_some() {
            page.heading(title);
            own.for_each(|group| page.group(group));
        }
    }
    page.fan_outs(plan);
    page.files(plan);
    page.end(plan);
    page.out
}

struct Page {
    out: String,
    style: Style,
}

impl Page {
    /// Writes a line, cut at the terminal's width.
    fn line(&mut self, indent: usize, tone: Tone, text: &str) {
        self.plain(indent, text, |style, text| style.paint(tone, text));
    }

    fn plain(&mut self, indent: usize, text: &str, paint: impl Fn(Style, &str) -> String) {
        let room = self.style.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(20));
        let text = short(text, room);
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(&paint(self.style, &text));
        self.out.push('\n');
    }

    fn heading(&mut self, title: &str) {
        self.out.push('\n');
        self.line(0, Tone::Title, title);
    }

    fn verdict(&mut self, plan: &Plan) {
        let (word, sentence) = words::verdict(plan);
        let tone = match plan.summary.verdict {
            Verdict::Nothing | Verdict::Safe => Tone::Good,
            Verdict::Review => Tone::Care,
            Verdict::Refused => Tone::Bad,
        };
        self.line(0, tone, &format!("{word}. {sentence}"));
        if let Some(needs) = plan.summary.gate.words() {
            self.line(0, Tone::Care, &format!("Needs {needs}."));
        }
        if let Some(cost) = words::cost(plan) {
            self.line(0, Tone::Faint, &format!("Cost: {cost}."));
        }
    }

    fn guards(&mut self, plan: &Plan) {
        if plan.guards.is_empty() {
            return;
        }
        self.heading("Guards");
        for finding in &plan.guards {
            let tone = if finding.refuses() { Tone::Bad } else { Tone::Care };
            self.line(2, tone, &guard(finding));
            if let Some(leave) = &finding.acknowledged {
                let until = format!("let pass by {}: {} (until {})", leave.author, leave.reason, leave.expires);
                self.line(6, Tone::Faint, &until);
            } else {
                self.line(6, Tone::Faint, &finding.help);
            }
        }
    }

    fn group(&mut self, group: &Group<'_>) {
        let row = group.row;
        let names = words::names(&group.class.names, NAMES, safe);
        let home = words::homes(row).map(|home| format!(" {home}")).unwrap_or_default();
        let class = words::class(row).map(|class| format!("  [{class}]")).unwrap_or_default();
        let sign = words::sign(row.action);
        let title = format!("{sign} {names} {}{home}{class}", words::action(row.action));
        let tone = if group.is_destructive() { Tone::Bad } else { Tone::Title };
        self.plain(
            2,
            &title,
            |style, text| if group.is_destructive() { style.paint(tone, text) } else { text.to_owned() },
        );
        self.details(row, group.class.count);
        let causes: Vec<String> = row.causes.iter().map(words::cause).collect();
        if !causes.is_empty() {
            self.line(6, Tone::Faint, &format!("because of {}", causes.join(", ")));
        }
    }

    fn details(&mut self, row: &Row, of: usize) {
        if !row.downtime.is_empty() {
            self.line(6, Tone::Care, &row.downtime);
        }
        if let Some(needs) = row.gate.words() {
            self.line(6, Tone::Care, &format!("needs {needs}"));
        }
        for field in &row.fields {
            self.field(field);
        }
        let gone = words::gone(row, words::ADDRESSES);
        for (tone, changes) in [(Tone::Bad, &gone.lost), (Tone::Faint, &gone.others)] {
            for change in changes {
                let verb = words::resource(change.action);
                self.line(6, tone, &format!("{verb} {} in {}", change.address, change.stack));
            }
        }
        if let Some(more) = gone.more() {
            self.line(6, Tone::Faint, &more);
        }
        if let Some(others) = words::as_much(of).filter(|_| !gone.is_empty()) {
            self.line(6, if gone.lost.is_empty() { Tone::Faint } else { Tone::Bad }, &others);
        }
        if let Some(resources) = words::resources(row, of) {
            self.line(6, Tone::Faint, &format!("resources: {resources}"));
        }
    }

    /// A field with its line; on a narrow terminal the values lose their middle, never the place.
    fn field(&mut self, field: &FieldChange) {
        let place = words::place(field).map(|place| format!("  [{place}]")).unwrap_or_default();
        let step = words::step(field, safe).unwrap_or_default();
        let fixed = 6 + field.path.chars().count() + place.chars().count() + 3 + step.chars().count().max(3);
        let room = self.style.width.map_or(usize::MAX, |width| width.saturating_sub(fixed).max(16));
        let (half, short) = (room / 2, |value: &str, most: usize| short(value, most.max(8)));
        let values = match (&field.old, &field.new) {
            (Some(old), Some(new)) => format!("{} -> {}", short(old, half), short(new, half)),
            (None, Some(one)) | (Some(one), None) => format!("{} {step}", short(one, room)),
            (None, None) => String::new(),
        };
        let line = format!("      {}: {values}", safe(&field.path));
        self.out.push_str(&line);
        self.out.push_str(&self.style.paint(Tone::Faint, &safe(&place)));
        self.out.push('\n');
    }

    fn fan_outs(&mut self, plan: &Plan) {
        for fan in &plan.fan_outs {
            if fan.changed == 0 {
                continue;
            }
            self.out.push('\n');
            self.line(0, Tone::Title, &words::fan_out(fan, safe));
        }
    }

    fn files(&mut self, plan: &Plan) {
        if plan.files.is_empty() {
            return;
        }
        self.heading("Output files");
        let lines = files::lines(&plan.files);
        for line in lines.iter().take(FILES) {
            let text = format!("{} {}{}", words::sign(line.action), line.path, line.several());
            self.line(2, Tone::Faint, &text);
        }
        let rest: usize = lines.iter().skip(FILES).map(|line| line.count).sum();
        if rest > 0 {
            self.line(2, Tone::Faint, &format!("and {} more", thousands(rest)));
        }
        for diff in plan.files.iter().filter_map(|file| file.diff.as_ref()) {
            self.out.push('\n');
            let lines = diff.lines().map(|line| safe(&line.replace('\t', "    ")) + "\n");
            self.out.extend(lines);
        }
    }

    fn end(&mut self, plan: &Plan) {
        for unchecked in &plan.unchecked {
            self.out.push('\n');
            self.line(0, Tone::Care, &format!("Not checked: {}: {}", unchecked.what, unchecked.why));
        }
        self.out.push('\n');
        self.line(0, Tone::Title, &plan.summary.headline);
        if !plan.summary.next.is_empty() {
            self.line(0, Tone::Faint, &plan.summary.next);
        }
    }
}

/// A guard in one line.
fn guard(finding: &Finding) -> String {
    let level = finding.word();
    let place = finding.place.as_ref().map(|place| format!("  [{}:{}]", place.path, place.line)).unwrap_or_default();
    format!("{level} {} ({}, {}): {}{place}", finding.code, finding.guard, finding.scope, finding.title)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{example, field, gone, home, plan, site};
    use super::*;
    use crate::plan::Action;

    #[test]
    fn a_plan_reads_from_what_destroys_to_what_is_new() {
        let expected = "\
Plan from main to HEAD
Review. 1 site goes with its data and 1 site moves, read-only during the cutover.

Sites
  - old removed from s2 / e1  [class 5: destroys data or is one-way]
  > shop moved from s1 to s2
  ~ blog and cafe changed
      cache.page.ttl: 5m -> 10m  [tenants/platform.yaml:7, defaults]
  + acme added on s1 / e1

Output files
  ~ terraform/a.tf

1 site added, 2 sites changed, 1 site moved, 1 site removed, 1 output file differs
Read every row of class 3 and above before you approve.
";
        assert_eq!(text(&example(), &Style::default()), expected);
    }

    #[test]
    fn a_row_names_all_data_that_goes_and_the_first_of_the_rest() {
        let mut resources: Vec<_> = (0..6).map(|n| gone(&format!("module.site_a.service.n{n}"), false)).collect();
        resources.push(gone("module.site_a.bucket.media", true));
        let row = Row { resources, ..site("a", Action::Remove, home("s1"), None) };
        let page = text(&plan(vec![row]), &Style::default());
        let lines = "      delete module.site_a.bucket.media in shards/s1
      delete module.site_a.service.n0 in shards/s1
      delete module.site_a.service.n1 in shards/s1
      delete module.site_a.service.n2 in shards/s1
      delete module.site_a.service.n3 in shards/s1
      and 2 more without data
      resources: 7 delete
";
        assert!(page.contains(lines), "{page}");
    }

    #[test]
    fn on_a_narrow_terminal_values_lose_their_middle_and_keep_their_line() {
        let long = "x".repeat(400);
        let row = Row { fields: vec![field(&long, "b")], ..site("a", Action::Update, home("s"), home("s")) };
        let page = text(&plan(vec![row]), &Style { width: Some(80), colour: false });
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        assert!(page.contains("…") && page.contains("[tenants/platform.yaml:7, defaults]"));
    }

    #[test]
    fn colour_adds_nothing_but_escape_sequences() {
        let coloured = text(&example(), &Style { width: None, colour: true });
        let mut bare = String::new();
        let mut parts = coloured.split('\u{1b}');
        bare.push_str(parts.next().unwrap());
        parts.for_each(|part| bare.push_str(part.split_once('m').unwrap().1));
        assert!(coloured.contains("\u{1b}[31m"));
        assert_eq!(bare, text(&example(), &Style::default()));
    }

    #[test]
    fn a_value_cannot_command_the_terminal() {
        let row = site("a\u{1b}[2J\nb", Action::Create, None, home("s1"));
        assert!(text(&plan(vec![row]), &Style::default()).contains("+ a?[2J?b added"));
    }
}
