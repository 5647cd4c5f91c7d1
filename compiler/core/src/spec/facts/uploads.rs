//! Types of files that visitors and authors may or may not upload.
//!
//! Sources: WordPress, `wp_get_mime_types`; OWASP, "File upload cheat sheet", for what servers or browsers would run.

/// Extensions that a server or a browser may run.
const EXECUTABLE: &[&str] = &[
    "asp", "aspx", "bash", "bat", "cgi", "cmd", "com", "dll", "exe", "fcgi", "hta", "htaccess", "htm", "html",
    "htpasswd", "inc", "ini", "jar", "js", "jsp", "jspx", "mjs", "msi", "phar", "php", "php3", "php4", "php5", "php6",
    "php7", "php8", "phps", "phpt", "pht", "phtm", "phtml", "pl", "ps1", "py", "rb", "scr", "sh", "shtml", "so",
    "svgz", "swf", "vbs", "wasm", "xht", "xhtml", "xml", "xsl", "xslt",
];

/// Extensions that may carry scripts unless a plugin cleans them.
const RISKY: &[&str] = &["svg"];

/// Extensions of files that WordPress knows and nothing runs.
const HARMLESS: &[&str] = &[
    "7z", "aac", "avi", "avif", "bmp", "csv", "doc", "docx", "epub", "flac", "gif", "gz", "heic", "heif", "ics", "ico",
    "jpeg", "jpg", "key", "m4a", "m4v", "md", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "numbers", "odg", "odp",
    "ods", "odt", "ogg", "ogv", "opus", "pages", "pdf", "png", "ppt", "pptx", "psd", "rar", "rtf", "tar", "tif",
    "tiff", "tsv", "txt", "vtt", "wav", "webm", "webp", "wma", "wmv", "xls", "xlsx", "zip",
];

/// How dangerous an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Nothing runs it.
    None,
    /// Nobody has said what it is.
    Unknown,
    /// It may carry scripts.
    Risky,
    /// A server or a browser may run it.
    Executable,
}

/// Tells how dangerous an extension is; case and a leading dot do not matter, and of `php.jpg` every part counts.
#[must_use]
pub fn danger(extension: &str) -> Danger {
    let parts = extension.trim_start_matches('.').split('.');
    parts.map(|part| of_part(&part.to_ascii_lowercase())).max().unwrap_or(Danger::Unknown)
}

fn of_part(part: &str) -> Danger {
    if EXECUTABLE.contains(&part) {
        Danger::Executable
    } else if RISKY.contains(&part) {
        Danger::Risky
    } else if HARMLESS.contains(&part) {
        Danger::None
    } else {
        Danger::Unknown
    }
}

/// Iterates over extensions that nothing runs, for suggestions.
pub fn harmless() -> impl Iterator<Item = &'static str> {
    HARMLESS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_runs_is_dangerous_however_it_is_written() {
        for extension in ["php", ".PHP", "phtml", "php.jpg", "phar"] {
            assert_eq!(danger(extension), Danger::Executable, "{extension}");
        }
        assert_eq!(danger("svg"), Danger::Risky);
        assert_eq!(danger("webp"), Danger::None);
        assert_eq!(danger("xyz"), Danger::Unknown);
    }

    #[test]
    fn no_extension_is_in_two_lists() {
        assert!(HARMLESS.iter().all(|extension| danger(extension) == Danger::None));
        assert!(
            EXECUTABLE.is_sorted()
                && HARMLESS.iter().collect::<std::collections::BTreeSet<_>>().len() == HARMLESS.len()
        );
    }
}
