# The container alone. The provisioning job writes version 1 of it: a value never passes through Terraform.
# A rotation is a new generation with a new id; the earlier one stays in `retained` until no revision reads it.
resource "google_secret_manager_secret" "site" {
  for_each = toset(concat([var.secret.id], var.secret.retained))

  project     = var.site.project
  secret_id   = each.value
  labels      = var.labels
  annotations = var.annotations

  # Protection ends with the generation, else a finished rotation could never be cleaned up.
  deletion_protection = var.secret.deletion_protection && each.value == var.secret.id
  deletion_policy     = "DELETE"

  replication {
    dynamic "auto" {
      for_each = length(var.secret.locations) == 0 ? [1] : []
      content {}
    }

    dynamic "user_managed" {
      for_each = length(var.secret.locations) == 0 ? [] : [1]

      content {
        dynamic "replicas" {
          for_each = var.secret.locations

          content {
            location = replicas.value
          }
        }
      }
    }
  }

  depends_on = [var.apis]
}

# On the secret, never on the project.
resource "google_secret_manager_secret_iam_member" "site" {
  for_each = toset(concat([var.secret.id], var.secret.retained))

  project   = var.site.project
  secret_id = google_secret_manager_secret.site[each.value].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.site.member
}

# Secrets that the site's owner brought, such as an API key or the password of a mail server.
resource "google_secret_manager_secret_iam_member" "owner" {
  for_each = toset(var.runtime.secret_grants)

  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.site.member
}

# With the pool beside it the site watches the servers itself. The user may see whether they live, and no data.
resource "google_secret_manager_secret_iam_member" "monitor" {
  count = var.sidecar == null ? 0 : 1

  project   = var.site.project
  secret_id = var.sidecar.monitor_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.site.member
}
