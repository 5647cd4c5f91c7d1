# Protected twice over by provider and code: a folder cannot be deleted while projects are in it anyway.
resource "google_folder" "root" {
  display_name        = var.folders.root
  parent              = "organizations/${var.organization.id}"
  deletion_protection = var.folders.prevent_destroy
}

resource "google_folder" "production" {
  display_name        = var.folders.production
  parent              = google_folder.root.name
  deletion_protection = var.folders.prevent_destroy
}

resource "google_folder" "non_production" {
  display_name        = var.folders.non_production
  parent              = google_folder.root.name
  deletion_protection = var.folders.prevent_destroy
}
