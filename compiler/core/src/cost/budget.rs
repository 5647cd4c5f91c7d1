//! Budgets below what a site costs before anybody visits it (formerly rule 0077).

use std::collections::BTreeSet;

use super::{Money, Prices, floor};
use crate::check::fleet::Fleet;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::place::Placement;
use crate::source::Span;

const LOW_BUDGET: Code = Code(424);

/// Warns of each budget that instances which always run use up alone. One place in a file is one warning, however many
/// sites have the budget from there.
#[must_use]
pub fn check(fleet: &Fleet, placement: &Placement) -> Diagnostics {
    let prices = Prices::of(fleet);
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    let mut found = Diagnostics::new();
    for site in &fleet.sites {
        // Where nobody says one it is the tier's price: what that earns is the platform's to know (`aipress cost`).
        let of_tier = fleet.platform.tier(&site.tier.value).map(|tier| tier.price.span);
        let Some(budget) = site.budget.as_ref().filter(|budget| Some(budget.span) != of_tier) else { continue };
        let Some(least) = floor(fleet, placement, &prices, site) else { continue };
        let monthly = Money(budget.value.millionths());
        if least <= monthly || !seen.insert(budget.span) {
            continue;
        }
        let (instances, currency) = (site.size.min_instances, &prices.currency);
        let title = format!("a budget of {monthly} {currency} is below what `{}` costs without a visitor", site.id);
        let label = format!("{instances} that always run cost {least} a month");
        let help = "raise `budget.monthly`, or lower `runtime.scaling.min` or `runtime.resources`.";
        found.push(Diagnostic::warning(LOW_BUDGET, title, budget.span, label).help(help));
    }
    found
}
