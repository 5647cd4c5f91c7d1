# Two kinds of backups. The vault has the whole instance, for the day when the instance is lost; bringing it back takes
# all sites back together. Dumps have one site each, elsewhere, for the day when one site is lost or leaves.
resource "google_backup_dr_backup_vault" "database" {
  project         = google_project.shard.project_id
  location        = var.shard.region
  backup_vault_id = var.backup.vault.id
  description     = "Backups of the shard's database server"
  labels          = var.labels

  # Until then nobody can delete a backup, not even the owner of the project. A longer time can be set later, a shorter
  # one cannot, and the vault cannot go before its last backup.
  backup_minimum_enforced_retention_duration = "${var.backup.vault.minimum_days * 86400}s"

  access_restriction            = "WITHIN_ORGANIZATION"
  allow_missing                 = false
  force_delete                  = false
  force_update                  = false
  ignore_inactive_datasources   = false
  ignore_backup_plan_references = false
  deletion_policy               = var.backup.prevent_destroy ? "PREVENT" : "DELETE"

  depends_on = [google_project_service.shard]
}

resource "google_backup_dr_backup_plan" "database" {
  project        = google_project.shard.project_id
  location       = var.shard.region
  backup_plan_id = var.backup.vault.plan_id
  description    = "Daily backups of the shard's database server"
  resource_type  = "sqladmin.googleapis.com/Instance"
  backup_vault   = google_backup_dr_backup_vault.database.id

  # Days that the server can be taken back to any moment.
  log_retention_days = var.backup.vault.log_days
  deletion_policy    = "DELETE"

  backup_rules {
    rule_id               = "daily"
    backup_retention_days = var.backup.vault.retention_days

    standard_schedule {
      recurrence_type = "DAILY"
      time_zone       = "UTC"

      # A window has at least six hours.
      backup_window {
        start_hour_of_day = var.backup.vault.start_hour
        end_hour_of_day   = var.backup.vault.start_hour + 6
      }
    }
  }
}

resource "google_backup_dr_backup_plan_association" "database" {
  project                    = google_project.shard.project_id
  location                   = var.shard.region
  backup_plan_association_id = var.backup.vault.association_id
  resource                   = "projects/${google_project.shard.project_id}/instances/${google_sql_database_instance.primary.name}"
  resource_type              = "sqladmin.googleapis.com/Instance"
  backup_plan                = google_backup_dr_backup_plan.database.id
  deletion_policy            = "DELETE"
}

resource "google_storage_bucket" "dumps" {
  for_each = var.backup.buckets

  project       = google_project.shard.project_id
  name          = each.value.name
  location      = each.value.location
  storage_class = "NEARLINE"
  labels        = var.labels

  force_destroy   = false
  deletion_policy = var.backup.prevent_destroy ? "PREVENT" : "DELETE"

  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  # Media are copied over each other; what a visitor of the dashboard deleted can still be brought back.
  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.backup.soft_delete_days * 86400
  }

  # The bucket forgets by itself what is old enough: the job that writes dumps may delete none. It writes each one below
  # `kept-<days>d/`, so that one rule serves all sites that keep a dump for that long.
  dynamic "lifecycle_rule" {
    for_each = toset([for days in var.backup.keep_days : tostring(days)])

    content {
      action {
        type = "Delete"
      }

      condition {
        age            = tonumber(lifecycle_rule.value)
        matches_prefix = ["kept-${lifecycle_rule.value}d/"]
        with_state     = "ANY"
      }
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      days_since_noncurrent_time = var.backup.soft_delete_days
      with_state                 = "ARCHIVED"
    }
  }

  depends_on = [google_project_service.shard]
}

resource "google_service_account" "backup" {
  project      = google_project.shard.project_id
  account_id   = var.backup.job.account_id
  display_name = var.backup.job.display_name

  depends_on = [google_project_service.shard]
}

resource "google_project_iam_member" "backup_database" {
  for_each = toset(["roles/cloudsql.client", "roles/cloudsql.instanceUser"])

  project = google_project.shard.project_id
  role    = each.value
  member  = google_service_account.backup.member
}

# It reads every database and writes none. The role is one that the provisioning job makes: without it the user would get
# the server's highest role, which Google gives to users that its interface makes without naming another.
resource "google_sql_user" "backup" {
  project        = google_project.shard.project_id
  instance       = google_sql_database_instance.primary.name
  name           = google_service_account.backup.email
  type           = "CLOUD_IAM_SERVICE_ACCOUNT"
  database_roles = [var.backup.job.database_role]

  depends_on = [google_cloud_run_v2_job.provision]
}

# Writes and reads dumps; cannot delete or replace one.
resource "google_storage_bucket_iam_member" "backup_create" {
  for_each = var.backup.buckets

  bucket = google_storage_bucket.dumps[each.key].name
  role   = "roles/storage.objectCreator"
  member = google_service_account.backup.member
}

resource "google_storage_bucket_iam_member" "backup_read" {
  for_each = var.backup.buckets

  bucket = google_storage_bucket.dumps[each.key].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.backup.member
}

resource "google_storage_bucket_iam_member" "backup_config" {
  bucket = google_storage_bucket.config.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.backup.member
}

# Copies of media are made bucket to bucket. Everything of this project that is readable at all: one grant instead of one
# per site. What else lies in buckets here holds no secret.
resource "google_project_iam_member" "backup_media" {
  project = google_project.shard.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.backup.member
}

# Dumps and proves one site at a time: the workflows say which. Its page of arguments is in the README.
resource "google_cloud_run_v2_job" "backup" {
  project  = google_project.shard.project_id
  location = var.shard.region
  name     = var.backup.job.name
  labels   = var.labels

  # A job holds no data.
  deletion_protection = false
  deletion_policy     = "DELETE"

  template {
    task_count  = 1
    parallelism = 1
    labels      = var.labels

    template {
      service_account       = google_service_account.backup.email
      timeout               = var.backup.job.timeout
      max_retries           = var.backup.job.max_retries
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = local.network
          subnetwork = google_compute_subnetwork.shard.self_link
        }
      }

      containers {
        name  = "backup"
        image = var.backup.job.image
        args  = var.backup.job.args

        resources {
          limits = {
            cpu    = var.backup.job.cpu
            memory = var.backup.job.memory
          }
        }

        dynamic "env" {
          for_each = var.backup.job.env

          content {
            name  = env.key
            value = env.value
          }
        }
      }
    }
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.run,
    google_compute_forwarding_rule.endpoint,
    google_compute_subnetwork_iam_member.run,
    google_project_iam_member.backup_database,
    google_project_iam_member.run_network_viewer,
    google_sql_user.backup,
    google_storage_bucket_iam_member.backup_config,
    google_storage_bucket_iam_member.backup_create,
    google_storage_bucket_iam_member.backup_read,
  ]
}

# On this job alone: with the right on the project a workflow could run the provisioning job with arguments of its choice.
resource "google_cloud_run_v2_job_iam_member" "backup" {
  for_each = toset(["dump", "restore_check"])

  project  = google_project.shard.project_id
  location = var.shard.region
  name     = google_cloud_run_v2_job.backup.name
  role     = "roles/run.jobsExecutorWithOverrides"
  member   = google_service_account.workflow[each.value].member
}

locals {
  # Throw-away instances are called like this, and only they can be touched by the workflow that proves backups.
  check_prefix = "${google_sql_database_instance.primary.name}-check-"
}

# Reading the server and copying it to another moment, nothing else: `roles/cloudsql.admin`, the only predefined role that
# may clone, could delete the server.
resource "google_project_iam_custom_role" "restore_check" {
  project     = google_project.shard.project_id
  role_id     = "restoreCheck"
  title       = "Clone the database server"
  description = "For the workflow that proves backups"
  stage       = "GA"

  permissions = [
    "cloudsql.backupRuns.get",
    "cloudsql.backupRuns.list",
    "cloudsql.instances.clone",
    "cloudsql.instances.get",
    "cloudsql.instances.list",
  ]

  depends_on = [google_project_service.shard]
}

resource "google_project_iam_member" "restore_check" {
  project = google_project.shard.project_id
  role    = google_project_iam_custom_role.restore_check.id
  member  = google_service_account.workflow["restore_check"].member
}

# Whatever is called like a throw-away instance is one: it may be changed, asked and deleted.
resource "google_project_iam_member" "restore_check_instances" {
  project = google_project.shard.project_id
  role    = "roles/cloudsql.admin"
  member  = google_service_account.workflow["restore_check"].member

  condition {
    title       = "throw-away instances"
    description = "Instances whose name begins with ${local.check_prefix}"
    expression  = "resource.type == \"sqladmin.googleapis.com/Instance\" && resource.name.startsWith(\"projects/${google_project.shard.project_id}/instances/${local.check_prefix}\")"
  }
}
