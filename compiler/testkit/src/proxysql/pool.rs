//! Connections to the servers: a pool for each server of each hostgroup, shared by all users.
//!
//! Copies: limits are `mysql_servers.max_connections` of the row and count free connections too; a free connection of the
//! same user comes first, then a new one while few are kept (`free_connections_pct`), then another user's by
//! `COM_CHANGE_USER`; a hostgroup without a usable server makes the query wait `connect_timeout_server_max` and fail with
//! 9001 [run]; servers are chosen by weight; one that cannot be reached five times is left for ten seconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use aipress_provision::session::SqlError;

use super::Mood;
use super::backend::{Backend, Place, Who};

/// A row of `runtime_mysql_servers` as far as it is followed here.
#[derive(Debug, Clone)]
pub struct Server {
    /// The hostgroup.
    pub hostgroup: i64,
    /// Where it is.
    pub place: Place,
    /// Connections to it in this hostgroup.
    pub most: usize,
    /// Its share.
    pub weight: u64,
}

/// What `stats_mysql_connection_pool` shows of one pool.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Connections at work.
    pub used: usize,
    /// Idle ones.
    pub free: usize,
    /// Logins that succeeded, and that failed.
    pub connects: (usize, usize),
    /// The most that were at work at a time.
    pub most_used: usize,
    /// Queries.
    pub queries: usize,
}

/// By hostgroup, host and port.
type Key = (i64, String, u16);

#[derive(Default)]
struct One {
    free: Vec<Backend>,
    counts: Counts,
    failures: u32,
    left_until: Option<Instant>,
}

#[derive(Default)]
struct Inner {
    pools: BTreeMap<Key, One>,
    waiting: BTreeMap<i64, Arc<Condvar>>,
    random: u64,
}

/// All pools.
#[derive(Default)]
pub struct Pools(Mutex<Inner>);

/// What a client asks of the pools.
pub struct Wish<'a> {
    /// Who it is.
    pub who: &'a Who,
    /// `connect_timeout_server` and `connect_timeout_server_max`.
    pub patience: (Duration, Duration),
    /// `free_connections_pct`.
    pub kept: usize,
    /// What is wrong with the stand-in.
    pub mood: Mood,
}

/// A connection that was taken, with the pool it belongs to.
pub struct Taken {
    /// The connection.
    pub backend: Backend,
    key: Key,
}

enum Find {
    Ready(Box<Backend>),
    Change(Box<Backend>),
    Open,
}

impl Pools {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection of a hostgroup, whose servers are read anew each time one is looked for.
    ///
    /// # Errors
    /// What the server says of the login; 9001 when no server could be used in time.
    pub fn take(&self, wish: &Wish<'_>, hostgroup: i64, servers: impl Fn() -> Vec<Server>) -> Result<Taken, SqlError> {
        let (connect, most) = wish.patience;
        let deadline = Instant::now() + most;
        loop {
            let online = servers();
            let Some((server, found)) = self.find(wish, hostgroup, &online, deadline) else {
                if Instant::now() < deadline {
                    continue;
                }
                let text = format!(
                    "Max connect timeout reached while reaching hostgroup {hostgroup} after {}ms",
                    most.as_millis()
                );
                return Err(SqlError::Refused(9001, text));
            };
            let key = (hostgroup, server.place.host.clone(), server.place.port);
            let is_new = matches!(found, Find::Open);
            let made = match found {
                Find::Ready(backend) => Ok(*backend),
                Find::Change(mut backend) => backend.change(wish.who.clone()).map(|()| *backend),
                Find::Open => Backend::open(&server.place, wish.who.clone(), connect),
            };
            match made {
                Ok(backend) => {
                    let mut inner = self.lock();
                    let one = inner.pools.entry(key.clone()).or_default();
                    one.failures = 0;
                    one.counts.connects.0 += usize::from(is_new);
                    return Ok(Taken { backend, key });
                }
                Err(error) => {
                    self.failed(&key, is_new);
                    if matches!(error, SqlError::Refused(..)) {
                        return Err(error);
                    }
                    sleep(Duration::from_millis(10));
                }
            }
        }
    }

    /// Chooses a server with room and what to do there; none after a while without one.
    fn find<'a>(
        &self,
        wish: &Wish<'_>,
        hostgroup: i64,
        online: &'a [Server],
        deadline: Instant,
    ) -> Option<(&'a Server, Find)> {
        let mut inner = self.lock();
        let now = Instant::now();
        let limit = |server: &Server| if wish.mood == Mood::IgnoresLimit { usize::MAX } else { server.most };
        let usable = |server: &&Server| {
            let one = inner.pools.get(&key(server));
            let used = one.map_or(0, |one| one.counts.used);
            used < limit(server) && one.and_then(|one| one.left_until).is_none_or(|until| until < now)
        };
        let usable: Vec<&Server> = online.iter().filter(usable).collect();
        let all: u64 = usable.iter().map(|server| server.weight).sum();
        if all == 0 {
            let signal = Arc::clone(inner.waiting.entry(hostgroup).or_default());
            let wait = deadline.saturating_duration_since(now).min(Duration::from_millis(200));
            drop(signal.wait_timeout(inner, wait));
            return None;
        }
        // A sequence of numbers that looks like chance, and is the same in each run.
        inner.random = inner.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut point = (inner.random >> 33) % all;
        let chosen = usable.into_iter().find(|server| {
            let is_here = point < server.weight;
            point = point.saturating_sub(server.weight);
            is_here
        })?;
        let one = inner.pools.entry(key(chosen)).or_default();
        one.counts.used += 1;
        one.counts.most_used = one.counts.most_used.max(one.counts.used);
        let mixes = wish.mood == Mood::MixesUsers;
        let same = one.free.iter().position(|free| mixes || free.who.user == wish.who.user);
        let total = one.counts.used + one.free.len();
        let has_room = one.free.is_empty() || total <= chosen.most.saturating_mul(wish.kept) / 100;
        let found = match (same, has_room) {
            (Some(at), _) => Find::Ready(Box::new(one.free.swap_remove(at))),
            (None, true) => Find::Open,
            (None, false) => Find::Change(Box::new(one.free.swap_remove(0))),
        };
        Some((chosen, found))
    }

    fn failed(&self, key: &Key, is_new: bool) {
        let mut inner = self.lock();
        let one = inner.pools.entry(key.clone()).or_default();
        one.counts.used -= 1;
        one.counts.connects.1 += usize::from(is_new);
        one.failures += 1;
        if one.failures >= 5 {
            (one.failures, one.left_until) = (0, Some(Instant::now() + Duration::from_secs(10)));
        }
        inner.wake(key.0);
    }

    /// Counts a query.
    pub fn count(&self, taken: &Taken) {
        self.lock().pools.entry(taken.key.clone()).or_default().counts.queries += 1;
    }

    /// Gives a connection back, for anybody; closes it if enough are idle or it cannot be used any more.
    pub fn give(&self, taken: Taken, kept: usize, most: Option<usize>) {
        let mut inner = self.lock();
        let one = inner.pools.entry(taken.key.clone()).or_default();
        one.counts.used -= 1;
        let room = most.is_some_and(|most| one.free.len() < (most * kept / 100).max(1) && one.counts.used < most);
        let closed = if room {
            one.free.push(taken.backend);
            None
        } else {
            Some(taken.backend)
        };
        inner.wake(taken.key.0);
        drop(inner);
        drop(closed);
    }

    /// What is in a pool.
    #[must_use]
    pub fn counts(&self, hostgroup: i64, host: &str, port: u16) -> Counts {
        let inner = self.lock();
        let one = inner.pools.get(&(hostgroup, host.to_owned(), port));
        one.map_or_else(Counts::default, |one| Counts { free: one.free.len(), ..one.counts })
    }
}

impl Taken {
    /// Where it leads.
    #[must_use]
    pub fn server(&self) -> (i64, &str, u16) {
        (self.key.0, &self.key.1, self.key.2)
    }
}

impl Inner {
    fn wake(&self, hostgroup: i64) {
        if let Some(signal) = self.waiting.get(&hostgroup) {
            signal.notify_one();
        }
    }
}

fn key(server: &Server) -> Key {
    (server.hostgroup, server.place.host.clone(), server.place.port)
}
