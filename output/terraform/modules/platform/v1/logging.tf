resource "google_bigquery_dataset" "logs" {
  project     = google_project.platform["logging"].project_id
  dataset_id  = var.logging.dataset
  location    = var.logging.location
  description = "Logs of all projects of ${var.organization.domain}"
  labels      = var.labels

  # The sink writes one partition a day; old days go by themselves.
  default_partition_expiration_ms = var.logging.retention_days * 86400000
  delete_contents_on_destroy      = false

  depends_on = [google_project_service.platform]
}

# One sink on the folder: a sink per project would be a thousand grants.
resource "google_logging_folder_sink" "logs" {
  folder           = google_folder.root.name
  name             = var.logging.sink
  description      = "Logs of all projects below the root folder"
  destination      = "bigquery.googleapis.com/${google_bigquery_dataset.logs.id}"
  filter           = var.logging.filter
  include_children = true

  bigquery_options {
    use_partitioned_tables = true
  }
}

# Without it the sink exists and every entry is lost.
resource "google_bigquery_dataset_iam_member" "logs" {
  project    = google_project.platform["logging"].project_id
  dataset_id = google_bigquery_dataset.logs.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_logging_folder_sink.logs.writer_identity
}
