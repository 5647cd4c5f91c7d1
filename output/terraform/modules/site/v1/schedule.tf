# WordPress never starts its own cron: with several instances, or none, it would run often or never. Cloud Scheduler asks
# for what is due instead. Each site has its own minute, so that the sites of a shard do not wake up together.
resource "google_cloud_scheduler_job" "cron" {
  count = var.cron == null ? 0 : 1

  project     = var.site.project
  region      = var.site.region
  name        = var.cron.job_name
  description = "Due events of ${var.site.id}"
  schedule    = var.cron.schedule
  time_zone   = "Etc/UTC"
  paused      = false

  # As long as the service itself may take for a request.
  attempt_deadline = var.cron.deadline

  # The next call is minutes away: a second try would only add load to a site that is in trouble.
  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = "${google_cloud_run_v2_service.site[0].uri}${var.cron.path}"

    # The service checks no invoker, so the container does: by who signs and to whom the token is made out.
    oidc_token {
      service_account_email = var.cron.caller
      audience              = var.cron.audience
    }
  }

  depends_on = [var.ready]
}

# Work that may take longer than a request. Only sites with jobs of their own have it.
resource "google_cloud_run_v2_job" "work" {
  count = length(var.jobs) == 0 ? 0 : 1

  project  = var.site.project
  location = var.site.region
  name     = "${var.service.name}-work"
  labels   = var.labels

  # A job holds no data.
  deletion_protection = false
  deletion_policy     = "DELETE"

  template {
    # Two runs of one job at a time could do its work twice.
    task_count  = 1
    parallelism = 1
    labels      = var.labels

    template {
      service_account       = google_service_account.site.email
      timeout               = "${max([for job in var.jobs : job.timeout_seconds]...)}s"
      max_retries           = 0
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"

      vpc_access {
        egress = var.network.egress

        network_interfaces {
          network    = var.network.network
          subnetwork = var.network.subnetwork
        }
      }

      containers {
        name  = "work"
        image = var.runtime.image

        # The workflow says which job; without it nothing runs.
        args = ["run", "--help"]

        resources {
          limits = {
            cpu    = tonumber(var.service.cpu) < 1 ? "1" : var.service.cpu
            memory = var.service.memory
          }
        }

        dynamic "env" {
          for_each = local.job_env

          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = var.runtime.secret_env

          content {
            name = env.key

            value_source {
              secret_key_ref {
                secret  = env.value.secret
                version = env.value.version
              }
            }
          }
        }

        volume_mounts {
          name       = "site-secret"
          mount_path = var.secret.directory
        }

        volume_mounts {
          name       = "media"
          mount_path = var.bucket.mount_path
        }
      }

      volumes {
        name = "site-secret"

        secret {
          secret = google_secret_manager_secret.site[var.secret.id].secret_id

          items {
            path    = var.secret.file
            version = var.secret.version
          }
        }
      }

      volumes {
        name = "media"

        gcs {
          bucket        = var.bucket.name
          read_only     = false
          mount_options = concat(var.bucket.folder == "" ? [] : ["only-dir=${var.bucket.folder}"], var.bucket.mount_options)
        }
      }
    }
  }

  depends_on = [
    var.ready,
    google_secret_manager_secret_iam_member.site,
    google_secret_manager_secret_iam_member.owner,
    google_storage_bucket_iam_member.media,
    google_storage_managed_folder_iam_member.media,
  ]
}

# On this job alone: Cloud Run takes no condition, and on the project the workflow could run the jobs of all sites with
# arguments of its choice.
resource "google_cloud_run_v2_job_iam_member" "work" {
  count = length(var.jobs) == 0 ? 0 : 1

  project  = var.site.project
  location = var.site.region
  name     = google_cloud_run_v2_job.work[0].name
  role     = "roles/run.jobsExecutorWithOverrides"
  member   = var.job_runner.workflow_member
}

resource "google_cloud_scheduler_job" "work" {
  for_each = var.jobs

  project     = var.site.project
  region      = var.site.region
  name        = each.value.job_name
  description = "Job ${each.key} of ${var.site.id}"
  schedule    = each.value.schedule
  time_zone   = "Etc/UTC"
  paused      = false

  # Starting the workflow takes a moment; the job itself is the workflow's to wait for.
  attempt_deadline = "60s"

  retry_config {
    retry_count = 1
  }

  http_target {
    http_method = "POST"
    uri         = "https://workflowexecutions.googleapis.com/v1/${var.job_runner.workflow}/executions"
    headers     = { "Content-Type" = "application/json" }

    body = base64encode(jsonencode({
      argument = jsonencode({
        site    = var.site.id
        job     = google_cloud_run_v2_job.work[0].name
        name    = each.key
        args    = each.value.args
        timeout = each.value.timeout_seconds
      })
    }))

    oauth_token {
      service_account_email = var.job_runner.caller
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }
}
