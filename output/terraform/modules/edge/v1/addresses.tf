# Reserved, because customers' DNS points at them: an edge keeps its addresses for life.
resource "google_compute_global_address" "ipv4" {
  project         = var.edge.project
  name            = var.names.address_ipv4
  address_type    = "EXTERNAL"
  ip_version      = "IPV4"
  labels          = var.labels
  deletion_policy = var.edge.prevent_destroy ? "PREVENT" : "DELETE"
}

resource "google_compute_global_address" "ipv6" {
  project         = var.edge.project
  name            = var.names.address_ipv6
  address_type    = "EXTERNAL"
  ip_version      = "IPV6"
  labels          = var.labels
  deletion_policy = var.edge.prevent_destroy ? "PREVENT" : "DELETE"
}

# One name for the pair: customers point their aliases at it, and sites below the platform's domain are aliases of it.
resource "google_dns_record_set" "ipv4" {
  project      = var.dns.project
  managed_zone = var.dns.zone
  name         = var.dns.target
  type         = "A"
  ttl          = var.dns.ttl
  rrdatas      = [google_compute_global_address.ipv4.address]
}

resource "google_dns_record_set" "ipv6" {
  project      = var.dns.project
  managed_zone = var.dns.zone
  name         = var.dns.target
  type         = "AAAA"
  ttl          = var.dns.ttl
  rrdatas      = [google_compute_global_address.ipv6.address]
}

# One record a site: a wildcard could only point at one edge.
resource "google_dns_record_set" "site" {
  for_each = var.records

  project      = var.dns.project
  managed_zone = var.dns.zone
  name         = each.value
  type         = "CNAME"
  ttl          = var.dns.ttl
  rrdatas      = [var.dns.target]

  depends_on = [google_dns_record_set.ipv4, google_dns_record_set.ipv6]
}
