# Proof of the domain by a CNAME that its owner makes (the output says which): the certificate is there before traffic
# comes, and a wildcard is possible. The platform's own domain is proven in the platform's stack, once for all edges.
resource "google_certificate_manager_dns_authorization" "edge" {
  for_each = var.authorizations

  project = var.edge.project
  name    = each.value.name
  domain  = each.value.domain
  labels  = var.labels

  # A record of the project's own, so that the same domain may be proven in another project, too.
  type = "PER_PROJECT_RECORD"
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
