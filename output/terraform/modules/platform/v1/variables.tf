# The contract of the platform: what all edges and shards share. Every name comes from the caller.

variable "organization" {
  description = "The organisation's number and domain."
  type = object({
    id     = string
    domain = string
  })
}

variable "labels" {
  description = "Labels of every resource that takes them. Keys and values already follow the label syntax."
  type        = map(string)
}

variable "folders" {
  description = "Display names of the folders: one at the top, two below it."
  type = object({
    root            = string
    production      = string
    non_production  = string
    prevent_destroy = bool
  })
}

variable "projects" {
  description = "The shared, edge and logging projects. `apis` are the services to switch on; `audit` writes data access logs of all services."
  type = map(object({
    id              = string
    name            = string
    billing_account = string
    apis            = list(string)
    audit           = bool
    prevent_destroy = bool
  }))

  validation {
    condition     = alltrue([for key in ["shared", "edge", "logging"] : contains(keys(var.projects), key)])
    error_message = "The projects must include: shared, edge, logging."
  }
}

variable "org_policies" {
  description = "Organisation policies on the root folder by constraint. `enforce` is TRUE, FALSE or empty for a list constraint with `allowed` and `denied` values or, with `deny_all`, none."
  type = map(object({
    enforce  = string
    allowed  = list(string)
    denied   = list(string)
    deny_all = bool
  }))
}

variable "network" {
  description = "The shared network of the shared project and the range that all its addresses come from. `reserved` keeps address ranges away from everything else in the network."
  type = object({
    name = string
    cidr = string
    reserved = map(object({
      name = string
      cidr = string
    }))
  })
}

variable "private_services" {
  description = "A range for Google services that take no Private Service Connect, which is Memorystore for Redis; null when no shard has one."
  type = object({
    name = string
    cidr = string
  })
  default = null
}

variable "regions" {
  description = "Regions by name. `endpoint_cidr` holds the addresses of database endpoints; `subnet_cidr` is where the shards' subnets come from and gets reserved; `cache_policy` lets caches connect by themselves."
  type = map(object({
    subnet_range_name = string
    subnet_cidr       = string
    endpoint_subnet   = string
    endpoint_cidr     = string
    cache_policy      = string
    cache_connections = number
    description       = string
  }))
}

variable "dns" {
  description = "The public zone of the platform's domain, in the edge project, with the names of the domain's proof and of its wildcard certificate."
  type = object({
    zone          = string
    domain        = string
    description   = string
    authorization = string
    certificate   = string
  })
}

variable "artifacts" {
  description = "The repository of container images, in `project`. Untagged images older than `untagged_days` go, the newest `keep` of each stay."
  type = object({
    project       = string
    location      = string
    repository    = string
    description   = string
    keep          = number
    untagged_days = number
  })
}

variable "spanner" {
  description = "The control plane's database. `retention` is how far back it can be read, such as `7d`."
  type = object({
    instance         = string
    display_name     = string
    config           = string
    edition          = string
    processing_units = number
    database         = string
    retention        = string
    prevent_destroy  = bool
    backup = object({
      name      = string
      cron      = string
      retention = string
    })
  })
}

variable "logging" {
  description = "Sinks for all projects below the root folder, each into a dataset of its own in the logging project."
  type = map(object({
    sink           = string
    filter         = string
    dataset        = string
    description    = string
    location       = string
    retention_days = number
  }))
}

variable "build" {
  description = "Cloud Build: the connection to the Git provider (github or gitlab) and the repository. The token, and for gitlab the webhook's secret, are secrets by full id that somebody else filled. `comment_secret` holds a token that may comment and nothing else, empty for none; `comment_reader` is the member that builds of pull requests run as."
  type = object({
    location        = string
    connection      = string
    installation_id = number
    provider        = string
    token_secret    = string
    token_version   = string
    webhook_secret  = string
    webhook_version = string
    repository      = string
    remote_uri      = string
    comment_secret  = string
    comment_reader  = string
  })
}

variable "triggers" {
  description = "Cloud Build triggers by name. `event` is pull_request, push or manual; `account` is the full id of the identity that the build runs as; `schedule` is a cron line for a manual trigger, empty for none, and `scheduler` the key in `identities` that starts it."
  type = map(object({
    name           = string
    description    = string
    event          = string
    branch         = string
    filename       = string
    account        = string
    approval       = bool
    included_files = list(string)
    ignored_files  = list(string)
    substitutions  = map(string)
    schedule       = string
    time_zone      = string
    scheduler      = string
  }))
}

variable "identities" {
  description = "Service accounts of builds in the shared project, beside those of bootstrap: for images and schedules. `roles` are granted on the shared project."
  type = map(object({
    account_id   = string
    display_name = string
    description  = string
    roles        = list(string)
  }))
}

variable "roles" {
  description = "Custom roles of the organisation by id: what the fleet's access roles may do in Google Cloud beyond predefined roles."
  type = map(object({
    title       = string
    description = string
    permissions = list(string)
  }))
}

variable "channels" {
  description = "Notification channels by name, in the shared project. `type` is Google's: email, pagerduty, webhook_basicauth. `secret` is the full id of the secret with the channel's key or password, empty for e-mail."
  type = map(object({
    type           = string
    display_name   = string
    address        = string
    secret         = string
    secret_version = string
  }))
}

variable "secret_readers" {
  description = "Members that open the keys of channels when they plan this stack, by a name for each."
  type        = map(string)
}

variable "watch" {
  description = "What is watched of the whole fleet. `dashboards` are titles by kind, traffic or control; `notify` are keys of `channels`; `drift_line` begins the line that a build writes for a stack with drift; the ratios are from 0 to 1."
  type = object({
    title         = string
    dashboards    = map(string)
    notify        = list(string)
    drift_metric  = string
    drift_line    = string
    error_ratio   = number
    spanner_ratio = number
  })
}

variable "budget" {
  description = "The monthly budget of everything below the root folder. `amount` is in whole units of `currency`; `thresholds` are fractions; `notify` are keys of `channels`."
  type = object({
    billing_account = string
    display_name    = string
    currency        = string
    amount          = string
    thresholds      = list(number)
    notify          = list(string)
  })
}
