//! Decides which paths are input and says what is wrong with a file that cannot be one.
//!
//! Input: paths with `/` relative to the fleet, and bytes. Output: [`Entry`]s. Both readers share these decisions.

use aipress_core::diag::{Code, Diagnostic};
use aipress_core::source::{MAX_FILE_BYTES, SourceId, Span};

/// Files that may stand in any folder of the fleet and are not read.
pub const IGNORED: [&str; 5] = ["README.md", ".editorconfig", ".gitattributes", ".gitignore", ".gitkeep"];

/// Where people look for the provider lock first; its place is `tenants/`, because the top folder is the user's.
pub const TOP_LOCK: &str = "terraform.lock.hcl";

/// A path that was found, and its text or the reason why it has none.
#[derive(Debug)]
pub struct Entry {
    /// Relative to the fleet, with `/`.
    pub path: String,
    /// The text.
    pub text: Result<String, Problem>,
}

/// Why a file is refused.
#[derive(Debug)]
pub enum Problem {
    /// A byte that UTF-8 does not allow.
    NotUtf8 {
        /// The bytes, with each wrong one replaced.
        lossy: String,
        /// The offset of the first wrong byte.
        offset: usize,
        /// That byte.
        byte: u8,
    },
    /// More than [`MAX_FILE_BYTES`].
    TooLarge {
        /// The size in bytes.
        bytes: u64,
    },
    /// A symbolic link.
    Link {
        /// What it points to, as written.
        target: String,
    },
    /// A name that means nothing in a fleet.
    Unknown,
    /// A provider lock outside `tenants/`.
    Misplaced,
    /// Another repository inside the fleet.
    Submodule,
    /// Something that is no file, or that the system refuses.
    Unreadable {
        /// The system's words.
        reason: String,
    },
}

/// What to do with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is input.
    Read,
    /// It is for people or for Git.
    Ignore,
    /// It has no business there.
    Refuse,
}

/// Decides about a file by its path alone.
#[must_use]
pub fn use_of(path: &str) -> Use {
    let name = path.rsplit('/').next().unwrap_or(path);
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    if path.starts_with("templates/") {
        return if hidden { Use::Ignore } else { Use::Read };
    }
    if IGNORED.contains(&name) {
        return Use::Ignore;
    }
    let known = name.ends_with(".yaml") || name.ends_with(".yml");
    let lock = path == "tenants/terraform.lock.hcl" || path.starts_with("tenants/placement/");
    if (known || lock) && !hidden { Use::Read } else { Use::Refuse }
}

/// Whether a folder is not looked into: what `terraform init` leaves beside a blueprint.
#[must_use]
pub fn is_ignored_folder(path: &str) -> bool {
    path.starts_with("templates/") && path.rsplit('/').next().is_some_and(|name| name.starts_with('.'))
}

/// Takes the bytes of a file.
///
/// # Errors
/// Too many bytes, or bytes that are no text.
pub fn decode(bytes: Vec<u8>) -> Result<String, Problem> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MAX_FILE_BYTES {
        return Err(Problem::TooLarge { bytes: size });
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let byte = bytes.get(offset).copied().unwrap_or_default();
        Problem::NotUtf8 { lossy: String::from_utf8_lossy(bytes).into_owned(), offset, byte }
    })
}

impl Problem {
    /// The text under which the problem is shown.
    #[must_use]
    pub fn shown_text(&self) -> String {
        match self {
            Self::NotUtf8 { lossy, .. } => lossy.clone(),
            Self::Link { target } => target.clone(),
            Self::TooLarge { .. } | Self::Unknown | Self::Misplaced | Self::Submodule | Self::Unreadable { .. } => {
                String::new()
            }
        }
    }

    /// Says it.
    #[must_use]
    pub fn diagnostic(&self, path: &str, id: SourceId) -> Diagnostic {
        let start = Span::start_of(id);
        match self {
            Self::NotUtf8 { lossy, offset, byte } => not_utf8(path, id, lossy, *offset, *byte),
            Self::TooLarge { bytes } => Diagnostic::error(
                Code(9),
                format!("`{path}` is too large"),
                start,
                format!("it has {bytes} bytes; a file of a fleet has at most {MAX_FILE_BYTES} (1 MiB)"),
            )
            .help("split it: documents may stand in any number of files."),
            Self::Link { target } => Diagnostic::error(
                Code(10),
                format!("`{path}` is a symbolic link"),
                Span::new(id, 0, target.len()),
                "links are not followed, inside the fleet or out of it",
            )
            .help("replace the link by the file: Git keeps a link's text only, so a revision could not be read as the folder is."),
            Self::Unknown => Diagnostic::error(
                Code(12),
                format!("unknown file `{path}`"),
                start,
                "expected a name that ends in `.yaml` or `.yml` and begins without a dot",
            )
            .help(format!("move it out of `tenants/` or rename it; only {} are ignored there.", aipress_core::diag::list(IGNORED, "and", IGNORED.len()))),
            Self::Misplaced => Diagnostic::error(
                Code(12),
                format!("`{path}` stands in the wrong folder"),
                start,
                "expected it in `tenants/`",
            )
            .help(format!("move it: `git mv {path} tenants/{path}`.")),
            Self::Submodule => Diagnostic::error(
                Code(14),
                format!("`{path}` is a Git repository of its own"),
                start,
                "expected a plain folder: a revision of this repository does not hold its files",
            )
            .help("add its files to this repository and remove the submodule."),
            Self::Unreadable { reason } => {
                Diagnostic::error(Code(14), format!("`{path}` cannot be read"), start, reason.clone())
                    .help("make it a plain file that this user may read, or remove it.")
            }
        }
    }
}

/// Shows the wrong byte; the rest of its value stays hidden, since it may be a password with an umlaut.
fn not_utf8(path: &str, id: SourceId, lossy: &str, offset: usize, byte: u8) -> Diagnostic {
    let line_start = lossy.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line_end = lossy.get(offset..).and_then(|after| after.find('\n')).map_or(lossy.len(), |at| offset + at);
    let wrong_end = offset + char::REPLACEMENT_CHARACTER.len_utf8();
    let value =
        lossy.get(line_start..offset).and_then(|before| before.find(": ")).map_or(line_start, |at| line_start + at + 2);
    let mut diagnostic = Diagnostic::error(
        Code(8),
        format!("`{path}` is not UTF-8"),
        Span::new(id, offset, wrong_end),
        format!("byte 0x{byte:02X} at offset {offset} is not valid here"),
    )
    .help("save the file as UTF-8; from Latin-1: `iconv -f LATIN1 -t UTF-8 OLD > NEW`.");
    for (from, to) in [(value, offset), (wrong_end, line_end)] {
        if from < to {
            diagnostic = diagnostic.secret(Span::new(id, from, to));
        }
    }
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_read_and_people_may_keep_a_readme() {
        for path in ["tenants/a.yaml", "tenants/x/b.yml", "tenants/placement/seg/1.lock", "tenants/terraform.lock.hcl"]
        {
            assert_eq!(use_of(path), Use::Read, "{path}");
        }
        assert_eq!(use_of("tenants/x/README.md"), Use::Ignore);
        for path in ["tenants/a.json", "tenants/.a.yaml", "tenants/.b/a.yaml", "tenants/x/terraform.lock.hcl"] {
            assert_eq!(use_of(path), Use::Refuse, "{path}");
        }
        assert_eq!(use_of("templates/blueprints/site/v1/.terraform.lock.hcl"), Use::Ignore);
    }

    #[test]
    fn the_wrong_byte_is_named_and_the_value_around_it_is_secret() {
        let problem = decode(b"a: 1\npassword: h\xE4nsel\n".to_vec()).unwrap_err();
        let diagnostic = problem.diagnostic("tenants/a.yaml", SourceId(1));
        assert_eq!(diagnostic.label.unwrap().text, "byte 0xE4 at offset 16 is not valid here");
        let hidden: Vec<_> = diagnostic.secret.iter().map(|span| span.range()).collect();
        assert_eq!(hidden, [15..16, 19..23]);
    }

    #[test]
    fn a_file_of_one_mebibyte_is_taken_and_one_byte_more_is_not() {
        let limit = usize::try_from(MAX_FILE_BYTES).unwrap();
        assert!(decode(vec![b'a'; limit]).is_ok());
        assert!(matches!(decode(vec![b'a'; limit + 1]), Err(Problem::TooLarge { .. })));
    }
}
