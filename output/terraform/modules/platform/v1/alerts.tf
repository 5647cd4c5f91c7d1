# The builds that look for drift write one such line per stack.
resource "google_logging_metric" "drift" {
  project         = google_project.platform["shared"].project_id
  name            = var.watch.drift_metric
  description     = "Stacks that differ from what was applied"
  filter          = "resource.type=\"build\" AND textPayload:\"${var.watch.drift_line}\""
  disabled        = false
  deletion_policy = "DELETE"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }

  depends_on = [google_project_service.platform]
}

locals {
  channel_ids = [for name in var.watch.notify : google_monitoring_notification_channel.platform[name].id]

  # Lines of builds that somebody has to look at.
  build_lines = {
    drift  = { title = "a stack differs from what was applied", filter = "textPayload:\"${var.watch.drift_line}\"" }
    failed = { title = "a build failed", filter = "textPayload:\"ERROR: build step\"" }
  }
}

resource "google_monitoring_alert_policy" "builds" {
  for_each = local.build_lines

  project               = google_project.platform["shared"].project_id
  display_name          = "${var.watch.title}: ${each.value.title}"
  combiner              = "OR"
  enabled               = true
  severity              = "WARNING"
  user_labels           = var.labels
  notification_channels = local.channel_ids
  deletion_policy       = "DELETE"

  conditions {
    display_name = each.value.title

    condition_matched_log {
      filter = "resource.type=\"build\" AND ${each.value.filter}"
    }
  }

  alert_strategy {
    auto_close = "86400s"

    # A policy on log lines must have one.
    notification_rate_limit {
      period = "3600s"
    }
  }
}

resource "google_monitoring_alert_policy" "errors" {
  project               = google_project.platform["shared"].project_id
  display_name          = "${var.watch.title}: an edge answers with errors"
  combiner              = "OR"
  enabled               = true
  severity              = "CRITICAL"
  user_labels           = var.labels
  notification_channels = local.channel_ids
  deletion_policy       = "DELETE"

  conditions {
    display_name = "share of answers 5xx by edge"

    condition_threshold {
      filter             = "metric.type=\"loadbalancing.googleapis.com/https/request_count\" resource.type=\"https_lb_rule\" metric.label.response_code_class=500"
      denominator_filter = "metric.type=\"loadbalancing.googleapis.com/https/request_count\" resource.type=\"https_lb_rule\""
      comparison         = "COMPARISON_GT"
      threshold_value    = var.watch.error_ratio
      duration           = "300s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.url_map_name"]
      }

      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.url_map_name"]
      }

      trigger {
        count = 1
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_monitoring_monitored_project.platform]
}

# Above this a zone that is lost leaves too little for the rest (Spanner, alerts for high CPU utilization).
resource "google_monitoring_alert_policy" "spanner" {
  project               = google_project.platform["shared"].project_id
  display_name          = "${var.watch.title}: the control plane's database is busy"
  combiner              = "OR"
  enabled               = true
  severity              = "WARNING"
  user_labels           = var.labels
  notification_channels = local.channel_ids
  deletion_policy       = "DELETE"

  conditions {
    display_name = "high-priority processor of ${google_spanner_instance.control.name}"

    condition_threshold {
      filter          = "metric.type=\"spanner.googleapis.com/instance/cpu/utilization_by_priority\" resource.type=\"spanner_instance\" metric.label.priority=\"high\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.watch.spanner_ratio
      duration        = "600s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_MEAN"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.instance_id"]
      }

      trigger {
        count = 1
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }
}
