resource "google_compute_url_map" "edge" {
  project     = var.edge.project
  name        = var.names.url_map
  description = "${var.edge.id}: ${var.edge.description}"

  # An unknown host belongs to nobody: it must not reach somebody's site.
  default_url_redirect {
    host_redirect          = var.default_host
    path_redirect          = "/"
    https_redirect         = true
    redirect_response_code = "FOUND"
    strip_query            = true
  }

  dynamic "host_rule" {
    for_each = var.sites

    content {
      hosts        = host_rule.value.hosts
      path_matcher = host_rule.key
    }
  }

  dynamic "host_rule" {
    for_each = var.redirect_hosts

    content {
      hosts        = host_rule.value.hosts
      path_matcher = host_rule.key
    }
  }

  dynamic "path_matcher" {
    for_each = var.sites

    content {
      name            = path_matcher.key
      default_service = path_matcher.value.backend

      # Set here and not at the backend: browsers keep the header per host, and hosts of one site may differ.
      dynamic "header_action" {
        for_each = path_matcher.value.hsts == "" ? [] : [path_matcher.value.hsts]

        content {
          response_headers_to_add {
            header_name  = "Strict-Transport-Security"
            header_value = header_action.value
            replace      = true
          }
        }
      }

      dynamic "path_rule" {
        for_each = path_matcher.value.redirects

        content {
          paths = path_rule.value.from

          url_redirect {
            host_redirect          = path_rule.value.host == "" ? null : path_rule.value.host
            path_redirect          = path_rule.value.path == "" ? null : path_rule.value.path
            prefix_redirect        = path_rule.value.prefix == "" ? null : path_rule.value.prefix
            https_redirect         = true
            redirect_response_code = path_rule.value.code
            strip_query            = path_rule.value.strip_query
          }
        }
      }
    }
  }

  dynamic "path_matcher" {
    for_each = var.redirect_hosts

    content {
      name = path_matcher.key

      default_url_redirect {
        host_redirect          = path_matcher.value.to
        https_redirect         = true
        redirect_response_code = path_matcher.value.code
        strip_query            = false
      }
    }
  }
}

# Port 80 answers with the same address on port 443 and nothing else.
resource "google_compute_url_map" "redirect" {
  project     = var.edge.project
  name        = var.names.redirect_url_map
  description = "${var.edge.id}: HTTP to HTTPS"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
}
