//! The forms of texts, as regular expressions that the schema, and so every editor, checks.
//!
//! A form says what a text looks like; whether the thing it names exists, or fits, is a rule's business.

/// The name of a tenant: 3 to 20 characters (the length is checked beside it).
pub const NAME: &str = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
/// A tenant by name, or tenants by a label: `acme`, `segment=smb`.
pub const SELECTOR: &str = r"^[a-z][a-z0-9-]*(=[A-Za-z0-9_-]+)?$";
/// The owner's short name.
pub const ORG: &str = r"^[a-z][a-z0-9-]{2,23}$";
/// A mail address; one `@`, a dot in the host.
pub const EMAIL: &str = r"^[^@\s]+@[^@\s]+\.[^@\s]+$";
/// A host in lower case, international letters allowed, `*.` in front for all names below.
pub const HOST: &str = r"^(\*\.)?[^\s/:*.@A-Z]+(\.[^\s/:*.@A-Z]+)+$";
/// A path on a site.
pub const PATH: &str = r"^/[^\s]*$";
/// A path or an RE2 expression over paths, which starts with `^/`.
pub const PATH_OR_RE2: &str = r"^\^?/[^\s]*$";
/// A path on the same site, or a whole URL.
pub const TARGET: &str = r"^(/|https://)[^\s]*$";
/// An address on the web, encrypted.
pub const URL: &str = r"^https://[^\s]+$";
/// The slug of a plugin, theme or site of a multisite.
pub const SLUG: &str = r"^[a-z0-9][a-z0-9_-]{0,62}$";
/// The name of an item of a list: a check, an alert, a job.
pub const ITEM: &str = r"^[a-z][a-z0-9-]{0,40}$";
/// A version, written as text: no word such as `latest`, no range, no `x` in place of a number.
pub const VERSION: &str = r"^[0-9][0-9A-WYZa-wyz.+-]{0,40}$";
/// The digest of an image.
pub const DIGEST: &str = r"^sha256:[0-9a-f]{64}$";
/// The digest of an archive or a folder.
pub const INTEGRITY: &str = r"^sha256-[0-9a-f]{64}$";
/// A commit or a tag.
pub const GIT_REF: &str = r"^[0-9A-Za-z][0-9A-Za-z._/-]{0,99}$";
/// The name of an environment variable.
pub const ENV_NAME: &str = r"^[A-Z][A-Z0-9_]*$";
/// The name of a secret in Secret Manager: letters, digits, `_`, `-`, at most 255.
pub const SECRET: &str = r"^[A-Za-z0-9_-]{1,255}$";
/// A length of time: a number and `s`, `m`, `h` or `d`.
pub const DURATION: &str = r"^[0-9]{1,7}(s|m|h|d)$";
/// A length of time of at least a minute.
pub const MINUTES: &str = r"^[1-9][0-9]{0,4}(m|h|d)$";
/// Memory: a number and `Mi` or `Gi`.
pub const MEMORY: &str = r"^[1-9][0-9]{0,5}(Mi|Gi)$";
/// Processors: those that Cloud Run offers.
pub const CPU: &str = r"^(1|2|4|6|8|0\.(0[89]|[1-9][0-9]{0,2}))$";
/// A day.
pub const DATE: &str = r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// A day, or a moment in UTC.
pub const MOMENT: &str =
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?Z)?$";
/// Five fields of cron; `H` is a value that the compiler picks from the site's name.
pub const CRON: &str =
    r"^((H|\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[0-9]{1,2})?(,(H|\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[0-9]{1,2})?)*( |$)){5}$";
/// A range of addresses.
pub const CIDR: &str = r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$";
/// A region of Google Cloud.
pub const REGION: &str = r"^[a-z]+(-[a-z]+)+[0-9]+$";
/// An area that data may not leave.
pub const RESIDENCY: &str = r"^[a-z][a-z0-9-]{1,23}$";
/// A principal of IAM.
pub const MEMBER: &str = r"^(group|user|serviceAccount):[^@\s:]+@[^@\s:]+\.[^@\s:]+$";
/// A language of WordPress.
pub const LOCALE: &str = r"^[a-z]{2,3}(_[A-Z]{2})?(_[a-z]+)?$";
/// A zone of the IANA time zone database.
pub const TIMEZONE: &str = r"^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]*){1,2})$";
/// The prefix of WordPress' tables.
pub const TABLE_PREFIX: &str = r"^[a-z][a-z0-9]{0,9}_$";
/// The name of an environment other than production.
pub const ENVIRONMENT: &str = r"^(staging|pr-[1-9][0-9]{0,2})$";
/// An object of a bucket with its generation.
pub const OBJECT: &str = r"^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/[^#\s]+#[0-9]+$";
/// The name of any environment.
pub const ANY_ENVIRONMENT: &str = r"^(production|staging|pr-[1-9][0-9]{0,2})$";
