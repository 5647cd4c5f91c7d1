# The contract of a site. Every name, address and limit comes from the caller; nothing is derived here.

variable "site" {
  description = "Who the site is and where it runs. `id` is the site's id (`acme--staging`); `environment_kind` is production, staging or preview."
  type = object({
    id               = string
    tenant           = string
    environment      = string
    environment_kind = string
    display_name     = string
    description      = string
    project          = string
    region           = string
  })
}

variable "lifecycle_state" {
  description = "active, suspended (the service answers 503), archived or deleting (no service; bucket, secret and backend are kept)."
  type        = string

  validation {
    condition     = contains(["active", "suspended", "archived", "deleting"], var.lifecycle_state)
    error_message = "The lifecycle state must be one of: active, suspended, archived, deleting."
  }
}

variable "labels" {
  description = "Labels of every resource of the site: tenant, environment, owner, tier and the fleet's own. Keys and values already follow the label syntax."
  type        = map(string)
}

variable "annotations" {
  description = "Free text about the site that is too long or too varied for a label, such as its backup profile and contact. Annotates the service and the secret; a change starts no new revision."
  type        = map(string)
}

variable "config" {
  description = "The whole runtime configuration of the site as one JSON text. The container reads it from AIPRESS_SITE."
  type        = string

  # Cloud Run refuses an environment value above 32 KiB.
  validation {
    condition     = length(var.config) <= 32768
    error_message = "The runtime configuration must not be longer than 32768 characters."
  }
}

variable "ready" {
  description = "Handle of the shard: known once its APIs are on, its subnet is shared and its provisioning job has run. Only the order matters, not the value."
  type        = string
}

variable "apis" {
  description = "Handle of the shard: known once its APIs are on. Secrets and buckets wait for this alone, because the provisioning job waits for them."
  type        = string
}

variable "service_account" {
  description = "The site's own identity: its secret and its media are readable by no other site."
  type = object({
    account_id   = string
    display_name = string
    description  = string
  })
}

variable "service" {
  description = "The Cloud Run service. `cpu` and `memory` are Kubernetes quantities; `cpu_always` keeps the CPU between requests; `concurrency` is requests per instance."
  type = object({
    name            = string
    description     = string
    min_instances   = number
    max_instances   = number
    concurrency     = number
    timeout_seconds = number
    cpu             = string
    memory          = string
    cpu_always      = bool
    startup_boost   = bool
  })
}

variable "runtime" {
  description = "The WordPress container. `image` ends with a digest. `secret_env` and `secret_files` name a secret by its full id and an exact version; a file appears as `<directory>/<file>`, each in a directory of its own. `secret_grants` are the ids of all secrets named here, once each."
  type = object({
    image = string
    port  = number
    env   = map(string)
    secret_env = map(object({
      secret  = string
      version = string
    }))
    secret_files = map(object({
      secret    = string
      version   = string
      directory = string
      file      = string
    }))
    secret_grants = list(string)
    startup_probe = object({
      path                  = string
      initial_delay_seconds = number
      period_seconds        = number
      timeout_seconds       = number
      failure_threshold     = number
    })
    liveness_probe = object({
      path                  = string
      initial_delay_seconds = number
      period_seconds        = number
      timeout_seconds       = number
      failure_threshold     = number
    })
  })
}

variable "shard_env" {
  description = "Environment variables whose values only Terraform knows, such as the address of the shard's cache."
  type        = map(string)
}

variable "network" {
  description = "Self links of the shared network and of the shard's subnet, and which traffic goes through them: PRIVATE_RANGES_ONLY or ALL_TRAFFIC."
  type = object({
    network    = string
    subnetwork = string
    egress     = string
  })
}

variable "sidecar" {
  description = "A connection pool beside WordPress in each instance, for shards without a pool of their own; null for all others. `files` are the texts of proxysql.cnf and pool.json, `authorities` those of the servers' certificate authorities by the file that the configuration names; the agent writes them to `directory`, a volume in memory of at most `size`, and adds the passwords. It answers `started_path` once they are there. `monitor_secret` is the secret of the user that watches the servers."
  type = object({
    pool = object({
      image       = string
      command     = list(string)
      args        = list(string)
      port        = number
      health_port = number
      health_path = string
      cpu         = string
      memory      = string
    })
    agent = object({
      image        = string
      args         = list(string)
      env          = map(string)
      port         = number
      started_path = string
      alive_path   = string
      cpu          = string
      memory       = string
    })
    directory      = string
    size           = string
    files          = map(string)
    authorities    = map(string)
    monitor_secret = string
  })
  default = null
}

variable "job_config" {
  description = "The runtime configuration of the jobs where it differs from `config`: with a pool beside the site, jobs connect to the database themselves. Null for the same."
  type        = string
  default     = null
}

variable "secret" {
  description = "The container of the site's passwords and salts. `id` carries the generation; `retained` are the ids of earlier generations that running revisions still read; `locations` empty means automatic replication."
  type = object({
    id                  = string
    version             = string
    retained            = list(string)
    directory           = string
    file                = string
    locations           = list(string)
    deletion_protection = bool
  })
}

variable "bucket" {
  description = "The media bucket. With `folder` set, `name` is a bucket that the shard owns and the site gets a managed folder in it, with the closing slash. `folder` is empty otherwise. `prevent_destroy` refuses a plan that would delete the media."
  type = object({
    name             = string
    folder           = string
    location         = string
    class            = string
    versioning       = bool
    noncurrent_days  = number
    soft_delete_days = number
    mount_path       = string
    mount_options    = list(string)
    prevent_destroy  = bool
  })
}

variable "backend" {
  description = "What the edge's URL map points at. `security_policy` is the self link of a policy in this project, empty for none. `named_cookies` keep a visitor with that cookie in a cache entry of its own; requests with one of `bypass_headers` never see the cache."
  type = object({
    name             = string
    group_name       = string
    description      = string
    security_policy  = string
    response_headers = list(string)
    log_sample_rate  = number
    cdn = object({
      enabled                   = bool
      compression               = bool
      query_strings             = bool
      query_strings_only        = list(string)
      query_strings_ignored     = list(string)
      named_cookies             = list(string)
      bypass_headers            = list(string)
      negative_ttl              = map(number)
      serve_while_stale_seconds = number
    })
  })
}

variable "access" {
  description = "Who may see or operate the service. The key is stable per grant; `until` is a date or empty. The compiler refuses an expired grant, so a grant ends with the commit that removes it. `role` is one that Cloud Run takes: predefined, or a custom role of the organisation by its full name."
  type = map(object({
    member = string
    role   = string
    until  = string
  }))
}

variable "log_readers" {
  description = "Who may read the site's own log bucket, by member; `until` is the last day, or empty. Needs `logs`."
  type = map(object({
    member = string
    role   = string
    until  = string
  }))
}

variable "cron" {
  description = "The schedule that makes WordPress run its due events, or null for none. `path` is called with a token that is made out to `audience` for the identity `caller` (an e-mail address)."
  type = object({
    job_name = string
    schedule = string
    path     = string
    deadline = string
    audience = string
    caller   = string
  })
}

variable "jobs" {
  description = "Work with a schedule of its own, by name. It runs as a Cloud Run job with the image, identity and media of the site; `args` are given to the image."
  type = map(object({
    job_name        = string
    schedule        = string
    args            = list(string)
    timeout_seconds = number
  }))
}

variable "job_runner" {
  description = "What runs `jobs`: the shard's workflow (its id), the member as which it runs, and the e-mail address of the identity that starts it."
  type = object({
    workflow        = string
    workflow_member = string
    caller          = string
  })
}

variable "channels" {
  description = "Notification channels of the shard's project by name: the ids that budgets need."
  type        = map(string)
}

variable "uptime" {
  description = "Uptime checks from outside by name. `period` and `timeout` are like `60s`; `status` is the expected HTTP status, or a class such as `2xx`."
  type = map(object({
    display_name = string
    host         = string
    path         = string
    period       = string
    timeout      = string
    regions      = list(string)
    status       = string
  }))
}

variable "slo" {
  description = "Service level objectives, or null for none. `availability` is a fraction such as 0.9995; `latency_goal` is the fraction of requests that must be faster than `latency_ms`; 0 means no objective for latency."
  type = object({
    service_id      = string
    display_name    = string
    availability_id = string
    availability    = number
    latency_id      = string
    latency_goal    = number
    latency_ms      = number
    window_days     = number
  })
}

variable "logs" {
  description = "A log bucket of the site's own, where its retention differs from the shard's or where somebody may read its logs; null otherwise."
  type = object({
    bucket_id      = string
    sink_name      = string
    location       = string
    retention_days = number
  })
}

variable "budget" {
  description = "The site's monthly budget, or null. `amount` is in whole units of `currency`; `thresholds` are fractions; `label` is the value of the site's cost label; `topic` receives messages when the site is to be throttled, empty when people are only told."
  type = object({
    billing_account = string
    project_number  = string
    display_name    = string
    currency        = string
    amount          = string
    thresholds      = list(number)
    label_key       = string
    label_value     = string
    notify          = list(string)
    topic           = string
  })
}
