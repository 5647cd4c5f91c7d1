//! What Git knows of the past of a file: the commits that changed it, and who wrote a line.

use std::path::{Path, PathBuf};

use aipress_core::diag::{Code, Diagnostic};
use git2::{BlameOptions, Commit, DiffFindOptions, DiffOptions, Repository, Sort};

/// A commit in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The first characters of its id.
    pub id: String,
    /// Its day, in UTC.
    pub day: String,
    /// Who wrote it.
    pub author: String,
    /// The first line of its message.
    pub summary: String,
}

/// A commit that changed a file, with the texts before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The commit.
    pub commit: Told,
    /// The file's path, below the fleet's folder, in that commit.
    pub path: String,
    /// The text before; none if the commit brought the file.
    pub before: Option<String>,
    /// The text after; none if the commit removed it.
    pub after: Option<String>,
}

fn told(commit: &Commit<'_>) -> Told {
    let moment = jiff::Timestamp::from_second(commit.time().seconds()).unwrap_or_default();
    Told {
        id: commit.id().to_string().chars().take(10).collect(),
        day: moment.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
        author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
        summary: String::from_utf8_lossy(commit.message_bytes()).lines().next().unwrap_or_default().to_owned(),
    }
}

fn broken(error: &git2::Error) -> Diagnostic {
    Diagnostic::error_without_place(Code(602), "the Git repository cannot be read")
        .help(format!("Git says: {}.", error.message().trim_end_matches('.')))
}

/// A repository and where the fleet lies in it.
pub struct Past {
    repository: Repository,
    prefix: PathBuf,
}

impl Past {
    /// Opens the repository of a fleet.
    ///
    /// # Errors
    /// There is none.
    pub fn open(folder: &Path) -> Result<Self, Diagnostic> {
        let repository = super::git::open(folder)?;
        let prefix = super::git::prefix(&repository, folder)?;
        Ok(Self { repository, prefix })
    }

    /// Finds the commits that changed a file, newest first; a file that moved is followed.
    ///
    /// # Errors
    /// No such revision; a repository that cannot be read.
    pub fn of_file(&self, revision: &str, path: &str, most: usize) -> Result<Vec<Step>, Diagnostic> {
        self.steps(revision, &self.prefix.join(path), most).map_err(|error| broken(&error))
    }

    fn steps(&self, revision: &str, path: &Path, most: usize) -> Result<Vec<Step>, git2::Error> {
        let mut walk = self.repository.revwalk()?;
        walk.push(self.repository.revparse_single(revision)?.peel_to_commit()?.id())?;
        walk.set_sorting(Sort::TOPOLOGICAL)?;
        walk.simplify_first_parent()?;
        let (mut path, mut steps) = (path.to_owned(), Vec::new());
        for id in walk {
            let commit = self.repository.find_commit(id?)?;
            let after = self.text(&commit, &path);
            let parent = commit.parent(0).ok();
            let mut before_path = path.clone();
            let mut before = parent.as_ref().and_then(|parent| self.text(parent, &path));
            if let (Some(_), None, Some(parent)) = (&after, &before, &parent)
                && let Some(found) = self.moved_from(parent, &commit, &path)?
            {
                before = self.text(parent, &found);
                before_path = found;
            }
            if before != after || before_path != path {
                steps.push(Step { commit: told(&commit), path: self.inside(&path), before: before.clone(), after });
            }
            if before.is_none() && !steps.is_empty() || steps.len() >= most {
                break;
            }
            path = before_path;
        }
        Ok(steps)
    }

    fn inside(&self, path: &Path) -> String {
        path.strip_prefix(&self.prefix).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }

    fn text(&self, commit: &Commit<'_>, path: &Path) -> Option<String> {
        let entry = commit.tree().ok()?.get_path(path).ok()?;
        let blob = self.repository.find_blob(entry.id()).ok()?;
        Some(String::from_utf8_lossy(blob.content()).into_owned())
    }

    /// Where a file was before a commit moved it.
    fn moved_from(
        &self,
        parent: &Commit<'_>,
        commit: &Commit<'_>,
        path: &Path,
    ) -> Result<Option<PathBuf>, git2::Error> {
        let (old, new) = (parent.tree()?, commit.tree()?);
        let mut diff = self.repository.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut DiffOptions::new()))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        let found =
            diff.deltas().find(|delta| delta.new_file().path() == Some(path) && delta.old_file().path() != Some(path));
        Ok(found.and_then(|delta| delta.old_file().path().map(Path::to_owned)).filter(|old| old != path))
    }

    /// Says which commit a line of a file is from.
    ///
    /// # Errors
    /// No such revision or file; a repository that cannot be read.
    pub fn of_line(&self, revision: &str, path: &str, line: usize) -> Result<Option<Told>, Diagnostic> {
        let find = || -> Result<Option<Told>, git2::Error> {
            let newest = self.repository.revparse_single(revision)?.peel_to_commit()?.id();
            let mut options = BlameOptions::new();
            options.newest_commit(newest).min_line(line).max_line(line).track_copies_same_file(true);
            let blame = self.repository.blame_file(&self.prefix.join(path), Some(&mut options))?;
            let Some(hunk) = blame.get_line(line) else { return Ok(None) };
            Ok(Some(told(&self.repository.find_commit(hunk.final_commit_id())?)))
        };
        find().map_err(|error| broken(&error))
    }
}
