resource "google_dns_managed_zone" "platform" {
  project     = google_project.platform["edge"].project_id
  name        = var.dns.zone
  dns_name    = "${var.dns.domain}."
  description = var.dns.description
  visibility  = "public"
  labels      = var.labels

  # Every site's name below the domain is in it.
  force_destroy   = false
  deletion_policy = "PREVENT"

  dnssec_config {
    state = "on"
  }

  depends_on = [google_project_service.platform]
}

# Proven once for all edges, because two proofs of one domain would want the same record.
resource "google_certificate_manager_dns_authorization" "platform" {
  project     = google_project.platform["edge"].project_id
  name        = var.dns.authorization
  description = "Proof of ${var.dns.domain}"
  domain      = var.dns.domain
  labels      = var.labels

  # A record of the project's own, so that the same domain may be proven in another project, too.
  type = "PER_PROJECT_RECORD"

  depends_on = [google_project_service.platform]
}

resource "google_dns_record_set" "authorization" {
  project      = google_project.platform["edge"].project_id
  managed_zone = google_dns_managed_zone.platform.name
  name         = google_certificate_manager_dns_authorization.platform.dns_resource_record[0].name
  type         = google_certificate_manager_dns_authorization.platform.dns_resource_record[0].type
  ttl          = 300
  rrdatas      = [google_certificate_manager_dns_authorization.platform.dns_resource_record[0].data]
}

# Every site has a name right below the domain: one wildcard serves them all on every edge, without a resource per site.
resource "google_certificate_manager_certificate" "platform" {
  project     = google_project.platform["edge"].project_id
  name        = var.dns.certificate
  description = "Names below ${var.dns.domain}"
  scope       = "DEFAULT"
  labels      = var.labels

  managed {
    domains            = [var.dns.domain, "*.${var.dns.domain}"]
    dns_authorizations = [google_certificate_manager_dns_authorization.platform.id]
  }

  # Every edge's default entry names it: it never goes before its successor is there.
  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_dns_record_set.authorization]
}
