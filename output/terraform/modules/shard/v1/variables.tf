# The contract of a shard. Every name, address and limit comes from the caller; nothing is derived here.

variable "shard" {
  description = "Who the shard is. `state` is active, cordoned, draining, maintenance (sites turn read-only) or retired; a retired shard may be destroyed."
  type = object({
    id     = string
    region = string
    state  = string
  })
}

variable "labels" {
  description = "Labels of every resource of the shard. Keys and values already follow the label syntax."
  type        = map(string)
}

variable "project" {
  description = "The shard's own project. `folder` is a path of folder display names below the organisation, at most two deep, because a folder's number is only known to Google. `name` has at most 30 characters; `number` is that of a project that was there before, else empty."
  type = object({
    id              = string
    number          = string
    name            = string
    organization_id = string
    root_folder     = string
    folder          = string
    billing_account = string
    prevent_destroy = bool
  })
}

variable "network" {
  description = "The shared network of the host project and the subnet that this shard gets in it."
  type = object({
    host_project = string
    network      = string
    subnet_name  = string
    subnet_cidr  = string
  })
}

variable "firewall" {
  description = "Names of the shard's firewall rules in the host project."
  type = object({
    clients_name      = string
    health_check_name = string
  })
}

variable "load_balancer_users" {
  description = "Members that may refer to this project's backend services from an edge's URL map."
  type        = list(string)
}

variable "images" {
  description = "The repository of container images. The shard's service agent and machines may read it."
  type = object({
    project    = string
    location   = string
    repository = string
  })
}

variable "database" {
  description = "The shared Cloud SQL instance. `maintenance.day` is 1 for Monday to 7 for Sunday; `endpoint` is where the private network reaches it; `client_projects` may make endpoints."
  type = object({
    name                = string
    version             = string
    edition             = string
    tier                = string
    availability        = string
    data_cache          = bool
    ssl_mode            = string
    flags               = map(string)
    deletion_protection = bool
    final_backup_days   = number
    client_projects     = list(string)
    disk = object({
      type    = string
      size_gb = number
      max_gb  = number
    })
    backup = object({
      start_time = string
      retained   = number
      pitr_days  = number
      location   = string
    })
    maintenance = object({
      day   = number
      hour  = number
      track = string
    })
    insights = object({
      enabled                = bool
      query_string_length    = number
      query_plans_per_minute = number
    })
    endpoint = object({
      address_name = string
      rule_name    = string
      ip           = string
      subnetwork   = string
    })
  })
}

variable "replicas" {
  description = "Read replicas by name. `role` is read or dr; a dr replica stands in another region and may keep backups of its own after promotion."
  type = map(object({
    name                = string
    region              = string
    tier                = string
    role                = string
    availability        = string
    max_lag_seconds     = number
    deletion_protection = bool
    endpoint = object({
      address_name = string
      rule_name    = string
      ip           = string
      subnetwork   = string
    })
  }))
}

variable "config_bucket" {
  description = "The versioned bucket with the desired state of the databases and the pool's configuration. No object in it holds a secret."
  type = object({
    name             = string
    location         = string
    versions         = number
    soft_delete_days = number
  })
}

variable "provision" {
  description = "The job that makes databases, users, grants and secret values. `desired` is the text of desired.json; `token` changes when the job has to run again; `secret_prefix` begins the id of every secret that it may write."
  type = object({
    job_name       = string
    account_id     = string
    display_name   = string
    image          = string
    args           = list(string)
    env            = map(string)
    cpu            = string
    memory         = string
    timeout        = string
    max_retries    = number
    token          = string
    desired_object = string
    desired        = string
    secret_prefix  = string
  })
}

variable "secrets" {
  description = "Secret containers of all sites, as the site modules give them out. The provisioning job runs after they exist."
  type        = list(string)
}

variable "pool" {
  description = "The ProxySQL group, or null when sites reach the database without one. `config` and `users` are the texts of proxysql.cnf and pool.json: a new `config` replaces the machines one by one, new `users` reach them without. The agent runs once with `agent_init_args` before ProxySQL starts and then beside it with `agent_args`. `authorities` are objects with the certificate authorities of servers: of `primary` or of a replica by its key. `reader_port` 0 means no read splitting."
  type = object({
    account_id      = string
    display_name    = string
    machine_type    = string
    disk_gb         = number
    disk_type       = string
    os_image        = string
    image           = string
    args            = list(string)
    agent_image     = string
    agent_init_args = list(string)
    agent_args      = list(string)
    template_prefix = string
    group_name      = string
    autoscaler_name = string
    base_name       = string
    zones           = list(string)
    min             = number
    max             = number
    cpu_target      = number
    port            = number
    reader_port     = number
    health_port     = number
    health_path     = string
    health_name     = string
    healing_name    = string
    backend_name    = string
    rule_name       = string
    address_name    = string
    ip              = string
    drain_seconds   = number
    config_object   = string
    config          = string
    users_object    = string
    users           = string
    authorities     = map(string)
    secret_prefix   = string
  })
}

variable "pool_secrets" {
  description = "Ids of the secrets of whoever runs a pool, on the shard's machines or beside a site, such as the password of the user that watches the servers. The job fills them."
  type        = list(string)
}

variable "cache" {
  description = "The object cache of the shard. `engine` is valkey, redis or none; `acl` gives a Valkey user the keys of its own site alone."
  type = object({
    engine              = string
    name                = string
    version             = string
    tier                = string
    node_type           = string
    memory_gb           = number
    replicas            = number
    evict               = string
    auth                = bool
    tls                 = bool
    deletion_protection = bool
    acl_policy          = string
    acl = list(object({
      username = string
      rule     = string
    }))
    maintenance = object({
      day  = string
      hour = number
    })
  })
}

variable "media_bucket" {
  description = "One media bucket for all sites of the shard, or null when each site has its own."
  type = object({
    name             = string
    location         = string
    class            = string
    versioning       = bool
    noncurrent_days  = number
    soft_delete_days = number
    prevent_destroy  = bool
  })
}

variable "armor" {
  description = "Cloud Armor policies by level, standard or enterprise. A backend service takes a policy of its own project only, so they stand in every shard. A rule has either `ranges` or an `expression`, the other one empty; a rule with a `rate` has the action `throttle` or, with `ban_seconds` above 0, `rate_based_ban`."
  type = map(object({
    name                = string
    description         = string
    adaptive_protection = bool
    json_parsing        = string
    log_level           = string
    default_action      = string
    rules = list(object({
      priority    = number
      description = string
      action      = string
      preview     = bool
      expression  = string
      ranges      = list(string)
      rate = object({
        count            = number
        interval_seconds = number
        keys = list(object({
          type = string
          name = string
        }))
        exceed_action = string
        ban_seconds   = number
      })
      exclusions = list(object({
        rule_set = string
        rule_ids = list(string)
        paths    = list(string)
      }))
    }))
  }))
}

variable "channels" {
  description = "Notification channels by name. An alert can only use channels of its own project, so the platform's channels are repeated here. `type` is Google's: email, pagerduty, webhook_basicauth. `secret` is the full id of the secret with the channel's key or password, empty for e-mail."
  type = map(object({
    type           = string
    display_name   = string
    address        = string
    secret         = string
    secret_version = string
  }))
}

variable "scheduler" {
  description = "The identity as which Cloud Scheduler calls sites and starts workflows."
  type = object({
    account_id   = string
    display_name = string
  })
}

variable "workflows" {
  description = "The workflows of the shard: `cron` runs a job of a site, `dump` dumps sites, `restore_check` proves backups. Each runs as an identity of its own."
  type = map(object({
    name         = string
    account_id   = string
    display_name = string
  }))

  validation {
    condition     = join(",", sort(keys(var.workflows))) == "cron,dump,restore_check"
    error_message = "There are exactly these workflows: cron, dump, restore_check."
  }
}

variable "backup" {
  description = "Backups of the instance and of each site. `vault` holds backups of the whole instance, which nobody can delete for `minimum_days`; `buckets` are those with dumps, by region; `keep_days` are all ages at which a dump is deleted; `dumps` and `checks` are schedules with the sites that they are for, by group. The job runs `args` unless the workflow gives others."
  type = object({
    vault = object({
      id             = string
      plan_id        = string
      association_id = string
      minimum_days   = number
      retention_days = number
      log_days       = number
      start_hour     = number
    })
    job = object({
      name          = string
      account_id    = string
      display_name  = string
      image         = string
      args          = list(string)
      env           = map(string)
      cpu           = string
      memory        = string
      timeout       = string
      max_retries   = number
      database_role = string
    })
    buckets = map(object({
      name     = string
      location = string
    }))
    keep_days        = list(number)
    soft_delete_days = number
    prevent_destroy  = bool
    dumps = map(object({
      job_name = string
      schedule = string
      sites = list(object({
        site       = string
        database   = string
        to         = string
        keep       = string
        media      = string
        encryption = string
      }))
    }))
    checks = map(object({
      job_name = string
      schedule = string
      mode     = string
      sites = list(object({
        site     = string
        database = string
        prefix   = string
        rto      = number
      }))
    }))
  })
}

variable "metrics" {
  description = "Names of the counters that are read out of logs: what workflows report, and calls of schedules that failed."
  type = object({
    work         = string
    failed_calls = string
  })
}

variable "log_views" {
  description = "Parts of the project's logs that somebody can be shown, by name. `filter` is about the kind of resource."
  type = map(object({
    description = string
    filter      = string
  }))
}

variable "alerts" {
  description = "Alert policies of the shard and of its sites by name. `filter` names metric type and resource type; with a `denominator`, a filter too, the value is a share of it. `group_by` tells the series apart, such as by site, so that one policy serves many. `silence_rings`: a series that ends counts as too low. `notify` are keys of `channels`."
  type = map(object({
    display_name     = string
    documentation    = string
    severity         = string
    filter           = string
    denominator      = string
    comparison       = string
    threshold        = number
    duration         = string
    alignment_period = string
    aligner          = string
    reducer          = string
    group_by         = list(string)
    silence_rings    = bool
    notify           = list(string)
  }))
}

variable "dashboard" {
  description = "The shard's dashboard as JSON in Google's form, empty for none."
  type        = string
}

variable "logs" {
  description = "How long the project keeps its logs."
  type = object({
    location       = string
    retention_days = number
  })
}

variable "throttle_topic" {
  description = "Topic to which the budgets of sites that are to be throttled send their messages; empty for none."
  type        = string
}

variable "budget" {
  description = "The shard's monthly budget. `amount` is in whole units of `currency`; `thresholds` are fractions; `notify` are keys of `channels`."
  type = object({
    billing_account = string
    display_name    = string
    currency        = string
    amount          = string
    thresholds      = list(number)
    notify          = list(string)
  })
}
