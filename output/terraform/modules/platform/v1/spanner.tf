resource "google_spanner_instance" "control" {
  project          = google_project.platform["shared"].project_id
  name             = var.spanner.instance
  display_name     = var.spanner.display_name
  config           = var.spanner.config
  edition          = var.spanner.edition
  processing_units = var.spanner.processing_units
  labels           = var.labels

  # Deleting the instance must not take its backups with it.
  force_destroy = false

  # The schedule below, not a second one that Google makes.
  default_backup_schedule_type = "NONE"

  depends_on = [google_project_service.platform]
}

# The schema is the application's: `ddl` here could only ever be appended to.
resource "google_spanner_database" "control" {
  project                  = google_project.platform["shared"].project_id
  instance                 = google_spanner_instance.control.name
  name                     = var.spanner.database
  version_retention_period = var.spanner.retention

  # One stops Terraform, the other one everybody.
  deletion_protection    = var.spanner.prevent_destroy
  enable_drop_protection = var.spanner.prevent_destroy

  lifecycle {
    ignore_changes = [ddl]
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
