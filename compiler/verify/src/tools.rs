//! The programs that checks and tests need: looked for, installed where a package manager can, missed loudly.

use std::path::Path;

use crate::run::{Outcome, run};

/// A program, how to see that it is there, and what brings it.
#[derive(Debug)]
pub struct Tool {
    /// What it is called in reports.
    pub name: &'static str,
    probe: &'static [&'static str],
    install: &'static [&'static [&'static str]],
    advice: &'static str,
}

/// Everything that checks and tests start.
pub const TOOLS: &[Tool] = &[
    Tool {
        name: "rustfmt",
        probe: &["cargo", "fmt", "--version"],
        install: &[&["rustup", "component", "add", "rustfmt"]],
        advice: "install the component `rustfmt` of the Rust toolchain",
    },
    Tool {
        name: "clippy",
        probe: &["cargo", "clippy", "--version"],
        install: &[&["rustup", "component", "add", "clippy"]],
        advice: "install the component `clippy` of the Rust toolchain",
    },
    Tool {
        name: "cargo-nextest",
        probe: &["cargo", "nextest", "--version"],
        install: &[&["cargo", "install", "--locked", "cargo-nextest"]],
        advice: "run `cargo install --locked cargo-nextest`",
    },
    Tool {
        name: "git",
        probe: &["git", "--version"],
        install: &[&["apt-get", "update"], &["apt-get", "install", "--yes", "git"]],
        advice: "install git",
    },
    Tool {
        name: "mariadb-server",
        // Debian puts servers where only the administrator looks.
        probe: &["env", "PATH=/usr/sbin:/usr/bin:/usr/local/bin", "mariadbd", "--version"],
        install: &[
            &["apt-get", "update"],
            &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "mariadb-server"],
        ],
        advice: "install MariaDB's server, 10.11 or later",
    },
    Tool {
        name: "php with mysqli",
        probe: &["php", "-r", "exit(extension_loaded('mysqli') ? 0 : 1);"],
        install: &[
            &["apt-get", "update"],
            &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "php-cli", "php-mysql"],
        ],
        advice: "install PHP's command line with mysqli",
    },
    Tool {
        name: "wordpress",
        probe: &["test", "-f", "/usr/share/wordpress/wp-settings.php"],
        install: &[
            &["apt-get", "update"],
            &[
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "install",
                "--yes",
                "--no-install-recommends",
                "wordpress",
            ],
        ],
        advice: "install the distribution's WordPress",
    },
    Tool {
        name: "chromium with its driver",
        probe: &["chromedriver", "--version"],
        install: &[
            &["apt-get", "update"],
            &[
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "install",
                "--yes",
                "--no-install-recommends",
                "chromium",
                "chromium-driver",
                "fonts-dejavu-core",
            ],
        ],
        advice: "install chromium and its WebDriver",
    },
    Tool {
        name: "axe-core",
        // The tests of the plan's page read it from here.
        probe: &["sh", "-c", "test -f \"${XDG_CACHE_HOME:-$HOME/.cache}/aipress/node_modules/axe-core/axe.min.js\""],
        install: &[&[
            "sh",
            "-c",
            "mkdir -p \"${XDG_CACHE_HOME:-$HOME/.cache}/aipress\" && npm install --silent --no-audit --no-fund --ignore-scripts --prefix \"${XDG_CACHE_HOME:-$HOME/.cache}/aipress\" axe-core@4.11.0",
        ]],
        advice: "install npm, or put axe-core 4.11.0 into the cache folder",
    },
    Tool {
        name: "terraform",
        probe: &["terraform", "version"],
        // No distribution packages it; an unpinned download would be worse than a clear message.
        install: &[],
        advice: "put terraform 1.11.4 on the PATH",
    },
];

impl Tool {
    /// Looks for the program and installs it if it is missing.
    #[must_use]
    pub fn ensure(&self, dir: &Path) -> Outcome {
        let found = start(dir, self.probe);
        if found.passed {
            return found;
        }
        for command in self.install {
            let installed = start(dir, command);
            if !installed.passed {
                return Outcome {
                    text: format!("{}\n{}; {}", installed.text, missing(self.name), self.advice),
                    ..installed
                };
            }
        }
        let again = start(dir, self.probe);
        if again.passed { again } else { Outcome::failed(format!("{}; {}", missing(self.name), self.advice)) }
    }
}

fn start(dir: &Path, command: &[&str]) -> Outcome {
    match command.split_first() {
        Some((program, arguments)) => run(dir, program, arguments),
        None => Outcome::failed("an empty command"),
    }
}

fn missing(name: &str) -> String {
    format!("`{name}` is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_cannot_be_installed_fails_with_advice() {
        let tool = Tool { name: "nothing", probe: &["no-such-program-here"], install: &[], advice: "build it" };
        let outcome = tool.ensure(Path::new("."));
        assert!(!outcome.passed);
        assert_eq!(outcome.text, "`nothing` is missing; build it");
    }
}
