resource "google_project_service" "media" {
  project            = var.project
  service            = "storage.googleapis.com"
  disable_on_destroy = false
}

resource "google_service_account" "media" {
  project      = var.project
  account_id   = "media"
  display_name = "Reads the media"
}

resource "google_storage_bucket" "media" {
  project                     = var.project
  name                        = "${var.project}-media"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.keep_days * 86400
  }

  depends_on = [google_project_service.media]
}

resource "google_storage_bucket_iam_member" "media" {
  bucket = google_storage_bucket.media.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.media.member
}

resource "google_cloudbuild_trigger" "thumbnails" {
  project  = var.project
  location = var.location
  name     = "thumbnails"

  build {
    step {
      name = "gcr.io/cloud-builders/gsutil"
      args = ["cp", "thumbnails/$_SIZE/*", "gs://${google_storage_bucket.media.name}/"]
    }

    substitutions = { _SIZE = "200" }
  }
}

resource "random_id" "suffix" {
  byte_length = 2
}
