//! `aipress cost`: what a fleet costs in a month, what a change costs, and what would bring sites below a target.

mod table;

use std::path::Path;

use aipress_core::cost::compare::{Difference, compare};
use aipress_core::cost::group::{By, Row, rows};
use aipress_core::cost::step::{Step, steps};
use aipress_core::cost::target::{Way, ways};
use aipress_core::cost::{Estimate, Levers, Prices, estimate};
use aipress_core::diag::{Code, Diagnostic, count, list};
use aipress_core::place::capacity::{Growth, capacity};
use aipress_core::place::{self, Situation};
use serde::Serialize;

use crate::args::cost::CostArgs;
use crate::args::placement::AnswerFormat;
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::out;
use table::Table;

const UNPRICED: Code = Code(693);

/// The most rows of a comparison that the text shows.
const SHOWN: usize = 40;

/// Runs the command.
///
/// # Errors
/// Errors of the fleet, or of the base.
pub fn run(folder: &Path, args: &CostArgs) -> Result<Exit, Failure> {
    let mut options = fleet::options(&args.input);
    let head = fleet::load_revision(folder, args.input.rev.as_deref(), &options)?;
    let bill = Costed::of(&head, args.by.into());
    out::report(&head.sources, head.compilation.warnings().clone());
    bill.complain();
    options.locked = false;
    let text = match (&args.base, args.target) {
        (Some(base), _) => {
            let base = fleet::load_revision(folder, Some(base), &options)?;
            let before = Costed::of(&base, args.by.into());
            bill.difference(&before, args.format)
        }
        (None, Some(_)) if !bill.estimate.missing.is_empty() => return Err(bill.unpriced().into()),
        (None, Some(target)) => {
            let context = head.compilation.context();
            let found = ways(context.fleet, context.placement, &bill.prices, target);
            match args.format {
                AnswerFormat::Text => table::ways(&found, target, &bill.estimate.currency),
                AnswerFormat::Json => bill.json(Some(&found), None),
            }
        }
        (None, None) => match args.format {
            AnswerFormat::Text => bill.text(&steps_of(&head, &bill.prices)),
            AnswerFormat::Json => bill.json(None, Some(&steps_of(&head, &bill.prices))),
        },
    };
    out::result(&text);
    Ok(Exit::Fine)
}

/// What the next shard of each region costs.
fn steps_of(head: &Fleet, prices: &Prices) -> Vec<Step> {
    let context = head.compilation.context();
    let (sites, shards, edges) = (
        place::fleet::requests(context.fleet),
        place::fleet::shard_rooms(context.fleet),
        place::fleet::edge_rooms(context.fleet),
    );
    let (lock, _) = place::Lock::read(&head.sources);
    let policy = place::fleet::policy(context.fleet, false);
    let situation = Situation { sites: &sites, shards: &shards, edges: &edges, lock: &lock, policy: &policy };
    steps(context.fleet, context.placement, prices, &capacity(&situation, &Growth::default()))
}

/// An estimate with its rows.
struct Costed {
    prices: Prices,
    estimate: Estimate,
    by: By,
    rows: Vec<Row>,
    sum: Row,
}

/// The answer for programs; `formatVersion` rises when a field changes its meaning.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    format_version: u32,
    currency: &'a str,
    by: By,
    rows: &'a [Row],
    sum: &'a Row,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<&'a [Step]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a [Way]>,
    prices: Vec<&'a aipress_core::cost::Price>,
    assumptions: &'a [aipress_core::cost::Assumption],
    without_price: Vec<&'a str>,
}

impl Costed {
    fn of(fleet: &Fleet, by: By) -> Self {
        let context = fleet.compilation.context();
        let prices = Prices::of(context.fleet);
        let estimate = estimate(context.fleet, context.placement, &prices, &Levers::default());
        let (rows, sum) = rows(context.fleet, context.placement, &estimate, by);
        Self { prices, estimate, by, rows, sum }
    }

    /// Says what is in no sum.
    fn complain(&self) {
        if !self.estimate.missing.is_empty() {
            let items = list(self.estimate.missing.iter().map(String::as_str), "and", 8);
            out::say(&format!("no usable price in {} for {items}: they are in no sum", self.estimate.currency));
        }
    }

    /// Why nothing can be said of a target: sums without some prices lie below every amount.
    fn unpriced(&self) -> Diagnostic {
        let items = list(self.estimate.missing.iter().map(String::as_str), "and", 8);
        let currency = &self.estimate.currency;
        let title = format!("no usable price in {currency} for {items}: no sum can be held against a target");
        Diagnostic::error_without_place(UNPRICED, title)
            .help(format!("give them in a PriceList in {currency}; the prices that come with the compiler are in USD."))
    }

    /// How sure the sums are.
    fn remark(&self) -> String {
        let used: std::collections::BTreeSet<(&str, bool)> = self
            .estimate
            .shards
            .values()
            .chain(self.estimate.edges.values())
            .chain([&self.estimate.platform])
            .flat_map(|part| part.lines.iter().map(|line| (line.item.as_str(), line.confirmed)))
            .collect();
        let unsure = used.iter().filter(|(_, confirmed)| !confirmed).count();
        let prices = count(used.len(), "price", "prices");
        let sure = match used.len() {
            0 => String::new(),
            _ => format!(" {unsure} of the {prices} of shared things are not confirmed, and"),
        };
        format!(
            "A month of {} hours;{sure} visits are assumed.\n\
             `--format json` has all prices and assumptions; a PriceList document replaces any of them.\n",
            self.prices.assumed("hours-per-month")
        )
    }

    fn text(&self, steps: &[Step]) -> String {
        let mut table = Table::new(&[self.by.noun(), "sites", "own", "shard", "edge", "platform", "total"]);
        // A margin over sums that lack prices would be a gain that nobody makes.
        let with_price = self.by != By::Shard && self.estimate.missing.is_empty();
        if with_price {
            table.head(&["price", "margin"]);
        }
        for row in self.rows.iter().chain([&self.sum]) {
            let mut cells = vec![row.name.clone(), row.sites.to_string()];
            let shard = row.shard + row.idle;
            cells.extend([row.own, shard, row.edge, row.platform, row.total].map(|amount| amount.to_string()));
            if with_price {
                cells.extend([row.price, row.margin].map(|amount| amount.to_string()));
            }
            table.row(cells);
        }
        let mut text = format!("{} per month\n\n{}", self.estimate.currency, table.text());
        let idle: Vec<String> = self
            .estimate
            .shards
            .iter()
            .filter(|(_, part)| part.idle.0 > 0)
            .map(|(name, part)| format!("{name} {}", part.idle))
            .collect();
        if !idle.is_empty() {
            text += &format!("\nShards that no site pays for: {}.\n", idle.join(", "));
        }
        for step in steps {
            let more = count(step.room, "more site", "more sites");
            text += &format!(
                "\n{}: after {more} a shard like {} opens, {} per month before its first site.",
                step.region, step.like, step.cost
            );
        }
        text += if steps.is_empty() { "\n" } else { "\n\n" };
        if !self.estimate.missing.is_empty() {
            let items = count(self.estimate.missing.len(), "thing has", "things have");
            text += &format!("{items} no usable price in {}: every sum is too low.\n", self.estimate.currency);
        }
        text + &self.remark()
    }

    fn difference(&self, before: &Self, format: AnswerFormat) -> String {
        let (found, equal) = compare(&before.rows, &self.rows);
        let sum = Difference::new("all", before.sum.total, self.sum.total);
        if format == AnswerFormat::Json {
            #[derive(Serialize)]
            #[serde(rename_all = "camelCase")]
            struct Changes<'a> {
                format_version: u32,
                currency: &'a str,
                by: By,
                rows: &'a [Difference],
                equal: usize,
                sum: &'a Difference,
            }
            let (currency, by) = (self.estimate.currency.as_str(), self.by);
            return json(&Changes { format_version: 1, currency, by, rows: &found, equal, sum: &sum });
        }
        let mut table = Table::new(&[self.by.noun(), "previous", "new", "difference"]);
        for row in found.iter().take(SHOWN).chain([&sum]) {
            table.row(vec![row.name.clone(), row.previous.to_string(), row.new.to_string(), row.difference.signed()]);
        }
        let mut text = format!("{} per month\n\n{}", self.estimate.currency, table.text());
        if found.len() > SHOWN {
            text += &format!("and {} with smaller differences\n", count(found.len() - SHOWN, "row", "rows"));
        }
        if equal > 0 {
            text += &format!("{} as before\n", count(equal, "row costs", "rows cost"));
        }
        text
    }

    fn json(&self, target: Option<&[Way]>, steps: Option<&[Step]>) -> String {
        json(&Document {
            format_version: 1,
            currency: &self.estimate.currency,
            by: self.by,
            rows: &self.rows,
            sum: &self.sum,
            steps,
            target,
            prices: self.prices.iter().collect(),
            assumptions: self.prices.assumptions(),
            without_price: self.estimate.missing.iter().map(String::as_str).collect(),
        })
    }
}

fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).map(|text| text + "\n").unwrap_or_default()
}
