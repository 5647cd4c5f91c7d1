output "folders" {
  description = "Ids of the folders."
  value = {
    root           = google_folder.root.name
    production     = google_folder.production.name
    non_production = google_folder.non_production.name
  }
}

output "project_numbers" {
  description = "Numbers of the projects by key."
  value       = { for key, project in google_project.platform : key => tostring(project.number) }
}

output "network" {
  description = "Self link of the shared network."
  value       = google_compute_network.shared.self_link
}

output "name_servers" {
  description = "Servers that the registrar of the platform's domain must point at."
  value       = google_dns_managed_zone.platform.name_servers
}

output "channels" {
  description = "Notification channels: name to id."
  value       = { for name, channel in google_monitoring_notification_channel.platform : name => channel.id }
}
