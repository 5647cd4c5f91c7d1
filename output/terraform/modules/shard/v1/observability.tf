locals {
  # Which label of a channel holds its address.
  channel_labels = {
    email             = "email_address"
    webhook_basicauth = "url"
  }

  keyed_channels = { for name, channel in var.channels : name => channel if channel.secret != "" }
}

# Read while applying and never stored: neither plan nor state knows the key.
ephemeral "google_secret_manager_secret_version" "channel" {
  for_each = local.keyed_channels

  secret  = each.value.secret
  version = each.value.secret_version
}

resource "google_monitoring_notification_channel" "shard" {
  for_each = var.channels

  project      = google_project.shard.project_id
  type         = each.value.type
  display_name = each.value.display_name
  user_labels  = var.labels

  labels = merge(
    { for type, label in local.channel_labels : label => each.value.address if type == each.value.type },
    each.value.type == "webhook_basicauth" ? { username = "aipress" } : {},
  )

  dynamic "sensitive_labels" {
    for_each = each.value.secret == "" ? [] : [1]

    content {
      password_wo            = each.value.type == "webhook_basicauth" ? ephemeral.google_secret_manager_secret_version.channel[each.key].secret_data : null
      password_wo_version    = each.value.type == "webhook_basicauth" ? each.value.secret_version : null
      service_key_wo         = each.value.type == "pagerduty" ? ephemeral.google_secret_manager_secret_version.channel[each.key].secret_data : null
      service_key_wo_version = each.value.type == "pagerduty" ? each.value.secret_version : null
    }
  }

  depends_on = [google_project_service.shard]
}

resource "google_monitoring_alert_policy" "shard" {
  for_each = var.alerts

  project               = google_project.shard.project_id
  display_name          = each.value.display_name
  combiner              = "OR"
  severity              = each.value.severity
  user_labels           = var.labels
  notification_channels = [for name in each.value.notify : google_monitoring_notification_channel.shard[name].id]

  conditions {
    display_name = each.value.display_name

    condition_threshold {
      filter             = each.value.filter
      denominator_filter = each.value.denominator == "" ? null : each.value.denominator
      comparison         = each.value.comparison
      threshold_value    = each.value.threshold
      duration           = each.value.duration

      # A site that has scaled to zero sends nothing, and that is well. A dump that sends nothing was not made.
      evaluation_missing_data = each.value.silence_rings ? "EVALUATION_MISSING_DATA_ACTIVE" : each.value.duration == "0s" ? null : "EVALUATION_MISSING_DATA_INACTIVE"

      aggregations {
        alignment_period     = each.value.alignment_period
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
        group_by_fields      = each.value.group_by
      }

      # A share needs both sides cut alike.
      dynamic "denominator_aggregations" {
        for_each = each.value.denominator == "" ? [] : [1]

        content {
          alignment_period     = each.value.alignment_period
          per_series_aligner   = each.value.aligner
          cross_series_reducer = each.value.reducer
          group_by_fields      = each.value.group_by
        }
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    content   = each.value.documentation
    mime_type = "text/markdown"
  }

  # Metrics of a type that nothing has sent are refused: the counters must be there, and the instance.
  depends_on = [
    google_logging_metric.failed_calls,
    google_logging_metric.work,
    google_sql_database_instance.primary,
  ]
}

# What workflows say of each site, counted. Their log is the only place that knows the site.
resource "google_logging_metric" "work" {
  project     = google_project.shard.project_id
  name        = var.metrics.work
  description = "Dumps, checks and jobs of sites, by outcome"
  filter      = "resource.type=\"workflows.googleapis.com/Workflow\" AND jsonPayload.event:* AND jsonPayload.site:*"

  label_extractors = {
    event  = "EXTRACT(jsonPayload.event)"
    group  = "EXTRACT(jsonPayload.group)"
    result = "EXTRACT(jsonPayload.result)"
    site   = "EXTRACT(jsonPayload.site)"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = ["event", "group", "result", "site"]

      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  depends_on = [google_project_service.shard]
}

# Cloud Scheduler has no metric of its own for calls that failed; it logs them.
resource "google_logging_metric" "failed_calls" {
  project     = google_project.shard.project_id
  name        = var.metrics.failed_calls
  description = "Calls of schedules that failed, by schedule"
  filter      = "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR"

  label_extractors = {
    job = "EXTRACT(resource.labels.job_id)"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    labels {
      key        = "job"
      value_type = "STRING"
    }
  }

  depends_on = [google_project_service.shard]
}

resource "google_monitoring_dashboard" "shard" {
  count = var.dashboard == "" ? 0 : 1

  project        = google_project.shard.project_id
  dashboard_json = var.dashboard

  # It may show a counter of ours.
  depends_on = [google_logging_metric.work, google_project_service.shard]
}

# Budgets of sites that are to be throttled speak here. A budget can be told of by Google alone, so nobody else may publish.
resource "google_pubsub_topic" "throttle" {
  count = var.throttle_topic == "" ? 0 : 1

  project                    = google_project.shard.project_id
  name                       = var.throttle_topic
  labels                     = var.labels
  message_retention_duration = "604800s"
  deletion_policy            = "DELETE"

  depends_on = [google_project_service.shard]
}

resource "google_pubsub_topic_iam_member" "throttle" {
  count = var.throttle_topic == "" ? 0 : 1

  project = google_project.shard.project_id
  topic   = google_pubsub_topic.throttle[0].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:billing-budget-alert@system.gserviceaccount.com"
}

resource "google_billing_budget" "shard" {
  billing_account = var.budget.billing_account
  display_name    = var.budget.display_name

  budget_filter {
    # The number of the project: an id is accepted and then matches nothing.
    projects               = ["projects/${local.project_number}"]
    calendar_period        = "MONTH"
    credit_types_treatment = "INCLUDE_ALL_CREDITS"
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = var.budget.amount
    }
  }

  dynamic "threshold_rules" {
    for_each = var.budget.thresholds

    content {
      threshold_percent = threshold_rules.value
      spend_basis       = "CURRENT_SPEND"
    }
  }

  all_updates_rule {
    monitoring_notification_channels = [for name in var.budget.notify : google_monitoring_notification_channel.shard[name].id]
    disable_default_iam_recipients   = false
  }
}
