resource "google_bigquery_dataset" "logs" {
  for_each = var.logging

  project     = google_project.platform["logging"].project_id
  dataset_id  = each.value.dataset
  location    = each.value.location
  description = each.value.description
  labels      = var.labels

  # The sink writes one partition a day; old days go by themselves.
  default_partition_expiration_ms = each.value.retention_days * 86400000

  # What happened is evidence: neither Terraform nor a change of mind deletes it.
  delete_contents_on_destroy = false
  deletion_policy            = "PREVENT"

  depends_on = [google_project_service.platform]
}

# Sinks on the folder: a sink per project would be a thousand grants. Each has a writer of its own.
resource "google_logging_folder_sink" "logs" {
  for_each = var.logging

  folder           = google_folder.root.name
  name             = each.value.sink
  description      = each.value.description
  destination      = "bigquery.googleapis.com/${google_bigquery_dataset.logs[each.key].id}"
  filter           = each.value.filter
  include_children = true

  # Entries still reach the projects' own buckets, where their owners look.
  intercept_children = false
  disabled           = false

  bigquery_options {
    use_partitioned_tables = true
  }
}

# Without it the sink exists and every entry is lost.
resource "google_bigquery_dataset_iam_member" "logs" {
  for_each = var.logging

  project    = google_project.platform["logging"].project_id
  dataset_id = google_bigquery_dataset.logs[each.key].dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_logging_folder_sink.logs[each.key].writer_identity
}
