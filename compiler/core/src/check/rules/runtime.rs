//! The service of a site: instances, workers, processors and memory, probes, variables, settings of PHP.

use super::{CONTRADICTION, Subject, also};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::spec::facts::{cloud_run, code, limits, reserved};

const MEMORY_MODEL: Code = Code(326);
const OWNED: Code = Code(423);
const SCALING: Code = Code(430);
const CONCURRENCY: Code = Code(431);
const PAIR: Code = Code(432);

/// What a worker takes at the least, and what PHP and the web server take besides, in MiB.
const WORKER_MIB: u64 = 64;
const BASE_MIB: u64 = 96;
const OPCACHE_MIB: u64 = 128;
/// Requests that one worker's queue may hold.
const REQUESTS_PER_WORKER: u32 = 4;

const MIN: &[&str] = &["runtime", "scaling", "min"];
const MAX: &[&str] = &["runtime", "scaling", "max"];
const MEMORY: &[&str] = &["runtime", "resources", "memory"];

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    found.extend(scaling(subject));
    found.extend(tier_limit(subject));
    found.extend(concurrency(subject));
    found.extend(pair(subject));
    found.extend(fraction(subject));
    found.extend(memory_model(subject));
    found.extend(probes(subject));
    found.extend(variables(subject));
    found.extend(ini(subject));
}

fn scaling(subject: &Subject<'_>) -> Option<Diagnostic> {
    let scaling = &subject.spec().runtime.scaling;
    (scaling.min.value > scaling.max.value).then(|| {
        let title = format!("at least {} instances, but at most {}", scaling.min.value, scaling.max.value);
        let label = format!("expected at most {}", scaling.max.value);
        also(
            Diagnostic::error(SCALING, title, subject.at(scaling.min.span, MIN), label),
            scaling.max.span,
            "the most instances",
        )
        .help("raise `scaling.max` or lower `scaling.min`.")
    })
}

fn tier_limit(subject: &Subject<'_>) -> Option<Diagnostic> {
    let max = &subject.spec().runtime.scaling.max;
    let tier = subject.platform.tier(&subject.spec().tier.value)?;
    let limit = &tier.limits.instances;
    (max.value > limit.value).then(|| {
        let title = format!("up to {} instances are more than tier `{}` allows", max.value, tier.name.value);
        let label = format!("expected at most {}", limit.value);
        also(Diagnostic::error(SCALING, title, subject.at(max.span, MAX), label), limit.span, "the tier's limit")
            .help(format!("set `scaling.max` to at most {}, or choose a larger tier.", limit.value))
    })
}

fn concurrency(subject: &Subject<'_>) -> Option<Diagnostic> {
    let runtime = &subject.spec().runtime;
    let (concurrency, workers) = (&runtime.scaling.concurrency, &runtime.fpm.max_children);
    let most = workers.value.saturating_mul(REQUESTS_PER_WORKER);
    (concurrency.value > most).then(|| {
        let title = format!("{} requests at a time for {} workers", concurrency.value, workers.value);
        let span = subject.at(concurrency.span, &["runtime", "scaling", "concurrency"]);
        also(
            Diagnostic::error(
                CONCURRENCY,
                title,
                span,
                format!("expected at most {most}, {REQUESTS_PER_WORKER} per worker"),
            ),
            workers.span,
            "the workers",
        )
        .help(format!("set `concurrency` to at most {most}, or raise `fpm.maxChildren`."))
    })
}

fn pair(subject: &Subject<'_>) -> Option<Diagnostic> {
    let resources = &subject.spec().runtime.resources;
    let (cpu, memory) = (&resources.cpu, &resources.memory);
    let mib = memory.value.mib();
    let Some(range) = cloud_run::memory_range(cpu.value.millis()) else {
        let title = format!("Cloud Run offers no instance with {} processors", cpu.value);
        let span = subject.at(cpu.span, &["runtime", "resources", "cpu"]);
        return Some(
            Diagnostic::error(PAIR, title, span, "expected 1, 2, 4, 6, 8 or a fraction from 0.08")
                .help("choose one of these."),
        );
    };
    let least = range.least_mib.max(cloud_run::SECOND_GENERATION_MIB);
    if (least..=range.most_mib).contains(&mib) {
        return None;
    }
    let title = format!("`cpu: {}` does not go with {} of memory", cpu.value, memory.value);
    let help = match cloud_run::cpus_for(mib).filter(|_| mib > range.most_mib) {
        Some(cpus) => format!("take {cpus} processors, or at most {}Mi.", range.most_mib),
        None => format!("choose {least}Mi to {}Mi, or other processors.", range.most_mib),
    };
    let diagnostic = Diagnostic::error(
        PAIR,
        title,
        subject.at(memory.span, MEMORY),
        format!("expected {least}Mi to {}Mi", range.most_mib),
    );
    Some(also(diagnostic, cpu.span, "the processors").help(help))
}

/// A part of a processor takes one request at a time and sleeps between requests (Cloud Run).
fn fraction(subject: &Subject<'_>) -> Option<Diagnostic> {
    let runtime = &subject.spec().runtime;
    let (cpu, scaling) = (&runtime.resources.cpu, &runtime.scaling);
    if cpu.value.millis() >= 1000 {
        return None;
    }
    let span = subject.at(scaling.concurrency.span, &["runtime", "scaling", "concurrency"]);
    let (span, label) = if scaling.concurrency.value > 1 {
        (span, format!("{} requests at a time; expected 1", scaling.concurrency.value))
    } else if scaling.cpu_always.value {
        (scaling.cpu_always.span, "expected `false`".to_owned())
    } else {
        return None;
    };
    let title =
        format!("an instance with {} of a processor takes one request at a time and sleeps in between", cpu.value);
    Some(
        also(Diagnostic::error(PAIR, title, span, label), cpu.span, "the processor")
            .help("take a whole processor, or set `concurrency: 1` and `cpuAlways: false`."),
    )
}

fn memory_model(subject: &Subject<'_>) -> Option<Diagnostic> {
    let runtime = &subject.spec().runtime;
    let (memory, workers) = (&runtime.resources.memory, &runtime.fpm.max_children);
    let opcache =
        runtime.ini.get("opcache.memory_consumption").and_then(|size| size.value.parse().ok()).unwrap_or(OPCACHE_MIB);
    let (mib, children) = (memory.value.mib(), u64::from(workers.value));
    let fixed = opcache + BASE_MIB;
    let needed = children * WORKER_MIB + fixed;
    if mib < needed {
        let fits = mib.saturating_sub(fixed) / WORKER_MIB;
        let title = format!("{} cannot hold {children} workers", memory.value);
        let label = format!("{children} x {WORKER_MIB} MiB + {opcache} MiB opcache + {BASE_MIB} MiB = {needed} MiB");
        // Shown at what the tenant wrote, if it wrote only one of the two.
        let diagnostic = if subject.is_own(workers.span) && !subject.is_own(memory.span) {
            also(Diagnostic::error(MEMORY_MODEL, title, workers.span, label), memory.span, "the memory")
        } else {
            let span = subject.at(memory.span, MEMORY);
            also(Diagnostic::error(MEMORY_MODEL, title, span, label), workers.span, "the workers")
        };
        let advice = if fits == 0 { String::new() } else { format!("lower `fpm.maxChildren` to {fits}, or ") };
        return Some(diagnostic.help(format!("{advice}raise the memory to {needed}Mi or more.")));
    }
    let limit = runtime.ini.get("memory_limit")?;
    let one = code::bytes(&limit.value)? >> 20;
    (one + fixed > mib).then(|| {
        let title = format!("one request may take {}, the instance has {}", limit.value, memory.value);
        let label = format!("{one} MiB + {fixed} MiB besides; the instance has {mib} MiB");
        also(Diagnostic::error(MEMORY_MODEL, title, limit.span, label), memory.span, "the memory")
            .help(format!("lower `memory_limit` to {}M, or raise the memory.", mib - fixed))
    })
}

fn probes(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let probes = &subject.spec().runtime.probes;
    let (start, live) = (&probes.startup, &probes.liveness);
    let mut found = Vec::new();
    let all = start.period_seconds.value.saturating_mul(start.failure_threshold.value);
    if all > limits::STARTUP_SECONDS {
        let title = format!("a start may take {all} seconds; Cloud Run waits {}", limits::STARTUP_SECONDS);
        let span = subject.at(start.failure_threshold.span, &["runtime", "probes", "startup"]);
        let diagnostic = Diagnostic::error(
            CONTRADICTION,
            title,
            span,
            format!("{} s x {}", start.period_seconds.value, start.failure_threshold.value),
        );
        found.push(
            also(diagnostic, start.period_seconds.span, "the period")
                .help("lower `failureThreshold` or `periodSeconds`."),
        );
    }
    for (name, timeout, period) in [
        ("startup", &start.timeout_seconds, &start.period_seconds),
        ("liveness", &live.timeout_seconds, &live.period_seconds),
    ] {
        if timeout.value > period.value {
            let title = format!("the {name} probe waits {} seconds but asks every {}", timeout.value, period.value);
            let span = subject.at(timeout.span, &["runtime", "probes", name]);
            let diagnostic =
                Diagnostic::error(CONTRADICTION, title, span, format!("expected at most {}", period.value));
            found.push(
                also(diagnostic, period.span, "the period").help("lower `timeoutSeconds` or raise `periodSeconds`."),
            );
        }
    }
    found
}

fn variables(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let runtime = &subject.spec().runtime;
    let names =
        runtime.env.iter().map(|variable| &variable.name).chain(runtime.secrets.iter().map(|secret| &secret.name));
    let mut found: Vec<Diagnostic> = names
        .filter_map(|name| {
            let taken = reserved::variable(&name.value)?;
            let label = if taken == name.value {
                "set by the platform or Cloud Run".to_owned()
            } else {
                format!("names that start with `{taken}` are taken")
            };
            let title = format!("variable `{}` is set by the platform and may not be overridden", name.value);
            Some(
                Diagnostic::error(OWNED, title, name.span, label)
                    .help("choose another name, such as one that starts with the site's."),
            )
        })
        .collect();
    for secret in &runtime.secrets {
        if let Some(twin) = runtime.env.iter().find(|variable| variable.name.value == secret.name.value) {
            let title = format!("`{}` is both a variable and a secret", secret.name.value);
            found.push(
                Diagnostic::error(CONTRADICTION, title, twin.name.span, "expected only one of them")
                    .related(secret.name.span, "the secret")
                    .help("remove the variable, or rename one of them."),
            );
        }
    }
    found
}

fn ini(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let settings = &subject.spec().runtime.ini;
    settings
        .iter()
        .filter_map(|(name, value)| {
            let Some(kind) = code::ini(name) else {
                let help = suggest(name, code::ini_names()).map_or_else(
                    || "remove it; the image decides it.".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let title = format!("setting `{name}` of PHP is not the tenant's to set");
                return Some(Diagnostic::error(OWNED, title, value.span, "the image decides it").help(help));
            };
            (!kind.allows(&value.value)).then(|| {
                let title = format!("`{name}` may not be `{}`", value.value);
                Diagnostic::error(super::BAD_FORMAT, title, value.span, format!("expected {}", kind.expected()))
                    .help("correct the value, in double quotes.")
            })
        })
        .collect()
}
