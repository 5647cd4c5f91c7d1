# What must hold for every site, whatever the fleet says. Runs without Google: `terraform test` in the module's folder.
mock_provider "google" {}

variables {
  site = {
    id               = "acme"
    tenant           = "acme"
    environment      = "production"
    environment_kind = "production"
    display_name     = "Acme"
    description      = ""
    project          = "lab-eu1-001-7f3k"
    region           = "europe-west1"
  }
  lifecycle_state = "active"
  labels          = { "aip-site" = "wp-acme" }
  annotations     = {}
  config          = "{}"
  ready           = "lab-eu1-001-7f3k"
  apis            = "lab-eu1-001-7f3k"
  service_account = {
    account_id   = "wp-acme"
    display_name = "Site acme"
    description  = "Runs one WordPress site"
  }
  service = {
    name            = "wp-acme"
    description     = "WordPress of acme"
    min_instances   = 1
    max_instances   = 8
    concurrency     = 20
    timeout_seconds = 60
    cpu             = "1"
    memory          = "1Gi"
    cpu_always      = false
    startup_boost   = true
  }
  runtime = {
    image         = "europe-docker.pkg.dev/lab-shared-7f3k/runtime/wordpress@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    port          = 8080
    env           = { AIPRESS_STATE = "forged" }
    secret_env    = {}
    secret_files  = {}
    secret_grants = ["projects/lab-shared-7f3k/secrets/acme-smtp"]
    startup_probe = {
      path                  = "/-/db-ready"
      initial_delay_seconds = 0
      period_seconds        = 5
      timeout_seconds       = 4
      failure_threshold     = 36
    }
    liveness_probe = {
      path                  = "/-/php-ping"
      initial_delay_seconds = 0
      period_seconds        = 30
      timeout_seconds       = 5
      failure_threshold     = 3
    }
  }
  shard_env = {}
  network = {
    network    = "projects/lab-shared-7f3k/global/networks/shared"
    subnetwork = "projects/lab-shared-7f3k/regions/europe-west1/subnetworks/lab-eu1-001"
    egress     = "PRIVATE_RANGES_ONLY"
  }
  sidecar = null
  secret = {
    id                  = "wp-acme-g2"
    version             = "1"
    retained            = ["wp-acme-g1"]
    directory           = "/run/secrets/site"
    file                = "site.json"
    locations           = ["europe-west1"]
    deletion_protection = true
  }
  bucket = {
    name             = "lab-eu1-001-wp-acme-7f3k"
    folder           = ""
    location         = "EUROPE-WEST1"
    class            = "STANDARD"
    versioning       = true
    noncurrent_days  = 30
    soft_delete_days = 7
    mount_path       = "/var/www/media"
    mount_options    = ["implicit-dirs"]
    prevent_destroy  = true
  }
  backend = {
    name             = "wp-acme"
    group_name       = "wp-acme"
    description      = "Site acme"
    security_policy  = "projects/lab-eu1-001-7f3k/global/securityPolicies/lab-armor-standard"
    response_headers = []
    log_sample_rate  = 1
    cdn = {
      enabled                   = true
      compression               = true
      query_strings             = true
      query_strings_only        = []
      query_strings_ignored     = []
      named_cookies             = ["wordpress_logged_in"]
      bypass_headers            = ["Authorization"]
      negative_ttl              = { "404" = 60 }
      serve_while_stale_seconds = 86400
    }
  }
  access = {}
  log_readers = {
    "group:web@acme.example" = {
      member = "group:web@acme.example"
      role   = "roles/logging.viewAccessor"
      until  = "2030-01-31"
    }
  }
  cron = {
    job_name = "wp-acme-cron"
    schedule = "3-59/5 * * * *"
    path     = "/-/cron"
    deadline = "60s"
    audience = "aipress/acme"
    caller   = "scheduler@lab-eu1-001-7f3k.iam.gserviceaccount.com"
  }
  jobs = {
    stock = {
      job_name        = "wp-acme-stock"
      schedule        = "1-59/15 * * * *"
      args            = ["run", "--job", "stock", "--command", "erp sync"]
      timeout_seconds = 600
    }
  }
  job_runner = {
    workflow        = "projects/lab-eu1-001-7f3k/locations/europe-west1/workflows/cron"
    workflow_member = "serviceAccount:run-cron@lab-eu1-001-7f3k.iam.gserviceaccount.com"
    caller          = "scheduler@lab-eu1-001-7f3k.iam.gserviceaccount.com"
  }
  channels = { ops = "projects/lab-eu1-001-7f3k/notificationChannels/1" }
  uptime   = {}
  slo      = null
  logs = {
    bucket_id      = "wp-acme"
    sink_name      = "wp-acme"
    location       = "europe-west1"
    retention_days = 30
  }
  budget = null
}

run "an_active_site_is_reached_through_the_edge_alone" {
  assert {
    condition     = google_cloud_run_v2_service.site[0].ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "The service must take traffic of the load balancer and of its own project alone."
  }

  assert {
    condition     = google_cloud_run_v2_service.site[0].invoker_iam_disabled == true && length(google_cloud_run_v2_service_iam_member.access) == 0
    error_message = "A public site is open behind its edge, without a grant to allUsers."
  }

  assert {
    condition     = google_compute_backend_service.site.load_balancing_scheme == "EXTERNAL_MANAGED" && google_compute_backend_service.site.security_policy == var.backend.security_policy
    error_message = "The backend must carry the firewall policy, and say the scheme whose default differs between providers."
  }

  assert {
    condition     = google_compute_backend_service.site.cdn_policy[0].cache_mode == "USE_ORIGIN_HEADERS" && contains(google_compute_backend_service.site.cdn_policy[0].cache_key_policy[0].include_named_cookies, "wordpress_logged_in")
    error_message = "A page of somebody who is logged in must not be cached for others."
  }
}

run "its_secret_and_its_uploads_are_its_own" {
  assert {
    condition     = alltrue([for grant in google_secret_manager_secret_iam_member.site : grant.role == "roles/secretmanager.secretAccessor"])
    error_message = "The site reads its secret and does nothing else with it."
  }

  assert {
    condition     = google_secret_manager_secret.site["wp-acme-g2"].deletion_protection && !google_secret_manager_secret.site["wp-acme-g1"].deletion_protection
    error_message = "The present generation is protected, an earlier one can be cleaned up."
  }

  assert {
    condition     = google_storage_bucket.media[0].public_access_prevention == "enforced" && google_storage_bucket.media[0].uniform_bucket_level_access
    error_message = "Nothing in the bucket may be public."
  }

  assert {
    condition     = google_storage_bucket.media[0].deletion_policy == "PREVENT" && !google_storage_bucket.media[0].force_destroy && google_storage_bucket.media[0].versioning[0].enabled
    error_message = "Uploads cannot be made again."
  }

  assert {
    condition     = google_storage_bucket_iam_member.media[0].role == "roles/storage.objectUser"
    error_message = "The site changes objects, not who may see them."
  }

  assert {
    condition     = one([for env in google_cloud_run_v2_service.site[0].template[0].containers[0].env : env.value if env.name == "AIPRESS_STATE"]) == "active"
    error_message = "A tenant's variable must not replace the platform's."
  }
}

run "its_schedule_calls_it_with_a_token_of_its_own" {
  assert {
    condition     = google_cloud_scheduler_job.cron[0].http_target[0].oidc_token[0].audience == "aipress/acme" && google_cloud_scheduler_job.cron[0].http_target[0].oidc_token[0].service_account_email == var.cron.caller
    error_message = "The container knows the caller by the token and whom it is made out to."
  }

  assert {
    condition     = google_cloud_run_v2_job_iam_member.work[0].role == "roles/run.jobsExecutorWithOverrides" && google_cloud_run_v2_job_iam_member.work[0].member == var.job_runner.workflow_member
    error_message = "The workflow runs this job, and only this."
  }

  assert {
    condition     = jsondecode(jsondecode(base64decode(google_cloud_scheduler_job.work["stock"].http_target[0].body)).argument).site == "acme"
    error_message = "The workflow takes the site as its argument."
  }

  assert {
    condition     = google_logging_log_view_iam_member.reader["group:web@acme.example"].bucket == "wp-acme" && length(google_logging_log_view_iam_member.reader["group:web@acme.example"].condition) == 1
    error_message = "Who may read the site's logs reads the site's bucket, until the day that was agreed."
  }
}

run "a_suspended_site_answers_503_and_scales_no_further" {
  variables {
    lifecycle_state = "suspended"
    cron            = null
    jobs            = {}
  }

  assert {
    condition     = one([for env in google_cloud_run_v2_service.site[0].template[0].containers[0].env : env.value if env.name == "AIPRESS_STATE"]) == "suspended"
    error_message = "The container answers 503 when it is told so."
  }

  assert {
    condition     = google_cloud_run_v2_service.site[0].template[0].scaling[0].max_instance_count == 1 && google_cloud_run_v2_service.site[0].template[0].scaling[0].min_instance_count == 0
    error_message = "A page with 503 needs one instance at most."
  }

  assert {
    condition     = google_cloud_run_v2_service.site[0].default_uri_disabled == true && length(google_cloud_scheduler_job.cron) == 0
    error_message = "Without a schedule the service needs no address of its own."
  }
}

run "an_archived_site_has_no_service_and_keeps_its_data" {
  variables {
    lifecycle_state = "archived"
    cron            = null
    jobs            = {}
  }

  assert {
    condition     = length(google_cloud_run_v2_service.site) == 0 && length(google_cloud_run_v2_job.work) == 0 && length(google_cloud_scheduler_job.work) == 0
    error_message = "An archived site has no compute."
  }

  assert {
    condition     = length(google_storage_bucket.media) == 1 && length(google_secret_manager_secret.site) == 2
    error_message = "An archived site keeps its uploads and its secret."
  }
}

run "a_deleting_site_cannot_act_and_keeps_its_data" {
  variables {
    lifecycle_state = "deleting"
    cron            = null
    jobs            = {}
  }

  assert {
    condition     = google_service_account.site.disabled && length(google_cloud_run_v2_service.site) == 0
    error_message = "A site on its way out has no compute and no working identity."
  }

  assert {
    condition     = google_storage_bucket.media[0].deletion_policy == "PREVENT"
    error_message = "Data stay until the call goes."
  }
}

run "an_unknown_state_is_refused" {
  command = plan

  variables {
    lifecycle_state = "paused"
  }

  expect_failures = [var.lifecycle_state]
}
