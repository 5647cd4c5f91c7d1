//! What is rolled out and how: images, Terraform, blueprints, Git, environments, channels, waves, the plugin catalogue.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::quantity::Decimal;
use crate::spec::values::{pattern, version_map, versions};

layered! {
    /// Where container images are kept.
    #[schemars(extend("required" = ["location"]))]
    pub struct Artifacts / ArtifactsLayer {
        /// The project of the repository; the shared project when left out.
        #[schemars(regex(pattern = pattern::PROJECT), example = &"aip-shared-7f3k")]
        project: Option<Spanned<String>>,
        /// The location of the repository: a region or the multi-region `europe`, `us` or `asia`, near to the shards that pull from it.
        #[schemars(regex(pattern = r"^(europe|us|asia|[a-z]+-[a-z]+[0-9]+)$"), example = &"europe")]
        location: Spanned<String>,
        /// The id of the repository.
        #[schemars(regex(pattern = pattern::NAME), length(max = 63), example = &"runtime")]
        repository: Spanned<String>,
        /// The digests of the tools' images. With a digest, nodes, jobs and builds take that image and no other one; without
        /// it, the one that has the version as its tag.
        #[schemars(extend("minProperties" = 1))]
        digests: Option<ToolDigests>,
    }
}

layered! {
    /// Digests of images that are not of a site: `sha256:` and 64 hexadecimal digits each.
    pub struct ToolDigests / ToolDigestsLayer {
        /// Of `aipress` in the fleet's repository, which provisions, dumps, keeps the pools and runs the builds.
        #[schemars(regex(pattern = pattern::DIGEST), example = &"sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752")]
        aipress: Option<Spanned<String>>,
        /// Of `hashicorp/terraform` in the version of `terraform.version`, which the builds run.
        #[schemars(regex(pattern = pattern::DIGEST), example = &"sha256:fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13")]
        terraform: Option<Spanned<String>>,
        /// Of the image with `gcloud` and `git`, which the builds run; its version is the compiler's.
        #[schemars(regex(pattern = pattern::DIGEST), example = &"sha256:a4e624d686e03ed2767c0abd85c14426b0b1157d2ce81d27bb4fe4f6f01d688a")]
        cloud_sdk: Option<Spanned<String>>,
    }
}

layered! {
    /// Versions of Terraform and its providers, and where states are kept.
    #[schemars(extend("required" = ["version", "providers", "stateBucket", "kmsKey"]))]
    pub struct Terraform / TerraformLayer {
        /// The exact version of Terraform, quoted. Write-only arguments, which keep secrets out of states, need 1.11 or later.
        #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+$"), extend("x-version" = true), example = &"1.11.4")]
        version: Spanned<String>,
        /// The exact version of each provider by name, quoted. Each must lie in the range that the blueprints support.
        #[schemars(schema_with = "version_map", extend("minProperties" = 1))]
        providers: BTreeMap<String, Spanned<String>>,
        /// The bucket that holds every state: 3 to 63 lower-case letters, digits and hyphens; unique over all of Google Cloud.
        #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"), example = &"aip-tfstate-7f3k")]
        state_bucket: Spanned<String>,
        /// The name of the key that encrypts the states.
        #[schemars(regex(pattern = r"^[A-Za-z0-9_-]{1,63}$"), example = &"tfstate")]
        kms_key: Spanned<String>,
    }
}

layered! {
    /// Pinned versions of the blueprints: the names of their folders.
    pub struct Blueprints / BlueprintsLayer {
        /// The blueprint of state bucket, keys and pipeline identities.
        #[schemars(regex(pattern = pattern::BLUEPRINT))]
        bootstrap: Spanned<String>,
        /// The blueprint of folders, shared projects, network, Spanner and registry.
        #[schemars(regex(pattern = pattern::BLUEPRINT))]
        platform: Spanned<String>,
        /// The blueprint of a load-balancer cell.
        #[schemars(regex(pattern = pattern::BLUEPRINT))]
        edge: Spanned<String>,
        /// The blueprint of a shard. A shard may pin its own.
        #[schemars(regex(pattern = pattern::BLUEPRINT))]
        shard: Spanned<String>,
        /// The blueprint of a site. A shard may pin its own.
        #[schemars(regex(pattern = pattern::BLUEPRINT))]
        site: Spanned<String>,
    }
}

layered! {
    /// How the output is laid out.
    pub struct Output / OutputLayer {
        /// How sites are spread over the files of their shard.
        layout: Spanned<Layout>,
    }
}

/// How sites are spread over the files of their shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// One Terraform file per site.
    Site,
    /// One `sites.tf` per shard.
    Shard,
}

layered! {
    /// The Git repository that holds the fleet.
    #[schemars(extend("required" = ["owner", "repository"]))]
    pub struct Git / GitLayer {
        /// Who hosts the repository.
        provider: Spanned<GitProvider>,
        /// The account or group that the repository belongs to.
        #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$"), example = &"hosting-example")]
        owner: Spanned<String>,
        /// The repository's name.
        #[schemars(regex(pattern = r"^[A-Za-z0-9._-]{1,100}$"), example = &"fleet")]
        repository: Spanned<String>,
        /// The name of the Cloud Build connection to the provider.
        #[schemars(regex(pattern = pattern::NAME), length(max = 60), example = &"github")]
        connection: Spanned<String>,
        /// The secret, in the shared project, with the token of the provider's app.
        #[schemars(regex(pattern = pattern::SECRET), example = &"github-token")]
        token_secret: Spanned<String>,
        /// The version of that secret.
        #[schemars(range(min = 1))]
        token_version: Spanned<u32>,
        /// The number of the app's installation at GitHub; needed there.
        #[schemars(range(min = 1), example = &51234567)]
        installation_id: Option<Spanned<u64>>,
        /// The secret, in the shared project, that signs the events of GitLab; needed there.
        #[schemars(regex(pattern = pattern::SECRET), example = &"gitlab-webhook")]
        webhook_secret: Option<Spanned<String>>,
        /// The version of that secret.
        #[schemars(range(min = 1))]
        webhook_version: Spanned<u32>,
        /// The secret, in the shared project, with a token that may read the repository and comment on pull requests, and nothing else: whoever opens a pull request can read it. Without one the plan stands in the build's log only. GitHub only.
        #[schemars(regex(pattern = pattern::SECRET), example = &"github-comment-token")]
        comment_secret: Option<Spanned<String>>,
        /// The version of that secret.
        #[schemars(range(min = 1))]
        comment_version: Spanned<u32>,
        /// The branch that is applied.
        #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$"), example = &"main")]
        default_branch: Spanned<String>,
    }
}

/// Who hosts the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GitProvider {
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
}

layered! {
    /// A kind of environment.
    pub struct PlatformEnvironment / PlatformEnvironmentLayer {
        /// The environment's name. Tenants write `staging` and `pr-<number>`; the latter are of the kind `preview`.
        #[schemars(regex(pattern = pattern::NAME), length(max = 20), example = &"staging")]
        name: Spanned<String>,
        /// What it is for. Exactly one environment is of the kind `production`; one of another name has to say its kind.
        kind: Spanned<EnvironmentKind>,
        /// How many people have to approve an apply to it. From 0 to 5.
        #[schemars(range(max = 5))]
        approvals: Spanned<u32>,
        /// The environment that a change has to pass first.
        #[schemars(regex(pattern = pattern::NAME), example = &"staging")]
        promote_from: Option<Spanned<String>>,
        /// Which of the platform's folders its projects are in.
        folder: Spanned<FolderRole>,
    }
}

/// What an environment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentKind {
    /// Serves the public.
    Production,
    /// Where changes are tried, as long as the tenant lives.
    Staging,
    /// Lives as long as a pull request.
    Preview,
}

/// One of the platform's folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FolderRole {
    /// `folders.production`.
    Production,
    /// `folders.nonProduction`.
    NonProduction,
}

layered! {
    /// A runtime image.
    #[schemars(extend("required" = ["image", "digest", "php", "wordpress"]))]
    pub struct RuntimeChannel / RuntimeChannelLayer {
        /// The channel's name. A channel `stable` must exist: tenants use it when they say nothing.
        #[schemars(regex(pattern = pattern::NAME), length(max = 20), example = &"stable")]
        name: Spanned<String>,
        /// The image's name in the repository of `artifacts`.
        #[schemars(regex(pattern = r"^[a-z0-9]+([._/-][a-z0-9]+)*$"), length(max = 128), example = &"wordpress-runtime")]
        image: Spanned<String>,
        /// The digest that every site of this channel runs: `sha256:` and 64 hexadecimal digits.
        #[schemars(regex(pattern = pattern::DIGEST), example = &"sha256:1111111111111111111111111111111111111111111111111111111111111111")]
        digest: Spanned<String>,
        /// Versions of PHP that the image has, quoted; the last one is the newest.
        #[schemars(schema_with = "versions", extend("examples" = [["8.2", "8.3"]]))]
        php: Vec<Spanned<String>>,
        /// Versions of WordPress that the image has, quoted; the last one is the newest.
        #[schemars(schema_with = "versions", extend("examples" = [["6.8.3", "6.9.1"]]))]
        wordpress: Vec<Spanned<String>>,
    }
}

layered! {
    /// How updates roll over the fleet.
    #[schemars(extend("required" = ["waves"]))]
    pub struct Updates / UpdatesLayer {
        /// Rings of a rollout, in their order.
        #[schemars(length(min = 1), extend("x-key" = "name"))]
        waves: Vec<Wave>,
    }
}

layered! {
    /// A ring of a rollout.
    #[schemars(extend("required" = ["order"]))]
    pub struct Wave / WaveLayer {
        /// The wave's name.
        #[schemars(regex(pattern = pattern::NAME), length(max = 20), example = &"w1")]
        name: Spanned<String>,
        /// Its place in the order, from 1; no two waves have the same.
        #[schemars(range(min = 1, max = 100), example = &1)]
        order: Spanned<u32>,
        /// How many hours it has to run well before the next one starts. From 0 to 336.
        #[schemars(range(max = 336))]
        soak_hours: Spanned<u32>,
        /// The share of its sites, in percent, that changes at once. From 1 to 100.
        #[schemars(range(min = 1, max = 100))]
        percent: Spanned<u32>,
        /// When the wave stops by itself.
        abort: WaveAbort,
    }
}

layered! {
    /// When a wave stops by itself.
    pub struct WaveAbort / WaveAbortLayer {
        /// The share of requests that may fail, from 0 to 1.
        #[schemars(range(min = 0, max = 1), example = &0.01)]
        error_rate: Spanned<Decimal>,
    }
}

layered! {
    /// What is known about code from outside.
    pub struct Catalog / CatalogLayer {
        /// Plugins by slug.
        #[schemars(extend("x-key" = "slug"))]
        plugins: Vec<CatalogPlugin>,
    }
}

layered! {
    /// What is known about a plugin.
    #[schemars(extend("required" = ["status"]))]
    pub struct CatalogPlugin / CatalogPluginLayer {
        /// The plugin's slug on wordpress.org, or the folder that it installs to.
        #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9_-]*$"), length(max = 100), example = &"w3-total-cache")]
        slug: Spanned<String>,
        /// Whether tenants may use it.
        status: Spanned<CatalogStatus>,
        /// Why; needed for `deny`.
        #[schemars(length(min = 3, max = 200), example = &"writes drop-ins and disk cache")]
        reason: Option<Spanned<String>>,
        /// What to use instead: another plugin or a setting.
        #[schemars(length(min = 1, max = 100), example = &"cache.page")]
        alternative: Option<Spanned<String>>,
        /// The lowest version that may run, quoted.
        #[schemars(extend("x-version" = true), example = &"10.0.0")]
        min_version: Option<Spanned<String>>,
    }
}

/// Whether tenants may use a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CatalogStatus {
    /// They may.
    Allow,
    /// They may not.
    Deny,
    /// They may after somebody has looked at it.
    Review,
}
