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

resource "google_dns_record_set" "ipv4" {
  for_each = var.records

  project      = each.value.project
  managed_zone = each.value.zone
  name         = "${each.value.host}."
  type         = "A"
  ttl          = each.value.ttl
  rrdatas      = [google_compute_global_address.ipv4.address]
}

resource "google_dns_record_set" "ipv6" {
  for_each = var.records

  project      = each.value.project
  managed_zone = each.value.zone
  name         = "${each.value.host}."
  type         = "AAAA"
  ttl          = each.value.ttl
  rrdatas      = [google_compute_global_address.ipv6.address]
}
