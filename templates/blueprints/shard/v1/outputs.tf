output "project_id" {
  description = "Id of the shard's project."
  value       = google_project.shard.project_id
}

output "project_number" {
  description = "Number of the shard's project, which budgets are filtered by."
  value       = tostring(local.project_number)
}

output "apis" {
  description = "Handle for things that only need the project and its APIs."
  value       = google_project.shard.project_id
  depends_on  = [google_project_service.shard]
}

output "ready" {
  description = "Handle for services: the subnet is shared, the pool runs and the provisioning job has succeeded."
  value       = google_project.shard.project_id

  depends_on = [
    google_project_service.shard,
    google_artifact_registry_repository_iam_member.run,
    google_cloud_run_v2_job.provision,
    google_compute_forwarding_rule.pool,
    google_compute_security_policy.edge,
    google_compute_shared_vpc_service_project.shard,
    google_compute_subnetwork_iam_member.run,
    google_project_iam_member.run_network_viewer,
    google_storage_bucket.media,
  ]
}

output "network" {
  description = "Self links of the shared network and of the shard's subnet."
  value = {
    network    = google_compute_subnetwork.shard.network
    subnetwork = google_compute_subnetwork.shard.self_link
  }
}

output "channels" {
  description = "Notification channels of the project: name to id."
  value       = { for name, channel in google_monitoring_notification_channel.shard : name => channel.id }
}

output "scheduler" {
  description = "E-mail address of the identity that calls sites and starts workflows."
  value       = google_service_account.scheduler.email
}

output "workflows" {
  description = "Ids of the workflows: cron, dump, restore_check."
  value       = { for key, workflow in google_workflows_workflow.shard : key => workflow.id }
}

output "cron_member" {
  description = "Member as which the workflow `cron` runs; it may run a site's job once the site says so."
  value       = google_service_account.workflow["cron"].member
}

output "throttle_topic" {
  description = "Id of the topic for budgets of sites that are to be throttled; empty for none."
  value       = try(google_pubsub_topic.throttle[0].id, "")
  depends_on  = [google_pubsub_topic_iam_member.throttle]
}

output "security_policies" {
  description = "Cloud Armor policies: level to self link."
  value       = { for level, policy in google_compute_security_policy.edge : level => policy.self_link }
}

output "site_env" {
  description = "Environment of every site that only Terraform knows: where the cache listens, and whether the shard is read-only."
  value       = local.site_env
}

output "server_authorities" {
  description = "What proves the database servers: `primary` or a replica's key to certificates in PEM, the old and the new one while Google rotates them."
  value       = local.pool_authorities
}

output "pool_secrets" {
  description = "Secrets of whoever runs a pool, by id."
  value       = { for id, secret in google_secret_manager_secret.pool : id => secret.secret_id }
}
