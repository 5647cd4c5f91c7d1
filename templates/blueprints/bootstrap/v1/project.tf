resource "google_project" "bootstrap" {
  count = var.project.create ? 1 : 0

  project_id          = var.project.id
  name                = var.project.name
  org_id              = var.project.organization_id
  billing_account     = var.project.billing_account
  labels              = var.labels
  auto_create_network = false
  deletion_policy     = var.project.prevent_destroy ? "PREVENT" : "DELETE"
}

locals {
  # What the pipeline's identities call: Google counts a call against the project of the identity.
  apis = [
    "billingbudgets.googleapis.com",
    "cloudbilling.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "orgpolicy.googleapis.com",
    "secretmanager.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
  ]
}

resource "google_project_service" "bootstrap" {
  for_each = toset(local.apis)

  project = var.project.id
  service = each.value

  disable_on_destroy         = false
  disable_dependent_services = false

  depends_on = [google_project.bootstrap]
}
