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
  value       = google_service_account.plan.email
}

output "apply_account" {
  description = "E-mail of the identity that applies."
  value       = google_service_account.apply.email
}
