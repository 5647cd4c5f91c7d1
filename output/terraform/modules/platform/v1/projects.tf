locals {
  services = {
    for service in flatten([
      for key, project in var.projects : [for api in project.apis : { project = key, api = api }]
    ]) : "${service.project}/${service.api}" => service
  }

  audited = { for key, project in var.projects : key => project if project.audit }
}

resource "google_project" "platform" {
  for_each = var.projects

  project_id          = each.value.id
  name                = each.value.name
  folder_id           = google_folder.root.name
  billing_account     = each.value.billing_account
  labels              = var.labels
  auto_create_network = false
  deletion_policy     = each.value.prevent_destroy ? "PREVENT" : "DELETE"
}

resource "google_project_service" "platform" {
  for_each = local.services

  project = google_project.platform[each.value.project].project_id
  service = each.value.api

  # Switching an API off on the way out would take what other tools made with it.
  disable_on_destroy         = false
  disable_dependent_services = false
}

# Who read which data: written only when asked for, and these projects are where keys and states are.
resource "google_project_iam_audit_config" "platform" {
  for_each = local.audited

  project = google_project.platform[each.key].project_id
  service = "allServices"

  audit_log_config {
    log_type = "ADMIN_READ"
  }

  audit_log_config {
    log_type = "DATA_READ"
  }

  audit_log_config {
    log_type = "DATA_WRITE"
  }
}
