# Three identities. What a pull request runs can change nothing, whatever the pull request says, because its own commit
# says what the build does. Drift is looked for from the default branch only, so its identity may read a little more: the
# platform lets it see the keys of notification channels, which a plan of that stack opens.
locals {
  readers = { plan = var.plan_identity, drift = var.drift_identity }

  reader_roles = {
    for grant in flatten([
      for key, identity in local.readers : [for role in identity.organization_roles : { identity = key, role = role }]
    ]) : "${grant.identity}/${grant.role}" => grant
  }
}

resource "google_service_account" "reader" {
  for_each = local.readers

  project         = var.project.id
  account_id      = each.value.account_id
  display_name    = each.value.display_name
  description     = each.value.description
  deletion_policy = "DELETE"

  depends_on = [google_project_service.bootstrap]
}

resource "google_service_account" "apply" {
  project         = var.project.id
  account_id      = var.apply_identity.account_id
  display_name    = var.apply_identity.display_name
  description     = var.apply_identity.description
  deletion_policy = "PREVENT"

  depends_on = [google_project_service.bootstrap]
}

resource "google_organization_iam_member" "reader" {
  for_each = local.reader_roles

  org_id = var.project.organization_id
  role   = each.value.role
  member = google_service_account.reader[each.value.identity].member
}

resource "google_organization_iam_member" "apply" {
  for_each = toset(var.apply_identity.organization_roles)

  org_id = var.project.organization_id
  role   = each.value
  member = google_service_account.apply.member
}

# Makes secrets and says who reads them, but reads none itself: the predefined role that may do the former,
# `roles/secretmanager.admin`, reads every value in the organisation.
resource "google_organization_iam_custom_role" "secrets" {
  org_id          = var.project.organization_id
  role_id         = var.apply_identity.secret_role
  title           = "Secrets without their values"
  description     = "Makes and deletes secrets and their grants; reads no value and adds none"
  stage           = "GA"
  deletion_policy = "DELETE"

  permissions = [
    "resourcemanager.projects.get",
    "secretmanager.locations.get",
    "secretmanager.locations.list",
    "secretmanager.secrets.create",
    "secretmanager.secrets.delete",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "secretmanager.secrets.list",
    "secretmanager.secrets.setIamPolicy",
    "secretmanager.secrets.update",
    "secretmanager.versions.get",
    "secretmanager.versions.list",
  ]
}

resource "google_organization_iam_member" "apply_secrets" {
  org_id = var.project.organization_id
  role   = google_organization_iam_custom_role.secrets.id
  member = google_service_account.apply.member
}

# On the account: a grant on the organisation works only where the organisation owns the billing account.
resource "google_billing_account_iam_member" "apply" {
  for_each = toset(var.apply_identity.billing_roles)

  billing_account_id = var.project.billing_account
  role               = each.value
  member             = google_service_account.apply.member
}

# Budgets stand at the account, so a plan of any stack reads it.
resource "google_billing_account_iam_member" "reader" {
  for_each = local.readers

  billing_account_id = var.project.billing_account
  role               = "roles/billing.viewer"
  member             = google_service_account.reader[each.key].member
}

# Planning takes no lock, so that reading is enough.
resource "google_storage_bucket_iam_member" "reader_state" {
  for_each = local.readers

  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.reader[each.key].member
}

resource "google_storage_bucket_iam_member" "apply_state" {
  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectUser"
  member = google_service_account.apply.member
}

resource "google_storage_bucket_iam_member" "reader_artifacts" {
  for_each = local.readers

  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.reader[each.key].member
}

# May add a plan or a report and never replace one: what was reviewed stays what it was.
resource "google_storage_bucket_iam_member" "reader_artifacts_add" {
  for_each = local.readers

  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectCreator"
  member = google_service_account.reader[each.key].member
}

resource "google_storage_bucket_iam_member" "apply_artifacts" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectUser"
  member = google_service_account.apply.member
}
