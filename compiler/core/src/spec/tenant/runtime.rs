//! The site's Cloud Run service: image, PHP, size, environment, probes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::patterns;
use crate::spec::quantity::{Cpu, Memory};

layered! {
    /// How the site runs. The image comes from a channel of the platform or is named by digest, one of the two.
    #[schemars(extend("x-alternatives" = [["channel", "image"]]))]
    pub struct Runtime / RuntimeLayer {
        /// The channel: a name of `runtimeChannels` of the platform. It gives the image and what versions go with it.
        #[schemars(regex(pattern = patterns::ITEM), example = &"stable")]
        channel: Option<Spanned<String>>,
        /// An image of one's own instead of a channel.
        image: Option<Image>,
        /// The version of PHP, in quotes; the newest of the channel if nobody says it. One out of support is refused in
        /// production.
        #[schemars(regex(pattern = patterns::VERSION), extend("x-version" = true), example = &"8.3")]
        php: Option<Spanned<String>>,
        /// How many instances, and how much each takes on.
        scaling: Scaling,
        /// What one instance has.
        resources: Resources,
        /// The pool of PHP workers of one instance.
        fpm: Fpm,
        /// Settings of `php.ini`, from an allow-list: uploads, memory, times, input variables, opcache.
        #[schemars(
            inner(length(max = 64)),
            extend("propertyNames" = {"pattern": r"^(upload_max_filesize|post_max_size|memory_limit|max_execution_time|max_input_time|max_input_vars|max_file_uploads|default_socket_timeout|realpath_cache_size|realpath_cache_ttl|opcache\.[a-z_]+)$"}),
            extend("examples" = [{"memory_limit": "384M", "max_input_vars": "5000"}])
        )]
        ini: BTreeMap<String, Spanned<String>>,
        /// Variables of the environment, for values that are no secret.
        #[schemars(extend("x-key" = "name"))]
        env: Vec<Variable>,
        /// Secrets of Secret Manager that the site gets.
        #[schemars(extend("x-key" = "name"))]
        secrets: Vec<Secret>,
        /// How Cloud Run knows that an instance is ready, and that it still lives.
        probes: Probes,
    }
}

layered! {
    /// An image by digest.
    #[schemars(extend("required" = ["repository", "digest"]))]
    pub struct Image / ImageLayer {
        /// The repository in Artifact Registry, with the image's name.
        #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9._/-]{0,254}$"), example = &"europe-docker.pkg.dev/aip-shared-7f3k/runtime/acme")]
        repository: Spanned<String>,
        /// The image's digest; tags are not allowed, they move.
        #[schemars(regex(pattern = patterns::DIGEST), example = &"sha256:1111111111111111111111111111111111111111111111111111111111111111")]
        digest: Spanned<String>,
    }
}

layered! {
    /// How many instances a site has, and how much each takes on.
    pub struct Scaling / ScalingLayer {
        /// Instances that always run; 0 lets the site sleep, and the first visitor waits for a start. At most the
        /// tier's `limits.instances`.
        #[schemars(range(min = 0, max = 1000), example = &1)]
        min: Spanned<u32>,
        /// Instances at most, `min` or more; at most the tier's `limits.instances`.
        #[schemars(range(min = 1, max = 1000), example = &8)]
        max: Spanned<u32>,
        /// Requests that one instance takes at a time, at most 1,000 (Cloud Run) and at most 4 times `fpm.maxChildren`.
        /// Derived: twice `fpm.maxChildren`.
        #[schemars(range(min = 1, max = 1000), example = &40)]
        concurrency: Spanned<u32>,
        /// Whether an instance has its processor between requests too; needed by work that goes on after an answer.
        cpu_always: Spanned<bool>,
        /// Whether an instance gets more processor while it starts.
        startup_boost: Spanned<bool>,
        /// Seconds after which Cloud Run gives up on a request; at most 3,600 (Cloud Run).
        #[schemars(range(min = 5, max = 3600))]
        timeout_seconds: Spanned<u32>,
    }
}

layered! {
    /// What one instance has. Cloud Run wants 2Gi or more with 4 processors, 4Gi or more with 6 or 8, at most 32Gi.
    pub struct Resources / ResourcesLayer {
        /// Processors, in quotes: 1, 2, 4, 6, 8, or a fraction from 0.08 up, which allows one request at a time only.
        #[schemars(example = &"1")]
        cpu: Spanned<Cpu>,
        /// Memory. It must hold the workers (64 MiB each), opcache and 96 MiB besides.
        #[schemars(example = &"1Gi")]
        memory: Spanned<Memory>,
    }
}

layered! {
    /// The pool of PHP workers of one instance.
    pub struct Fpm / FpmLayer {
        /// How the pool grows.
        mode: Spanned<FpmMode>,
        /// Workers at most; each is one request at a time and may hold one database connection.
        #[schemars(range(min = 1, max = 100))]
        max_children: Spanned<u32>,
        /// Requests after which a worker is replaced, against memory leaks; 0 is never.
        #[schemars(range(min = 0, max = 100_000))]
        max_requests: Spanned<u32>,
        /// Seconds after which a request is written to the slow log; 0 is never.
        #[schemars(range(min = 0, max = 300))]
        slowlog_seconds: Spanned<u32>,
    }
}

/// How a pool of PHP workers grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FpmMode {
    /// A fixed number of workers.
    Static,
    /// Workers come and go with load.
    Dynamic,
    /// Workers start on demand.
    Ondemand,
}

layered! {
    /// A variable of the environment.
    pub struct Variable / VariableLayer {
        /// The name. Names that the platform or Cloud Run sets are refused.
        #[schemars(regex(pattern = patterns::ENV_NAME), length(max = 255), example = &"ACME_THEME_MODE")]
        name: Spanned<String>,
        /// The value; at most 32,768 bytes (Cloud Run). What looks like a secret is refused.
        #[schemars(length(max = 32_768), example = &"corporate")]
        value: Spanned<String>,
    }
}

layered! {
    /// A secret that the site gets; its value never passes through Git, the output or Terraform.
    pub struct Secret / SecretLayer {
        /// The name under which the site finds it: a variable, or a file of that name under `/secrets`.
        #[schemars(regex(pattern = patterns::ENV_NAME), length(max = 255), example = &"CRM_API_KEY")]
        name: Spanned<String>,
        /// The secret in Secret Manager; it must be in the list of the tenant's owner.
        #[schemars(regex(pattern = patterns::SECRET), example = &"acme-crm-key")]
        r#ref: Spanned<String>,
        /// The version; production must name one, other environments take the newest if it is not said.
        #[schemars(range(min = 1, max = 1_000_000), example = &3)]
        version: Option<Spanned<u32>>,
        /// How the site gets it.
        mount: Spanned<SecretMount>,
    }
}

/// How a site gets a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretMount {
    /// As a variable of the environment.
    Env,
    /// As a file.
    File,
}

layered! {
    /// How Cloud Run knows that an instance is ready, and that it still lives.
    pub struct Probes / ProbesLayer {
        /// Asked until it answers; only then the instance gets visitors. It must test the way to the database, because
        /// the network of a new instance may take more than a minute.
        startup: StartupProbe,
        /// Asked all the time; an instance that stops answering is replaced.
        liveness: LivenessProbe,
    }
}

layered! {
    /// The probe of a starting instance. `periodSeconds` times `failureThreshold` is at most 240 seconds (Cloud Run).
    pub struct StartupProbe / StartupProbeLayer {
        /// The path to ask.
        #[schemars(regex(pattern = patterns::PATH), length(max = 255), example = &"/-/db-ready")]
        path: Spanned<String>,
        /// Seconds between two questions.
        #[schemars(range(min = 1, max = 240))]
        period_seconds: Spanned<u32>,
        /// Seconds to wait for an answer, at most `periodSeconds`.
        #[schemars(range(min = 1, max = 240))]
        timeout_seconds: Spanned<u32>,
        /// Failures in a row after which the start has failed.
        #[schemars(range(min = 1, max = 240))]
        failure_threshold: Spanned<u32>,
    }
}

layered! {
    /// The probe of a running instance.
    pub struct LivenessProbe / LivenessProbeLayer {
        /// The path to ask; it must not depend on the database, or one slow database restarts every instance.
        #[schemars(regex(pattern = patterns::PATH), length(max = 255), example = &"/-/php-ping")]
        path: Spanned<String>,
        /// Seconds between two questions, at most 3,600 (Cloud Run).
        #[schemars(range(min = 1, max = 3600))]
        period_seconds: Spanned<u32>,
        /// Seconds to wait for an answer, at most `periodSeconds`.
        #[schemars(range(min = 1, max = 3600))]
        timeout_seconds: Spanned<u32>,
        /// Failures in a row after which the instance is replaced.
        #[schemars(range(min = 1, max = 240))]
        failure_threshold: Spanned<u32>,
    }
}
