resource "google_service_account" "provision" {
  project      = google_project.shard.project_id
  account_id   = var.provision.account_id
  display_name = var.provision.display_name

  depends_on = [google_project_service.shard]
}

resource "google_project_iam_member" "provision_database" {
  for_each = toset(["roles/cloudsql.client", "roles/cloudsql.instanceUser"])

  project = google_project.shard.project_id
  role    = each.value
  member  = google_service_account.provision.member
}

# It fills the sites' secrets, reads them back and nothing else: one condition instead of a grant on each of them.
resource "google_project_iam_member" "provision_secrets" {
  for_each = toset(["roles/secretmanager.secretAccessor", "roles/secretmanager.secretVersionManager"])

  project = google_project.shard.project_id
  role    = each.value
  member  = google_service_account.provision.member

  condition {
    title       = "secrets of sites"
    description = "Secrets whose id begins with ${var.provision.secret_prefix}"
    expression  = "resource.name.startsWith(\"${local.site_secrets}${var.provision.secret_prefix}\")"
  }
}

# Over the API a MySQL user gets this role in any case. Sites' users are made by the job in SQL and get nothing but their own database.
resource "google_sql_user" "provision" {
  project        = google_project.shard.project_id
  instance       = google_sql_database_instance.primary.name
  name           = google_service_account.provision.email
  type           = "CLOUD_IAM_SERVICE_ACCOUNT"
  database_roles = ["cloudsqlsuperuser"]
}

resource "google_storage_bucket" "config" {
  project  = google_project.shard.project_id
  name     = var.config_bucket.name
  location = var.config_bucket.location
  labels   = var.labels

  # Everything in it comes from the compiler and can be written again.
  force_destroy   = true
  deletion_policy = "DELETE"

  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.config_bucket.soft_delete_days * 86400
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      num_newer_versions = var.config_bucket.versions
      with_state         = "ARCHIVED"
    }
  }

  depends_on = [google_project_service.shard]
}

resource "google_storage_bucket_iam_member" "provision" {
  bucket = google_storage_bucket.config.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.provision.member
}

resource "google_storage_bucket_object" "desired" {
  bucket       = google_storage_bucket.config.name
  name         = var.provision.desired_object
  content      = var.provision.desired
  content_type = "application/json"
}

resource "google_cloud_run_v2_job" "provision" {
  project  = google_project.shard.project_id
  location = var.shard.region
  name     = var.provision.job_name
  labels   = var.labels

  # A job holds no data.
  deletion_protection = false
  deletion_policy     = "DELETE"

  # The apply waits until an execution with this token has succeeded; the same token runs nothing.
  run_execution_token = var.provision.token

  template {
    # Never two at a time on one instance.
    task_count  = 1
    parallelism = 1
    labels      = var.labels

    template {
      service_account = google_service_account.provision.email
      timeout         = var.provision.timeout
      max_retries     = var.provision.max_retries

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = local.network
          subnetwork = google_compute_subnetwork.shard.self_link
        }
      }

      containers {
        name  = "provision"
        image = var.provision.image
        args  = var.provision.args

        resources {
          limits = {
            cpu    = var.provision.cpu
            memory = var.provision.memory
          }
        }

        # The authority signs for this instance alone, so it is what identifies the server; public ones are not believed.
        # Its certificate is public; the provider marks it sensitive only because it stands beside keys.
        env {
          name  = "AIPRESS_PROVISION_CA_PEM"
          value = nonsensitive(join("\n", google_sql_database_instance.primary.server_ca_cert[*].cert))
        }

        dynamic "env" {
          for_each = var.provision.env

          content {
            name  = env.key
            value = env.value
          }
        }
      }
    }
  }

  # After the instance, its endpoint, the sites' empty secrets and its own rights; before every service.
  depends_on = [
    var.secrets,
    google_artifact_registry_repository_iam_member.run,
    google_compute_forwarding_rule.endpoint,
    google_compute_subnetwork_iam_member.run,
    google_project_iam_member.provision_database,
    google_project_iam_member.provision_secrets,
    google_project_iam_member.run_network_viewer,
    google_secret_manager_secret_iam_member.provision_pool,
    google_secret_manager_secret_iam_member.provision_pool_read,
    google_sql_user.provision,
    google_storage_bucket_iam_member.provision,
    google_storage_bucket_object.desired,
  ]
}
