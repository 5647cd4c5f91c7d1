//! Where Google's services are, for the commands that call them.

use aipress_core::diag::{Code, Diagnostic};
use aipress_provision::http::Endpoints;

use crate::exit::Failure;

const BAD_ADDRESS: Code = Code(630);

/// Returns where the services are: Google's own addresses, or those that are given.
///
/// # Errors
/// An address to which a token could be read on the way.
pub fn endpoints(
    secrets: &Option<String>,
    metadata: &Option<String>,
    storage: &Option<String>,
) -> Result<Endpoints, Failure> {
    let mut endpoints = Endpoints::default();
    let given =
        [(secrets, &mut endpoints.secrets), (metadata, &mut endpoints.metadata), (storage, &mut endpoints.storage)];
    for (url, place) in given {
        if let Some(url) = url {
            if !is_safe(url) {
                let title = format!("`{url}` is no address for tokens and secrets");
                let help = "begin it with `https://`; `http://` is for loopback only.";
                return Err(Diagnostic::error_without_place(BAD_ADDRESS, title).help(help).into());
            }
            *place = url.trim_end_matches('/').to_owned();
        }
    }
    Ok(endpoints)
}

/// A token in clear text may only go to this machine itself.
fn is_safe(url: &str) -> bool {
    if url.starts_with("https://") {
        return true;
    }
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_tls_or_to_this_machine() {
        assert!(is_safe("https://secrets.example") && is_safe("http://127.0.0.1:80") && is_safe("http://localhost/x"));
        assert!(!is_safe("http://secrets.example") && !is_safe("http://127.0.0.1.example:1") && !is_safe("ftp://x"));
        assert!(!is_safe("http://127.0.0.1:80@secrets.example/"));
    }
}
