resource "google_compute_ssl_policy" "edge" {
  project         = var.edge.project
  name            = var.names.ssl_policy
  profile         = var.tls.profile
  min_tls_version = var.tls.min_version
}

resource "google_compute_target_https_proxy" "edge" {
  project         = var.edge.project
  name            = var.names.https_proxy
  url_map         = google_compute_url_map.edge.id
  certificate_map = "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.edge.id}"
  ssl_policy      = google_compute_ssl_policy.edge.id
  quic_override   = "ENABLE"

  # Replayed early data could repeat a login or an order.
  tls_early_data = "DISABLED"
}

resource "google_compute_target_http_proxy" "redirect" {
  project = var.edge.project
  name    = var.names.http_proxy
  url_map = google_compute_url_map.redirect.id
}

# The scheme's default differs between provider majors, and a change replaces the rule: always written out.
resource "google_compute_global_forwarding_rule" "https_ipv4" {
  project               = var.edge.project
  name                  = var.names.https_rule_ipv4
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_protocol           = "TCP"
  port_range            = "443"
  ip_address            = google_compute_global_address.ipv4.id
  target                = google_compute_target_https_proxy.edge.id
  labels                = var.labels
}

resource "google_compute_global_forwarding_rule" "https_ipv6" {
  project               = var.edge.project
  name                  = var.names.https_rule_ipv6
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_protocol           = "TCP"
  port_range            = "443"
  ip_address            = google_compute_global_address.ipv6.id
  target                = google_compute_target_https_proxy.edge.id
  labels                = var.labels
}

resource "google_compute_global_forwarding_rule" "http_ipv4" {
  project               = var.edge.project
  name                  = var.names.http_rule_ipv4
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_protocol           = "TCP"
  port_range            = "80"
  ip_address            = google_compute_global_address.ipv4.id
  target                = google_compute_target_http_proxy.redirect.id
  labels                = var.labels
}

resource "google_compute_global_forwarding_rule" "http_ipv6" {
  project               = var.edge.project
  name                  = var.names.http_rule_ipv6
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_protocol           = "TCP"
  port_range            = "80"
  ip_address            = google_compute_global_address.ipv6.id
  target                = google_compute_target_http_proxy.redirect.id
  labels                = var.labels
}
