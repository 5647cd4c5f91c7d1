# What must hold of every edge. Runs without Google: `terraform init -backend=false && terraform test`.
mock_provider "google" {}

variables {
  edge = {
    id              = "e1"
    project         = "lab-edge-7f3k"
    description     = "up to 300 sites"
    prevent_destroy = true
  }
  labels = { aip-edge = "e1" }
  names = {
    address_ipv4     = "edge-e1-ipv4"
    address_ipv6     = "edge-e1-ipv6"
    certificate_map  = "edge-e1-certificates"
    url_map          = "edge-e1-routes"
    redirect_url_map = "edge-e1-to-https"
    https_proxy      = "edge-e1-https"
    http_proxy       = "edge-e1-http"
    ssl_policy       = "edge-e1-tls"
    https_rule_ipv4  = "edge-e1-https-ipv4"
    https_rule_ipv6  = "edge-e1-https-ipv6"
    http_rule_ipv4   = "edge-e1-http-ipv4"
    http_rule_ipv6   = "edge-e1-http-ipv6"
  }
  tls = { profile = "MODERN", min_version = "TLS_1_2" }
  authorizations = {
    "acme.example" = { name = "d-acme", domain = "acme.example" }
  }
  certificates = {
    "acme.example by DNS" = {
      name           = "c-acme"
      description    = "Certificate of acme.example, www.acme.example"
      domains        = ["acme.example", "www.acme.example"]
      authorizations = ["acme.example"]
    }
  }
  entries = {
    "acme.example" = { name = "e-acme", hostname = "acme.example", certificates = ["acme.example by DNS"], external = [] }
    default        = { name = "e-default", hostname = "", certificates = [], external = ["projects/lab-edge-7f3k/locations/global/certificates/wild"] }
  }
  default_host = "hosting.example"
  sites = {
    wp-acme = {
      hosts   = ["acme.example"]
      backend = "https://www.googleapis.com/compute/v1/projects/lab-eu1-001-7f3k/global/backendServices/wp-acme"
      hsts    = "max-age=31536000"
      redirects = [{
        from        = ["/jobs"]
        host        = ""
        path        = "/careers/"
        prefix      = ""
        code        = "MOVED_PERMANENTLY_DEFAULT"
        strip_query = false
      }]
    }
  }
  redirect_hosts = {
    wp-acme-to-0 = { hosts = ["www.acme.example"], to = "acme.example", code = "MOVED_PERMANENTLY_DEFAULT" }
  }
  dns     = { project = "lab-edge-7f3k", zone = "sites", target = "e1.edge.sites.example.", ttl = 300 }
  records = { "acme.sites.example" = "acme.sites.example." }
}

run "old_protocols_are_refused" {
  command = plan

  assert {
    condition     = google_compute_ssl_policy.edge.min_tls_version == "TLS_1_2" && contains(["MODERN", "RESTRICTED"], google_compute_ssl_policy.edge.profile)
    error_message = "Clients may negotiate less than TLS 1.2."
  }

  assert {
    condition     = google_compute_target_https_proxy.edge.tls_early_data == "DISABLED"
    error_message = "Replayed early data could repeat an order."
  }
}

run "plain_http_only_forwards" {
  command = plan

  assert {
    condition     = google_compute_url_map.redirect.default_url_redirect[0].https_redirect && length(google_compute_url_map.redirect.host_rule) == 0
    error_message = "Port 80 answers with something else than the way to port 443."
  }

  assert {
    condition = alltrue([
      for rule in [google_compute_global_forwarding_rule.http_ipv4, google_compute_global_forwarding_rule.http_ipv6] : rule.port_range == "80"
    ])
    error_message = "Another port leads to the redirect."
  }
}

run "every_rule_has_the_scheme_written_out" {
  command = plan

  assert {
    condition = alltrue([
      for rule in [
        google_compute_global_forwarding_rule.http_ipv4, google_compute_global_forwarding_rule.http_ipv6,
        google_compute_global_forwarding_rule.https_ipv4, google_compute_global_forwarding_rule.https_ipv6,
      ] : rule.load_balancing_scheme == "EXTERNAL_MANAGED"
    ])
    error_message = "The default differs between provider majors, and a change replaces the rule."
  }
}

run "an_unknown_host_reaches_no_site" {
  command = plan

  assert {
    condition     = google_compute_url_map.edge.default_url_redirect[0].host_redirect == "hosting.example" && google_compute_url_map.edge.default_service == null
    error_message = "A host that nobody claimed reaches somebody's site."
  }

  assert {
    condition     = alltrue([for matcher in google_compute_url_map.edge.path_matcher : matcher.name != "wp-acme" || matcher.default_service == var.sites["wp-acme"].backend])
    error_message = "A site's hosts reach another backend."
  }
}

run "nothing_here_caches" {
  command = plan

  # What may be cached is the backend's to say, where it knows who is logged in.
  assert {
    condition     = alltrue([for matcher in google_compute_url_map.edge.path_matcher : length(matcher.default_route_action) == 0 && length(matcher.route_rules) == 0])
    error_message = "The URL map stands in front of the backends' own policies."
  }
}

run "addresses_stay_and_every_entry_has_one_certificate" {
  command = plan

  assert {
    condition     = google_compute_global_address.ipv4.deletion_policy == "PREVENT" && google_compute_global_address.ipv6.deletion_policy == "PREVENT"
    error_message = "Customers' DNS points at the addresses."
  }

  assert {
    condition     = google_certificate_manager_certificate_map_entry.edge["default"].matcher == "PRIMARY" && google_certificate_manager_certificate_map_entry.edge["acme.example"].hostname == "acme.example"
    error_message = "A host without an entry would get no certificate at all."
  }

  assert {
    condition     = google_dns_record_set.site["acme.sites.example"].rrdatas == tolist(["e1.edge.sites.example."])
    error_message = "A site's name does not point at its edge."
  }
}

run "a_retired_edge_lets_its_addresses_go" {
  command = plan

  variables {
    edge = {
      id              = "e1"
      project         = "lab-edge-7f3k"
      description     = "retired"
      prevent_destroy = false
    }
  }

  assert {
    condition     = google_compute_global_address.ipv4.deletion_policy == "DELETE"
    error_message = "The addresses of a retired edge are kept and billed for ever."
  }
}
