//! Generates fleets: realistic, valid, of any size, the same for the same arguments.
//!
//! Input: the number of sites and of shards, a seed. Output: paths and texts under `tenants/`. [`draw`] decides,
//! [`model`] holds, [`platform`], [`shard`] and [`tenant`] write.

pub mod draw;
pub mod model;
pub mod platform;
pub mod shard;
pub mod tenant;
pub mod text;
pub mod words;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

/// What to generate, and where to.
#[derive(Debug, Args)]
pub struct FleetArgs {
    /// Sites: production, staging and previews together
    #[arg(long, default_value_t = 1000)]
    sites: usize,
    /// Shards
    #[arg(long, default_value_t = 20)]
    shards: usize,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A folder that is empty or does not exist
    dir: PathBuf,
}

/// Why a fleet was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sizes fit no fleet.
    #[error(transparent)]
    Draw(#[from] draw::Error),
    /// Something is in the folder already.
    #[error("`{0}` is not empty; name a new folder")]
    NotEmpty(PathBuf),
    /// The file system said no.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

/// Generates a fleet as pairs of path and text, sorted by path.
///
/// # Errors
/// Sizes that no valid fleet can have.
pub fn generate(sites: usize, shards: usize, seed: u64) -> Result<Vec<(String, String)>, draw::Error> {
    let model = draw::draw(sites, shards, seed)?;
    let budget = model.shards.iter().map(shard::budget).sum::<u64>() * 2;
    let mut files = vec![("tenants/platform.yaml".to_owned(), platform::write(&model, budget))];
    files.extend(model.shards.iter().map(|item| (format!("tenants/shards/{}.yaml", item.name), shard::write(item))));
    files.extend(model.tenants.iter().map(|item| (path(&item.name), tenant::write(item, 3))));
    files.sort();
    Ok(files)
}

/// Spreads tenants over 256 folders by a hash of their names.
fn path(name: &str) -> String {
    let first = Sha256::digest(name.as_bytes()).first().copied().unwrap_or_default();
    format!("tenants/sites/{first:02x}/{name}.yaml")
}

/// Writes a fleet into a folder.
///
/// # Errors
/// The folder is not empty or not writable, or the sizes fit no fleet.
pub fn run(args: &FleetArgs) -> Result<(), Error> {
    let occupied = fs::read_dir(&args.dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Error::NotEmpty(args.dir.clone()));
    }
    let files = generate(args.sites, args.shards, args.seed)?;
    write(&args.dir, &files)?;
    println!("{} files in {}", files.len(), args.dir.display());
    Ok(())
}

/// Writes files below a folder.
///
/// # Errors
/// What the file system says.
pub fn write(dir: &Path, files: &[(String, String)]) -> Result<(), Error> {
    for (path, text) in files {
        let path = dir.join(path);
        let failed = |source| Error::Write { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&path, text).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
        assert_eq!(generate(200, 6, 9).unwrap(), generate(200, 6, 9).unwrap());
        assert_ne!(generate(200, 6, 9).unwrap(), generate(200, 6, 10).unwrap());
    }

    #[test]
    fn every_file_is_yaml_below_one_mebibyte() {
        for (path, text) in generate(3000, 60, 4).unwrap() {
            assert!(text.len() < 1024 * 1024, "{path}");
            let value: serde_yaml::Value =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(value.get("spec").is_some_and(serde_yaml::Value::is_mapping), "{path}");
        }
    }

    #[test]
    fn every_file_is_written_as_people_write_with_comments_somewhere() {
        let files = generate(100, 3, 4).unwrap();
        assert!(files.iter().all(|(_, text)| text.starts_with("# yaml-language-server: $schema=../")));
        assert!(
            files.iter().any(|(_, text)| text.contains("\n\n") && text.lines().skip(1).any(|line| line.contains("# ")))
        );
    }
}
