output "ipv4" {
  description = "Address for A records."
  value       = google_compute_global_address.ipv4.address
}

output "ipv6" {
  description = "Address for AAAA records."
  value       = google_compute_global_address.ipv6.address
}

output "authorization_records" {
  description = "Records that owners of domains have to make, by domain."
  value = {
    for domain, authorization in google_certificate_manager_dns_authorization.edge :
    domain => authorization.dns_resource_record
  }
}
