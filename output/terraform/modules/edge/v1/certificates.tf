# Proof of the domain by a CNAME: the certificate is there before traffic comes, and a wildcard is possible.
resource "google_certificate_manager_dns_authorization" "edge" {
  for_each = var.authorizations

  project = var.edge.project
  name    = each.value.name
  domain  = each.value.domain
  labels  = var.labels

  # A record of the project's own, so that the same domain may be proven in another project, too.
  type = "PER_PROJECT_RECORD"
}

locals {
  own_authorizations = { for key, authorization in var.authorizations : key => authorization if authorization.zone != "" }
}

# For other domains the owner makes the record; the output says which.
resource "google_dns_record_set" "authorization" {
  for_each = local.own_authorizations

  project      = each.value.zone_project
  managed_zone = each.value.zone
  name         = google_certificate_manager_dns_authorization.edge[each.key].dns_resource_record[0].name
  type         = google_certificate_manager_dns_authorization.edge[each.key].dns_resource_record[0].type
  ttl          = 300
  rrdatas      = [google_certificate_manager_dns_authorization.edge[each.key].dns_resource_record[0].data]
}

resource "google_certificate_manager_certificate" "edge" {
  for_each = var.certificates

  project     = var.edge.project
  name        = each.value.name
  description = each.value.description
  scope       = "DEFAULT"
  labels      = var.labels

  # Always managed: a certificate that somebody brought would put its private key into Terraform's state.
  managed {
    domains            = each.value.domains
    dns_authorizations = [for key in each.value.authorizations : google_certificate_manager_dns_authorization.edge[key].id]
  }

  # Domains cannot change in place, and the old certificate serves until its successor is there.
  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_dns_record_set.authorization]
}

# A map instead of a list on the proxy: a list ends at 100 certificates.
resource "google_certificate_manager_certificate_map" "edge" {
  project     = var.edge.project
  name        = var.names.certificate_map
  description = var.edge.description
  labels      = var.labels
}

resource "google_certificate_manager_certificate_map_entry" "edge" {
  for_each = var.entries

  project = var.edge.project
  name    = each.value.name
  map     = google_certificate_manager_certificate_map.edge.name
  labels  = var.labels

  # Either a host or the entry for all others.
  hostname = each.value.hostname == "" ? null : each.value.hostname
  matcher  = each.value.hostname == "" ? "PRIMARY" : null

  certificates = concat(
    [for key in each.value.certificates : google_certificate_manager_certificate.edge[key].id],
    each.value.external,
  )
}
