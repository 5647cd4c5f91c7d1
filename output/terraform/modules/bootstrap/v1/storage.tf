resource "google_storage_bucket" "state" {
  project       = var.project.id
  name          = var.state_bucket.name
  location      = var.state_bucket.location
  storage_class = "STANDARD"
  labels        = var.labels

  force_destroy               = false
  deletion_policy             = "PREVENT"
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  encryption {
    default_kms_key_name = google_kms_crypto_key.state.id
  }

  # A damaged state is repaired from its last version.
  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.state_bucket.soft_delete_days * 86400
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      num_newer_versions = var.state_bucket.versions
      with_state         = "ARCHIVED"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.storage]
}

resource "google_storage_bucket" "artifacts" {
  project       = var.project.id
  name          = var.artifact_bucket.name
  location      = var.artifact_bucket.location
  storage_class = "STANDARD"
  labels        = var.labels

  force_destroy               = false
  deletion_policy             = "PREVENT"
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  encryption {
    default_kms_key_name = google_kms_crypto_key.state.id
  }

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.artifact_bucket.soft_delete_days * 86400
  }

  # Applied records stay; a saved plan is worth nothing once it is stale.
  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age            = var.artifact_bucket.plan_days
      matches_prefix = [var.artifact_bucket.plan_prefix]
      with_state     = "ANY"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.storage]
}
