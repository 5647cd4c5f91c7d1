resource "google_monitoring_uptime_check_config" "site" {
  for_each = var.uptime

  project            = var.site.project
  display_name       = each.value.display_name
  period             = each.value.period
  timeout            = each.value.timeout
  selected_regions   = each.value.regions
  checker_type       = "STATIC_IP_CHECKERS"
  log_check_failures = true
  user_labels        = var.labels

  http_check {
    path         = each.value.path
    port         = 443
    use_ssl      = true
    validate_ssl = true

    accepted_response_status_codes {
      status_value = endswith(each.value.status, "xx") ? null : tonumber(each.value.status)
      status_class = endswith(each.value.status, "xx") ? "STATUS_CLASS_${upper(each.value.status)}" : null
    }
  }

  monitored_resource {
    type = "uptime_url"

    labels = {
      project_id = var.site.project
      host       = each.value.host
    }
  }

  depends_on = [var.apis]
}

resource "google_monitoring_custom_service" "site" {
  count = var.slo == null ? 0 : 1

  project      = var.site.project
  service_id   = var.slo.service_id
  display_name = var.slo.display_name
  user_labels  = var.labels

  telemetry {
    resource_name = "//run.googleapis.com/projects/${var.site.project}/locations/${var.site.region}/services/${var.service.name}"
  }

  depends_on = [var.apis]
}

locals {
  requests  = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${var.service.name}\""
  latencies = "metric.type=\"run.googleapis.com/request_latencies\" resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${var.service.name}\""
}

resource "google_monitoring_slo" "availability" {
  count = var.slo == null ? 0 : 1

  project             = var.site.project
  service             = google_monitoring_custom_service.site[0].service_id
  slo_id              = var.slo.availability_id
  display_name        = var.slo.display_name
  goal                = var.slo.availability
  rolling_period_days = var.slo.window_days

  request_based_sli {
    good_total_ratio {
      total_service_filter = local.requests
      bad_service_filter   = "${local.requests} metric.labels.response_code_class=\"5xx\""
    }
  }
}

resource "google_monitoring_slo" "latency" {
  count = try(var.slo.latency_ms, 0) == 0 ? 0 : 1

  project             = var.site.project
  service             = google_monitoring_custom_service.site[0].service_id
  slo_id              = var.slo.latency_id
  display_name        = var.slo.display_name
  goal                = var.slo.latency_goal
  rolling_period_days = var.slo.window_days

  request_based_sli {
    distribution_cut {
      distribution_filter = local.latencies

      range {
        max = var.slo.latency_ms
      }
    }
  }
}

resource "google_logging_project_bucket_config" "site" {
  count = var.logs == null ? 0 : 1

  project        = var.site.project
  location       = var.logs.location
  bucket_id      = var.logs.bucket_id
  retention_days = var.logs.retention_days

  # A locked bucket can never be unlocked, not even by its owner.
  locked          = false
  deletion_policy = "DELETE"

  depends_on = [var.apis]
}

# A sink into a bucket of its own project needs no grant.
resource "google_logging_project_sink" "site" {
  count = var.logs == null ? 0 : 1

  project                = var.site.project
  name                   = var.logs.sink_name
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.site[0].id}"
  filter                 = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.service.name}\""
  unique_writer_identity = true
}

# A view of the project's bucket cannot be cut by service, so who may read a site's logs reads the site's own bucket.
resource "google_logging_log_view_iam_member" "reader" {
  for_each = var.logs == null ? {} : var.log_readers

  parent   = "projects/${var.site.project}"
  location = google_logging_project_bucket_config.site[0].location
  bucket   = google_logging_project_bucket_config.site[0].bucket_id
  name     = "_AllLogs"
  role     = each.value.role
  member   = each.value.member

  dynamic "condition" {
    for_each = each.value.until == "" ? [] : [each.value.until]

    content {
      title       = "until ${condition.value}"
      description = "The grant ends with that day"
      expression  = "request.time < timestamp(\"${condition.value}T23:59:59Z\")"
    }
  }
}
