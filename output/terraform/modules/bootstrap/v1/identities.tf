# Two identities: what a pull request runs can change nothing, whatever the pull request says.
resource "google_service_account" "plan" {
  project      = var.project.id
  account_id   = var.plan_identity.account_id
  display_name = var.plan_identity.display_name
  description  = var.plan_identity.description

  depends_on = [google_project_service.bootstrap]
}

resource "google_service_account" "apply" {
  project      = var.project.id
  account_id   = var.apply_identity.account_id
  display_name = var.apply_identity.display_name
  description  = var.apply_identity.description

  depends_on = [google_project_service.bootstrap]
}

resource "google_organization_iam_member" "plan" {
  for_each = toset(var.plan_identity.organization_roles)

  org_id = var.project.organization_id
  role   = each.value
  member = google_service_account.plan.member
}

resource "google_organization_iam_member" "apply" {
  for_each = toset(var.apply_identity.organization_roles)

  org_id = var.project.organization_id
  role   = each.value
  member = google_service_account.apply.member
}

# On the account: a grant on the organisation works only where the organisation owns the billing account.
resource "google_billing_account_iam_member" "apply" {
  for_each = toset(var.apply_identity.billing_roles)

  billing_account_id = var.project.billing_account
  role               = each.value
  member             = google_service_account.apply.member
}

# Planning takes no lock, so that reading is enough.
resource "google_storage_bucket_iam_member" "plan_state" {
  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.plan.member
}

resource "google_storage_bucket_iam_member" "apply_state" {
  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectUser"
  member = google_service_account.apply.member
}

resource "google_storage_bucket_iam_member" "plan_artifacts_read" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.plan.member
}

# May add a plan and never replace one: what was reviewed stays what it was.
resource "google_storage_bucket_iam_member" "plan_artifacts_add" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectCreator"
  member = google_service_account.plan.member
}

resource "google_storage_bucket_iam_member" "apply_artifacts" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectUser"
  member = google_service_account.apply.member
}

resource "google_service_account_iam_member" "impersonators" {
  for_each = var.impersonators

  service_account_id = each.value.identity == "apply" ? google_service_account.apply.name : google_service_account.plan.name
  role               = "roles/iam.serviceAccountUser"
  member             = each.value.member
}
