resource "google_spanner_instance" "control" {
  project          = google_project.platform["shared"].project_id
  name             = var.spanner.instance
  display_name     = var.spanner.display_name
  config           = var.spanner.config
  edition          = var.spanner.edition
  processing_units = var.spanner.processing_units
  labels           = var.labels

  # Deleting the instance must not take its backups with it.
  force_destroy   = false
  deletion_policy = var.spanner.prevent_destroy ? "PREVENT" : "DELETE"

  # The schedule below, not a second one that Google makes.
  default_backup_schedule_type = "NONE"

  depends_on = [google_project_service.platform]
}

resource "google_spanner_database" "control" {
  project          = google_project.platform["shared"].project_id
  instance         = google_spanner_instance.control.name
  name             = var.spanner.database
  database_dialect = "GOOGLE_STANDARD_SQL"

  # Point-in-time recovery: how far back the database can be read and restored.
  version_retention_period = var.spanner.retention

  # Only ever appended to: a statement that changes or goes would replace the database.
  ddl = local.tables

  # The first stops Terraform, the second everybody.
  deletion_protection    = var.spanner.prevent_destroy
  enable_drop_protection = var.spanner.prevent_destroy
  deletion_policy        = var.spanner.prevent_destroy ? "PREVENT" : "DELETE"

  lifecycle {
    prevent_destroy = true
  }
}

resource "google_spanner_backup_schedule" "control" {
  project            = google_project.platform["shared"].project_id
  instance           = google_spanner_instance.control.name
  database           = google_spanner_database.control.name
  name               = var.spanner.backup.name
  retention_duration = var.spanner.backup.retention

  spec {
    cron_spec {
      text = var.spanner.backup.cron
    }
  }

  full_backup_spec {}
}
