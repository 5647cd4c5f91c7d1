# For shards whose sites share one bucket; each site then has a managed folder of its own in it.
resource "google_storage_bucket" "media" {
  count = var.media_bucket == null ? 0 : 1

  project       = google_project.shard.project_id
  name          = var.media_bucket.name
  location      = var.media_bucket.location
  storage_class = var.media_bucket.class
  labels        = var.labels

  force_destroy   = false
  deletion_policy = var.media_bucket.prevent_destroy ? "PREVENT" : "DELETE"

  public_access_prevention = "enforced"

  # Managed folders need it.
  uniform_bucket_level_access = true

  versioning {
    enabled = var.media_bucket.versioning
  }

  soft_delete_policy {
    retention_duration_seconds = var.media_bucket.soft_delete_days * 86400
  }

  dynamic "lifecycle_rule" {
    for_each = var.media_bucket.versioning ? [1] : []

    content {
      action {
        type = "Delete"
      }

      condition {
        days_since_noncurrent_time = var.media_bucket.noncurrent_days
        with_state                 = "ARCHIVED"
      }
    }
  }

  depends_on = [google_project_service.shard]
}
