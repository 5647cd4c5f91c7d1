# Both stay while the site is archived: an edge's URL map may still name the backend until the edge is applied, which
# comes after the shard, and Google refuses to delete a backend in use. They cost nothing.
resource "google_compute_region_network_endpoint_group" "site" {
  project               = var.site.project
  region                = var.site.region
  name                  = var.backend.group_name
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = var.service.name
  }

  depends_on = [google_cloud_run_v2_service.site, var.apis]
}

resource "google_compute_backend_service" "site" {
  project     = var.site.project
  name        = var.backend.name
  description = var.backend.description

  # The default differs between provider majors, and a change replaces the backend.
  load_balancing_scheme = "EXTERNAL_MANAGED"

  protocol         = "HTTPS"
  session_affinity = "NONE"
  security_policy  = var.backend.security_policy == "" ? null : var.backend.security_policy
  enable_cdn       = var.backend.cdn.enabled
  compression_mode = var.backend.cdn.compression ? "AUTOMATIC" : "DISABLED"

  custom_response_headers = var.backend.response_headers

  # A serverless group takes no balancing mode, health check, port name or timeout.
  backend {
    group = google_compute_region_network_endpoint_group.site.id
  }

  dynamic "cdn_policy" {
    for_each = var.backend.cdn.enabled ? [1] : []

    content {
      # WordPress alone knows which page is private. FORCE_CACHE_ALL would cache logged-in pages.
      cache_mode        = "USE_ORIGIN_HEADERS"
      serve_while_stale = var.backend.cdn.serve_while_stale_seconds

      # One request for the origin when many visitors miss the same page.
      request_coalescing = true

      cache_key_policy {
        # All hosts of the shard's sites share the cache of one URL map.
        include_host           = true
        include_protocol       = true
        include_query_string   = var.backend.cdn.query_strings
        query_string_whitelist = length(var.backend.cdn.query_strings_only) == 0 ? null : var.backend.cdn.query_strings_only
        query_string_blacklist = length(var.backend.cdn.query_strings_ignored) == 0 ? null : var.backend.cdn.query_strings_ignored

        # A visitor who is logged in or has a cart gets entries of his own instead of the anonymous page.
        include_named_cookies = length(var.backend.cdn.named_cookies) == 0 ? null : var.backend.cdn.named_cookies
      }

      dynamic "bypass_cache_on_request_headers" {
        for_each = var.backend.cdn.bypass_headers

        content {
          header_name = bypass_cache_on_request_headers.value
        }
      }

      negative_caching = length(var.backend.cdn.negative_ttl) > 0

      dynamic "negative_caching_policy" {
        for_each = var.backend.cdn.negative_ttl

        content {
          code = negative_caching_policy.key
          ttl  = negative_caching_policy.value
        }
      }
    }
  }

  log_config {
    enable      = var.backend.log_sample_rate > 0
    sample_rate = var.backend.log_sample_rate
  }

  deletion_policy = "DELETE"
}
