output "state_bucket" {
  description = "Name of the bucket of states."
  value       = google_storage_bucket.state.name
}

output "artifact_bucket" {
  description = "Name of the bucket of plans and records."
  value       = google_storage_bucket.artifacts.name
}

output "plan_account" {
  description = "E-mail of the identity that plans."
  value       = google_service_account.reader["plan"].email
}

output "drift_account" {
  description = "E-mail of the identity that looks for drift."
  value       = google_service_account.reader["drift"].email
}

output "apply_account" {
  description = "E-mail of the identity that applies."
  value       = google_service_account.apply.email
}

output "federation_provider" {
  description = "What a job at the Git provider names to act as the identity that plans."
  value       = google_iam_workload_identity_pool_provider.git.name
}
