# What must hold for every shard, whatever the fleet says. Runs without Google: `terraform test` in the module's folder.
#
# Terraform mocks no ephemeral resources yet, and the keys of notification channels are read by one. So the provider itself
# plans here, with a token that opens nothing; everything that it would ask Google for is overridden.
provider "google" {
  project      = "lab-eu1-001-7f3k"
  region       = "europe-west1"
  access_token = "none"
}

mock_provider "google-beta" {}

override_data {
  target = data.google_active_folder.root
  values = { name = "folders/1" }
}

override_data {
  target = data.google_active_folder.shard
  values = { name = "folders/2" }
}

variables {
  shard = {
    id     = "eu1-001"
    region = "europe-west1"
    state  = "active"
  }
  labels = {
    lab-region  = "europe-west1"
    lab-shard   = "eu1-001"
    cell        = "us"
    cost-center = "web"
    operator    = "hosting-example"
  }
  project = {
    id              = "lab-eu1-001-7f3k"
    number          = "482910375512"
    name            = "Shard eu1-001"
    organization_id = "123456789012"
    root_folder     = "aipress"
    folder          = "aipress-prod"
    billing_account = "01A2B3-C4D5E6-F70819"
    prevent_destroy = true
  }
  network = {
    host_project = "lab-shared-7f3k"
    network      = "shared"
    subnet_name  = "lab-eu1-001"
    subnet_cidr  = "100.80.0.0/22"
  }
  firewall = {
    clients_name      = "lab-eu1-001-clients"
    health_check_name = "lab-eu1-001-health"
  }
  load_balancer_users = ["serviceAccount:lab-apply@lab-shared-7f3k.iam.gserviceaccount.com"]
  images = {
    project    = "lab-shared-7f3k"
    location   = "europe"
    repository = "runtime"
  }
  database = {
    name         = "eu1-001-7f3k"
    version      = "MYSQL_8_0"
    edition      = "ENTERPRISE"
    tier         = "db-custom-4-16384"
    availability = "REGIONAL"
    data_cache   = false
    ssl_mode     = "ENCRYPTED_ONLY"
    flags = {
      cloudsql_iam_authentication = "on"
      max_connections             = "800"
    }
    deletion_protection = true
    final_backup_days   = 30
    client_projects     = ["lab-shared-7f3k", "lab-eu1-001-7f3k"]
    disk = {
      type    = "PD_SSD"
      size_gb = 200
      max_gb  = 800
    }
    backup = {
      start_time = "07:00"
      retained   = 14
      pitr_days  = 7
      location   = "us"
    }
    maintenance = {
      day   = 7
      hour  = 8
      track = "stable"
    }
    insights = {
      enabled                = true
      query_string_length    = 1024
      query_plans_per_minute = 5
    }
    endpoint = {
      address_name = "eu1-001-sql-primary"
      rule_name    = "eu1-001-sql-primary"
      ip           = "100.98.0.2"
      subnetwork   = "projects/lab-shared-7f3k/regions/europe-west1/subnetworks/endpoints-europe-west1"
    }
  }
  replicas = {}
  config_bucket = {
    name             = "lab-eu1-001-config-7f3k"
    location         = "EUROPE-WEST1"
    versions         = 30
    soft_delete_days = 7
  }
  provision = {
    job_name     = "provision"
    account_id   = "provision"
    display_name = "Makes databases, users and secret values"
    image        = "europe-docker.pkg.dev/lab-shared-7f3k/runtime/aipress:0.1.0"
    args         = ["provision", "--desired", "gs://lab-eu1-001-config-7f3k/desired.json"]
    env = {
      AIPRESS_SHARD = "eu1-001"
    }
    cpu            = "1"
    memory         = "512Mi"
    timeout        = "1800s"
    max_retries    = 3
    token          = "52585d3548eded2e"
    desired_object = "desired.json"
    desired        = "{}"
    secret_prefix  = "wp-"
  }
  pool = {
    account_id   = "proxysql"
    display_name = "Runs the connection pool"
    machine_type = "e2-small"
    disk_gb      = 20
    disk_type    = "pd-balanced"
    os_image     = "cos-cloud/cos-stable"
    image        = "europe-docker.pkg.dev/lab-shared-7f3k/runtime/proxysql:3.0.2"
    args = [
      "proxysql",
      "-f",
      "--idle-threads",
      "--no-version-check",
      "--initial",
      "-c",
      "/var/lib/aipress/pool/proxysql.cnf",
      "-D",
      "/var/lib/aipress/pool/data",
    ]
    agent_image     = "europe-docker.pkg.dev/lab-shared-7f3k/runtime/aipress:0.1.0"
    agent_init_args = ["pool-agent", "--init"]
    agent_args      = ["pool-agent"]
    template_prefix = "eu1-001-pool-"
    group_name      = "eu1-001-pool"
    autoscaler_name = "eu1-001-pool"
    base_name       = "eu1-001-pool"
    zones           = ["europe-west1-a", "europe-west1-b", "europe-west1-c"]
    min             = 2
    max             = 2
    cpu_target      = 0.6
    port            = 6033
    reader_port     = 0
    health_port     = 6080
    health_path     = "/readyz"
    health_name     = "eu1-001-pool-ready"
    healing_name    = "eu1-001-pool-alive"
    backend_name    = "eu1-001-pool"
    rule_name       = "eu1-001-pool"
    address_name    = "eu1-001-pool"
    ip              = "100.80.0.2"
    drain_seconds   = 60
    config_object   = "proxysql.cnf"
    config          = "# test"
    users_object    = "pool.json"
    users           = "# test"
    authorities     = { "certs/eu1-001-7f3k.pem" = "primary" }
    secret_prefix   = "wp-"
  }
  pool_secrets = ["pool-monitor-g1"]
  cache = {
    engine              = "valkey"
    name                = "eu1-001-cache"
    version             = "VALKEY_8_0"
    tier                = "BASIC"
    node_type           = "STANDARD_SMALL"
    memory_gb           = 3
    replicas            = 0
    evict               = "allkeys-lru"
    auth                = true
    tls                 = true
    deletion_protection = true
    acl_policy          = "eu1-001-cache"
    acl = [
      {
        username = "wp-acme@lab-eu1-001-7f3k.iam"
        rule     = "on ~wp-acme:* +@all -@dangerous"
      },
    ]
    maintenance = {
      day  = "SUNDAY"
      hour = 8
    }
  }
  media_bucket = null
  scheduler = {
    account_id   = "scheduler"
    display_name = "Calls sites and starts workflows on schedule"
  }
  workflows = {
    cron = {
      name         = "cron"
      account_id   = "run-cron"
      display_name = "Runs a job of a site"
    }
    dump = {
      name         = "dump"
      account_id   = "run-dump"
      display_name = "Dumps sites, one after the other"
    }
    restore_check = {
      name         = "restore-check"
      account_id   = "run-restore-check"
      display_name = "Proves that backups can be restored"
    }
  }
  metrics = {
    work         = "aipress/work"
    failed_calls = "aipress/failed_calls"
  }
  log_views = {
    database = {
      description = "The database server's log"
      filter      = "resource.type = \"cloudsql_database\""
    }
    sites = {
      description = "Requests and output of sites"
      filter      = "resource.type = \"cloud_run_revision\""
    }
    work = {
      description = "Jobs that dump, prove and provision"
      filter      = "resource.type = \"cloud_run_job\""
    }
  }
  logs = {
    location       = "europe-west1"
    retention_days = 30
  }
  budget = {
    billing_account = "01A2B3-C4D5E6-F70819"
    display_name    = "Shard eu1-001"
    currency        = "USD"
    amount          = "700"
    thresholds      = [0.8, 1]
    notify          = ["ops"]
  }
  secrets = ["projects/lab-eu1-001-7f3k/secrets/wp-acme-g1"]
  armor   = {}
  channels = {
    ops = {
      type           = "email"
      display_name   = "E-mail ops"
      address        = "ops@lab.example"
      secret         = ""
      secret_version = ""
    }
  }
  dashboard      = ""
  throttle_topic = "throttle"
  alerts = {
    dump-late-daily = {
      display_name     = "A dump is late"
      documentation    = "Look at the workflow."
      severity         = "ERROR"
      filter           = "metric.type=\"logging.googleapis.com/user/aipress/work\" AND resource.type=\"workflows.googleapis.com/Workflow\""
      denominator      = ""
      comparison       = "COMPARISON_LT"
      threshold        = 1
      duration         = "600s"
      alignment_period = "90000s"
      aligner          = "ALIGN_SUM"
      reducer          = "REDUCE_SUM"
      group_by         = ["metric.label.site"]
      silence_rings    = true
      notify           = []
    }
  }
  backup = {
    vault = {
      id             = "eu1-001"
      plan_id        = "eu1-001-database"
      association_id = "eu1-001-database"
      minimum_days   = 7
      retention_days = 14
      log_days       = 7
      start_hour     = 2
    }
    job = {
      name          = "backup"
      account_id    = "backup"
      display_name  = "Dumps and proves one site at a time"
      image         = "europe-docker.pkg.dev/lab-shared-7f3k/runtime/aipress:0.1.0"
      args          = ["dump", "--help"]
      env           = { AIPRESS_SHARD = "eu1-001" }
      cpu           = "2"
      memory        = "2Gi"
      timeout       = "14400s"
      max_retries   = 1
      database_role = "aip_backup"
    }
    buckets = {
      europe-west4 = {
        name     = "lab-eu1-001-dumps-europe-west4-7f3k"
        location = "EUROPE-WEST4"
      }
    }
    keep_days        = [14, 93]
    soft_delete_days = 30
    prevent_destroy  = true
    dumps = {
      daily = {
        job_name = "dump-daily"
        schedule = "59 2 * * *"
        sites = [
          {
            site       = "acme"
            database   = "wp-acme"
            to         = "gs://lab-eu1-001-dumps-europe-west4-7f3k"
            keep       = "daily:14d"
            media      = "gs://lab-eu1-001-wp-acme-7f3k/"
            encryption = "google"
          },
        ]
      }
    }
    checks = {
      restore-30d = {
        job_name = "check-restore-30d"
        schedule = "7 3 1,15 * *"
        mode     = "restore"
        sites = [
          {
            site     = "acme"
            database = "wp-acme"
            prefix   = "wp_"
            rto      = 14400
          },
        ]
      }
    }
  }
}

run "the_database_has_no_public_address_and_speaks_tls_alone" {
  command = plan

  assert {
    condition     = !google_sql_database_instance.primary.settings[0].ip_configuration[0].ipv4_enabled && google_sql_database_instance.primary.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "The database must be reached over the private network and over TLS alone."
  }

  assert {
    condition     = one(google_sql_database_instance.primary.settings[0].ip_configuration[0].psc_config).psc_enabled && google_sql_database_instance.primary.settings[0].data_api_access == "DISALLOW_DATA_API"
    error_message = "There is no way to the database but its endpoint."
  }

  assert {
    condition     = google_compute_forwarding_rule.endpoint["primary"].load_balancing_scheme == "" && google_compute_address.endpoint["primary"].address_type == "INTERNAL"
    error_message = "The endpoint is a private address."
  }
}

run "the_database_cannot_be_lost_by_accident" {
  command = plan

  assert {
    condition     = google_sql_database_instance.primary.deletion_protection && google_sql_database_instance.primary.settings[0].deletion_protection_enabled
    error_message = "Terraform and everybody else must be refused."
  }

  assert {
    condition     = google_sql_database_instance.primary.settings[0].backup_configuration[0].enabled && google_sql_database_instance.primary.settings[0].backup_configuration[0].binary_log_enabled
    error_message = "MySQL goes back to a moment by its binary log."
  }

  assert {
    condition     = google_backup_dr_backup_vault.database.backup_minimum_enforced_retention_duration == "604800s" && google_backup_dr_backup_vault.database.deletion_policy == "PREVENT" && !google_backup_dr_backup_vault.database.force_delete
    error_message = "The vault keeps backups that nobody can delete."
  }

  assert {
    condition     = google_project.shard.deletion_policy == "PREVENT" && !google_project.shard.auto_create_network
    error_message = "The project is protected and has no network of its own."
  }
}

run "buckets_are_private_and_dumps_cannot_be_deleted_by_who_writes_them" {
  command = plan

  assert {
    condition     = alltrue([for bucket in concat([google_storage_bucket.config], values(google_storage_bucket.dumps)) : bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access])
    error_message = "Nothing in a bucket may be public."
  }

  assert {
    condition     = google_storage_bucket_iam_member.backup_create["europe-west4"].role == "roles/storage.objectCreator" && google_storage_bucket_iam_member.backup_read["europe-west4"].role == "roles/storage.objectViewer"
    error_message = "The job writes and reads dumps and deletes none."
  }

  assert {
    condition     = length([for rule in google_storage_bucket.dumps["europe-west4"].lifecycle_rule : rule if contains(tolist(coalesce(one(rule.condition).matches_prefix, [])), "kept-14d/")]) == 1
    error_message = "The bucket forgets by itself what is old enough."
  }

  assert {
    condition     = google_sql_user.backup.database_roles == tolist(["aip_backup"])
    error_message = "The user that dumps must not get the server's highest role."
  }
}

run "no_identity_has_a_basic_role_or_all_secrets" {
  command = plan

  assert {
    condition = alltrue([
      for grant in concat(
        values(google_project_iam_member.backup_database),
        values(google_project_iam_member.pool_telemetry),
        values(google_project_iam_member.provision_database),
        values(google_project_iam_member.provision_secrets),
        values(google_project_iam_member.workflow_executions),
        values(google_project_iam_member.workflow_logs),
        google_project_iam_member.pool_secrets,
        [google_project_iam_member.backup_media, google_project_iam_member.restore_check_instances, google_project_iam_member.scheduler],
      ) : !contains(["roles/owner", "roles/editor", "roles/viewer", "roles/storage.admin"], grant.role)
    ])
    error_message = "A basic role reaches over everything in the project."
  }

  assert {
    condition     = alltrue([for grant in concat(values(google_project_iam_member.provision_secrets), google_project_iam_member.pool_secrets) : strcontains(one(grant.condition).expression, "/secrets/wp-")])
    error_message = "A right to secrets on the project must be cut to those of sites."
  }

  assert {
    condition     = strcontains(one(google_project_iam_member.restore_check_instances.condition).expression, "-check-")
    error_message = "What proves backups may change throw-away instances alone."
  }

  assert {
    condition     = !contains(google_project_iam_custom_role.restore_check.permissions, "cloudsql.instances.delete") && !contains(google_project_iam_custom_role.restore_check.permissions, "cloudsql.instances.update")
    error_message = "On the real server it may look and copy."
  }
}

run "workflows_run_as_identities_of_their_own" {
  command = plan

  assert {
    condition     = length(distinct([for key, account in google_service_account.workflow : account.account_id])) == 3
    error_message = "Each workflow has its identity."
  }

  assert {
    condition     = alltrue([for grant in google_cloud_run_v2_job_iam_member.backup : grant.role == "roles/run.jobsExecutorWithOverrides"])
    error_message = "A workflow runs the job and does not change it."
  }

  assert {
    condition     = jsondecode(jsondecode(base64decode(google_cloud_scheduler_job.dump["daily"].http_target[0].body)).argument).sites[0].site == "acme"
    error_message = "The workflow takes the sites as its argument."
  }

  assert {
    condition     = one(google_monitoring_alert_policy.shard["dump-late-daily"].conditions[0].condition_threshold).evaluation_missing_data == "EVALUATION_MISSING_DATA_ACTIVE"
    error_message = "A dump that was not made says nothing: silence must ring."
  }
}

run "the_pool_has_no_public_address" {
  command = plan

  assert {
    condition     = length(google_compute_region_instance_template.pool[0].network_interface[0].access_config) == 0 && google_compute_forwarding_rule.pool[0].load_balancing_scheme == "INTERNAL"
    error_message = "Machines and balancer are reached from inside alone."
  }

  assert {
    condition     = google_compute_region_backend_service.pool[0].backend != null && alltrue([for backend in google_compute_region_backend_service.pool[0].backend : backend.balancing_mode == "CONNECTION"])
    error_message = "A passthrough balancer refuses the default."
  }

  assert {
    condition     = google_compute_firewall.pool_clients[0].source_ranges == toset([var.network.subnet_cidr])
    error_message = "The pool takes connections of its own shard alone."
  }
}

run "a_redis_cache_has_no_password_to_leak" {
  command = plan

  variables {
    cache = {
      engine              = "redis"
      name                = "eu1-001-cache"
      version             = "REDIS_7_2"
      tier                = "BASIC"
      node_type           = "STANDARD_SMALL"
      memory_gb           = 3
      replicas            = 0
      evict               = "allkeys-lru"
      auth                = true
      tls                 = true
      deletion_protection = true
      acl_policy          = "eu1-001-cache"
      acl                 = []
      maintenance = {
        day  = "SUNDAY"
        hour = 3
      }
    }
  }

  assert {
    condition     = !google_redis_instance.cache[0].auth_enabled && google_redis_instance.cache[0].transit_encryption_mode == "SERVER_AUTHENTICATION"
    error_message = "A password would stand in Terraform's state."
  }
}

run "a_workflow_too_few_is_refused" {
  command = plan

  variables {
    workflows = {}
  }

  expect_failures = [var.workflows]
}
