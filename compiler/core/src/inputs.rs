//! What a stack is made from, held against what it is made from in another fleet.
//!
//! Input: two compilations. Output: whether a stack has the same inputs in both. If it has, it renders to the same bytes,
//! so whoever compares the two need not render it. The reverse does not hold: other inputs may give the same bytes.

use crate::Stack;
use crate::check::fleet::SiteFacts;
use crate::compile::Compilation;
use crate::render::PROVIDER_LOCK;

/// Two fleets whose stacks are compared by what they are made from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    sides: [&'a Compilation; 2],
    /// Whether all that every stack is made from is the same: platform, blueprints, checksums of providers.
    everywhere: bool,
}

impl<'a> Inputs<'a> {
    /// Compares what belongs to every stack.
    #[must_use]
    pub fn of(old: &'a Compilation, new: &'a Compilation) -> Self {
        let sides = [old, new];
        let [a, b] = sides.map(|side| &side.fleet().platform.node);
        let everywhere = a.says_the_same(b)
            && old.blueprint_digests() == new.blueprint_digests()
            && text(old, PROVIDER_LOCK) == text(new, PROVIDER_LOCK);
        Self { sides, everywhere }
    }

    /// Whether a stack is made from the same in both fleets. Stacks that are made from the whole fleet, of which there is
    /// one each, are not looked into: `false`.
    #[must_use]
    pub fn are_same(&self, stack: &Stack) -> bool {
        self.everywhere
            && match stack {
                Stack::Shard(name) => self.shard(name),
                Stack::Edge(name) => self.edge(name),
                Stack::Bootstrap | Stack::Platform | Stack::Common => false,
            }
    }

    fn shard(&self, name: &str) -> bool {
        let [old, new] = self.sides.map(|side| {
            let numbering = side.context().numbering;
            let shard = side.fleet().shards.get(name)?;
            let replicas = shard.spec.database.replicas.iter();
            let replicas: Vec<_> =
                replicas.map(|it| numbering.replica(&it.region.value, name, &it.name.value)).collect();
            Some((&shard.node, (numbering.numbers.get(name), replicas)))
        });
        let (Some((old, old_number)), Some((new, new_number))) = (old, new) else { return false };
        old.says_the_same(new)
            && old_number == new_number
            && self.closed(name)
            && self.sites(self.sides.map(|side| side.context().sites_on(name)))
    }

    /// Whether the same environments have left a database there.
    fn closed(&self, shard: &str) -> bool {
        let [old, new] = self.sides.map(|side| side.placement().closed.iter().filter(|closed| closed.shard == shard));
        old.eq(new)
    }

    fn edge(&self, name: &str) -> bool {
        self.sites(self.sides.map(|side| side.context().sites_behind(name)))
    }

    fn sites(&self, [old, new]: [Vec<&SiteFacts>; 2]) -> bool {
        old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.site(old, new))
    }

    /// Whether a site has the same document and the same home, and its home the same project.
    fn site(&self, old: &SiteFacts, new: &SiteFacts) -> bool {
        let of = |side: &'a Compilation, site: &SiteFacts| {
            let entry = side.fleet().tenants.get(site.tenant)?;
            let home = side.placement().get(&site.id.to_string())?;
            let project = side.context().shard_project(side.fleet().shards.get(&home.shard)?);
            let text: &'a str = &side.sources().get(entry.source)?.text;
            Some(((entry.index, text), (home.shard.as_str(), home.edge.as_str(), home.generation), project))
        };
        let (a, b) = (of(self.sides[0], old), of(self.sides[1], new));
        old.id == new.id && a.is_some() && a == b
    }
}

fn text<'a>(of: &'a Compilation, path: &str) -> Option<&'a str> {
    Some(&of.sources().get(of.sources().find(path)?)?.text)
}
