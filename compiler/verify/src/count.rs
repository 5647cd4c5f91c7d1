//! Reads how many tests passed and failed from what test runners print.

/// Tests that passed, failed or did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Passed.
    pub passed: usize,
    /// Failed, timed out or died.
    pub failed: usize,
    /// Not run.
    pub skipped: usize,
}

/// Reads nextest's summary: `Summary [ 1.2s] 12 tests run: 10 passed (1 slow), 2 failed, 3 skipped`.
#[must_use]
pub fn nextest(text: &str) -> Option<Count> {
    let line = text.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let (_, results) = line.split_once("run:")?;
    Some(parts(results))
}

/// Reads every result of Rust's own runner: `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
#[must_use]
pub fn libtest(text: &str) -> Count {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("test result:"));
    lines.map(|line| parts(&line.replace(';', ","))).fold(Count::default(), |sum, count| Count {
        passed: sum.passed + count.passed,
        failed: sum.failed + count.failed,
        skipped: sum.skipped + count.skipped,
    })
}

/// Reads the summary of `terraform test`: `Success! 4 passed, 0 failed.`
#[must_use]
pub fn terraform(text: &str) -> Option<Count> {
    let last = text.lines().rev().find(|line| line.starts_with("Success! ") || line.starts_with("Failure! "))?;
    Some(parts(last.trim_end_matches('.').split_once(' ')?.1))
}

fn parts(results: &str) -> Count {
    let mut count = Count::default();
    for part in results.split(',') {
        let words: Vec<&str> = part.split_whitespace().collect();
        for pair in words.windows(2) {
            let [number, word] = pair else { continue };
            let Ok(number) = number.parse::<usize>() else { continue };
            match *word {
                "passed" => count.passed += number,
                "failed" | "timed" | "exec" => count.failed += number,
                "skipped" | "ignored" => count.skipped += number,
                _ => {}
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_nextest_is_read() {
        let text = "    PASS [ 0.1s] x\n     Summary [   1.204s] 15 tests run: 12 passed (2 slow), 2 failed, 1 timed out, 4 skipped\n";
        assert_eq!(nextest(text), Some(Count { passed: 12, failed: 3, skipped: 4 }));
        assert_eq!(
            nextest("Summary [ 0.1s] 1 test run: 1 passed, 0 skipped"),
            Some(Count { passed: 1, failed: 0, skipped: 0 })
        );
        assert_eq!(nextest("error: could not compile"), None);
    }

    #[test]
    fn the_summary_of_terraform_test_is_read() {
        let text = "tests/a.tftest.hcl... pass\n\nSuccess! 4 passed, 0 failed.\n";
        assert_eq!(terraform(text), Some(Count { passed: 4, failed: 0, skipped: 0 }));
        assert_eq!(
            terraform("Failure! 3 passed, 1 failed, 2 skipped."),
            Some(Count { passed: 3, failed: 1, skipped: 2 })
        );
        assert_eq!(terraform("Error: no"), None);
    }

    #[test]
    fn results_of_several_crates_are_added() {
        let text = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\nx\ntest result: FAILED. 1 passed; 2 failed; 0 ignored\n";
        assert_eq!(libtest(text), Count { passed: 4, failed: 2, skipped: 1 });
    }
}
