//! The page of a plan in a real browser: fleets of 16, 1,000 and 50,000 sites, narrow and wide, light and dark.
//!
//! Needs chromium, chromedriver and axe-core; `cargo verify` installs them. Pictures are written to `target/report/`.
//! With `AIPRESS_REPORT_STRICT` set the times are those that the page promises; without, they leave room for a busy machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what is wrong by failing")]

mod browser;
mod made;

use std::path::{Path, PathBuf};

use aipress_core::plan::render;
use browser::Browser;
use serde_json::Value;

/// What accessibility is checked by.
fn axe() -> String {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache"));
    let file = cache.join("aipress/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo verify` installs it", file.display()))
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../report")
}

/// Nothing is wider than the page, and no part lies on another.
fn layout(browser: &Browser, what: &str) {
    let wide = browser.run("return [document.documentElement.scrollWidth, innerWidth]");
    assert!(wide[0].as_u64() <= wide[1].as_u64(), "{what}: the page is {} wide in a window of {}", wide[0], wide[1]);
    let overlaps = browser.run(
        "const parts = [...document.querySelectorAll('header, main > section, .answers > div, footer')];
         const boxes = parts.map((part) => [part.id || part.className || part.tagName, part.getBoundingClientRect(), part]);
         const found = [];
         for (const [a, x, p] of boxes) for (const [b, y, q] of boxes)
           if (p !== q && !p.contains(q) && !q.contains(p) && x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1) found.push(`${a} on ${b}`);
         for (const part of document.querySelectorAll('main p, main li, main h2, main h3, main dt, main dd, header *'))
           if (part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0 && getComputedStyle(part).display !== 'inline') found.push(`${part.tagName} ${part.textContent.slice(0, 40)} is cut`);
         return found",
    );
    assert_eq!(overlaps, serde_json::json!([]), "{what}");
}

/// Nothing that axe-core calls serious or critical.
fn accessible(browser: &Browser, axe: &str, what: &str) {
    let script = format!(
        "const done = arguments[arguments.length - 1]; {axe};
         axe.run(document, {{resultTypes: ['violations']}}).then((found) => done(found.violations
           .filter((one) => ['serious', 'critical'].includes(one.impact))
           .map((one) => `${{one.id}}: ${{one.help}}: ${{one.nodes.slice(0, 3).map((node) => node.html + ' ' + node.failureSummary).join(' | ')}}`)))
           .catch((error) => done(['axe: ' + error]))"
    );
    assert_eq!(browser.wait(&script), serde_json::json!([]), "{what}");
}

/// Filters, opens a site, goes by keys, chooses a shard.
fn works(browser: &Browser, sites: usize) -> f64 {
    let took = browser.wait(
        "const done = arguments[arguments.length - 1];
         const set = (id, value) => { const it = document.getElementById(id); it.value = value; it.dispatchEvent(new Event('input')); };
         set('by-action', '');
         const start = performance.now();
         set('q', 'tulip');
         document.getElementById('view').getBoundingClientRect();
         const took = performance.now() - start;
         requestAnimationFrame(() => done([took, document.getElementById('count').textContent, document.querySelectorAll('#space [role=row]').length]))",
    );
    let expected = (0..sites).filter(|number| number % 8 == 2).count();
    let count = took[1].as_str().unwrap().replace(',', "");
    assert!(count.starts_with(&format!("{expected} of ")), "{count}, {expected} expected");
    assert!(took[2].as_u64().unwrap() <= 40, "only rows in sight are in the document");
    let opened = browser.run(
        "document.getElementById('q').value = ''; document.getElementById('by-action').value = 'any';
         document.getElementById('q').dispatchEvent(new Event('input'));
         const view = document.getElementById('view'); view.focus();
         view.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}));
         document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}));
         const focused = document.activeElement.textContent;
         document.activeElement.click();
         const dialog = document.getElementById('detail');
         const found = [focused, document.getElementById('detail-title').textContent, dialog.open, dialog.textContent.length];
         document.getElementById('close').click();
         return found.concat(dialog.open)",
    );
    assert_eq!(opened[0], opened[1], "{opened}");
    assert_eq!((&opened[2], &opened[4]), (&Value::Bool(true), &Value::Bool(false)), "{opened}");
    assert!(opened[3].as_u64().unwrap() > 40, "{opened}");
    let pressed = browser.run(
        "const cell = document.querySelector('.cell'); cell.click();
         const found = [cell.getAttribute('aria-pressed'), document.getElementById('by-shard').selectedOptions[0].textContent];
         cell.click(); scrollTo(0, 0); return found",
    );
    assert_eq!(pressed[0], "true");
    took[0].as_f64().unwrap()
}

fn check(sites: usize) {
    let (plan, scene) = made::fleet(sites);
    let page = render::html(&plan, &scene).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.html");
    std::fs::write(&file, &page).unwrap();
    let (axe, browser) = (axe(), Browser::start());
    let strict = std::env::var_os("AIPRESS_REPORT_STRICT").is_some();
    let (most_paint, most_filter) = if strict { (2_000.0, 100.0) } else { (20_000.0, 1_000.0) };
    for width in [360, 1280] {
        for dark in [false, true] {
            let what = format!("{sites} sites, {width} wide, {}", if dark { "dark" } else { "light" });
            browser.look(width, dark);
            browser.open(&file);
            let paint = browser.wait(
                "const done = arguments[arguments.length - 1];
                 const look = () => { const found = performance.getEntriesByName('first-contentful-paint')[0]; found ? done(found.startTime) : setTimeout(look, 20); }; look()",
            );
            layout(&browser, &what);
            let filter = works(&browser, sites);
            layout(&browser, &format!("{what}, used"));
            accessible(&browser, &axe, &what);
            let name = format!("{sites}-{width}-{}", if dark { "dark" } else { "light" });
            browser.picture(&pictures().join(format!("{name}.png")), "body", 1600);
            browser.picture(&pictures().join(format!("{name}-map.png")), "#map", 1600);
            let paint = paint.as_f64().unwrap();
            println!("{what}: {} KB, first paint {paint:.0} ms, filter {filter:.1} ms", page.len() / 1024);
            assert!(paint < most_paint, "{what}: first paint after {paint} ms");
            assert!(filter < most_filter, "{what}: a filter took {filter} ms");
            assert_eq!(browser.console(), Vec::<String>::new(), "{what}");
        }
    }
}

#[test]
fn what_is_hard_to_read_or_does_not_fit_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.html");
    std::fs::write(&file, "<title>x</title><main><p style='color:#ccc;background:#fff'>pale</p></main>").unwrap();
    let browser = Browser::start();
    browser.look(360, false);
    browser.open(&file);
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| accessible(&browser, &axe(), "bad")));
    assert!(found.is_err(), "axe-core does not see pale text");
    browser.run("document.querySelector('p').style.width = '900px'");
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| layout(&browser, "bad"))).is_err());
    browser.run("console.error('loud')");
    assert_eq!(browser.console().len(), 1);
}

#[test]
fn the_page_of_16_sites_works() {
    check(16);
}

#[test]
fn the_page_of_1_000_sites_works() {
    check(1_000);
}

#[test]
fn the_page_of_50_000_sites_works() {
    check(50_000);
}
