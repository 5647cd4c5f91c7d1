output "secret_id" {
  description = "Id of the site's secret container. The shard's provisioning job waits for it."
  value       = google_secret_manager_secret.site[var.secret.id].id

  # The job writes into the container, and the site must be able to read it afterwards.
  depends_on = [google_secret_manager_secret_iam_member.site]
}

output "service_account_email" {
  description = "Identity of the site."
  value       = google_service_account.site.email
}

output "service_id" {
  description = "Id of the Cloud Run service; empty when the site is archived."
  value       = one(google_cloud_run_v2_service.site[*].id)
}

output "backend_id" {
  description = "Id of the backend service that an edge's URL map refers to."
  value       = google_compute_backend_service.site.id
}

output "bucket" {
  description = "Name of the media bucket."
  value       = var.bucket.name
}
