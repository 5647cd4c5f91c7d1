# Jobs at the Git provider act as the identity that plans, by a token of their own instead of a key that could be lost.
# Only that identity: what applies runs in Cloud Build, behind an approval.
resource "google_iam_workload_identity_pool" "git" {
  project                   = var.project.id
  workload_identity_pool_id = var.federation.pool
  display_name              = "Git provider"
  description               = "Jobs of ${var.federation.repository}"
  disabled                  = false

  # A deleted pool keeps its id for 30 days, during which no new one can have it.
  deletion_policy = "PREVENT"

  depends_on = [google_project_service.bootstrap]
}

resource "google_iam_workload_identity_pool_provider" "git" {
  project                            = var.project.id
  workload_identity_pool_id          = google_iam_workload_identity_pool.git.workload_identity_pool_id
  workload_identity_pool_provider_id = var.federation.provider
  display_name                       = var.federation.provider
  attribute_mapping                  = var.federation.attributes

  # The issuer signs tokens for everybody's repositories: without the condition any of them would be let in.
  attribute_condition = var.federation.condition
  disabled            = false
  deletion_policy     = "PREVENT"

  oidc {
    issuer_uri = var.federation.issuer
  }
}

resource "google_service_account_iam_member" "git" {
  service_account_id = google_service_account.reader["plan"].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.git.name}/attribute.repository/${var.federation.repository}"
}
