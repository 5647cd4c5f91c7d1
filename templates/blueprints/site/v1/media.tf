resource "google_storage_bucket" "media" {
  count = var.bucket.folder == "" ? 1 : 0

  project       = var.site.project
  name          = var.bucket.name
  location      = var.bucket.location
  storage_class = var.bucket.class
  labels        = var.labels

  # Media cannot be made again: neither of the two ways to lose them is left to a default.
  force_destroy   = false
  deletion_policy = var.bucket.prevent_destroy ? "PREVENT" : "DELETE"

  # Visitors get media through the service and the CDN; nothing in the bucket is public.
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  versioning {
    enabled = var.bucket.versioning
  }

  soft_delete_policy {
    retention_duration_seconds = var.bucket.soft_delete_days * 86400
  }

  # Without a rule every replaced thumbnail is kept and billed for ever.
  dynamic "lifecycle_rule" {
    for_each = var.bucket.versioning ? [1] : []

    content {
      action {
        type = "Delete"
      }

      condition {
        days_since_noncurrent_time = var.bucket.noncurrent_days
        with_state                 = "ARCHIVED"
      }
    }
  }

  depends_on = [var.apis]
}

# objectUser reads, writes and deletes objects, but changes no access and no bucket.
resource "google_storage_bucket_iam_member" "media" {
  count = var.bucket.folder == "" ? 1 : 0

  bucket = google_storage_bucket.media[0].name
  role   = "roles/storage.objectUser"
  member = google_service_account.site.member
}

resource "google_storage_managed_folder" "media" {
  count = var.bucket.folder == "" ? 0 : 1

  bucket          = var.bucket.name
  name            = var.bucket.folder
  force_destroy   = false
  deletion_policy = var.bucket.prevent_destroy ? "PREVENT" : "DELETE"

  depends_on = [var.ready]
}

resource "google_storage_managed_folder_iam_member" "media" {
  count = var.bucket.folder == "" ? 0 : 1

  bucket         = google_storage_managed_folder.media[0].bucket
  managed_folder = google_storage_managed_folder.media[0].name
  role           = "roles/storage.objectUser"
  member         = google_service_account.site.member
}
