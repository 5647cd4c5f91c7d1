# The edge project's metrics are seen from the shared one. Shards are not: a scope takes 375 projects, a fleet has more,
# so each shard has dashboards of its own, and what the whole fleet serves is counted at its edges.
resource "google_monitoring_monitored_project" "platform" {
  for_each = toset(["edge", "logging"])

  metrics_scope   = google_project.platform["shared"].project_id
  name            = google_project.platform[each.key].project_id
  deletion_policy = "DELETE"

  depends_on = [google_project_service.platform]
}

locals {
  charts = {
    traffic = [
      {
        title  = "Requests a second by status"
        filter = "metric.type=\"loadbalancing.googleapis.com/https/request_count\" resource.type=\"https_lb_rule\""
        align  = "ALIGN_RATE"
        reduce = "REDUCE_SUM"
        by     = ["metric.label.response_code_class"]
      },
      {
        title  = "Latency by edge, 95th percentile"
        filter = "metric.type=\"loadbalancing.googleapis.com/https/total_latencies\" resource.type=\"https_lb_rule\""
        align  = "ALIGN_PERCENTILE_95"
        reduce = "REDUCE_MEAN"
        by     = ["resource.label.url_map_name"]
      },
      {
        title  = "Requests a second by what the cache did"
        filter = "metric.type=\"loadbalancing.googleapis.com/https/request_count\" resource.type=\"https_lb_rule\""
        align  = "ALIGN_RATE"
        reduce = "REDUCE_SUM"
        by     = ["metric.label.cache_result"]
      },
      {
        title  = "Requests a second by edge"
        filter = "metric.type=\"loadbalancing.googleapis.com/https/request_count\" resource.type=\"https_lb_rule\""
        align  = "ALIGN_RATE"
        reduce = "REDUCE_SUM"
        by     = ["resource.label.url_map_name"]
      },
    ]

    control = [
      {
        title  = "Spanner: processor by priority"
        filter = "metric.type=\"spanner.googleapis.com/instance/cpu/utilization_by_priority\" resource.type=\"spanner_instance\""
        align  = "ALIGN_MEAN"
        reduce = "REDUCE_SUM"
        by     = ["metric.label.priority"]
      },
      {
        title  = "Spanner: bytes stored"
        filter = "metric.type=\"spanner.googleapis.com/instance/storage/used_bytes\" resource.type=\"spanner_instance\""
        align  = "ALIGN_MEAN"
        reduce = "REDUCE_SUM"
        by     = ["metric.label.database"]
      },
      {
        title  = "Stacks with drift a day"
        filter = "metric.type=\"logging.googleapis.com/user/${var.watch.drift_metric}\" resource.type=\"build\""
        align  = "ALIGN_DELTA"
        reduce = "REDUCE_SUM"
        by     = []
      },
    ]
  }
}

# Of the whole fleet; a site's and a shard's own are theirs.
resource "google_monitoring_dashboard" "fleet" {
  for_each = var.watch.dashboards

  project         = google_project.platform["shared"].project_id
  deletion_policy = "DELETE"

  dashboard_json = jsonencode({
    displayName = each.value
    gridLayout = {
      columns = "2"
      widgets = [
        for chart in local.charts[each.key] : {
          title = chart.title
          xyChart = {
            dataSets = [
              {
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = chart.filter
                    aggregation = {
                      alignmentPeriod    = "300s"
                      perSeriesAligner   = chart.align
                      crossSeriesReducer = chart.reduce
                      groupByFields      = chart.by
                    }
                  }
                }
              },
            ]
          }
        }
      ]
    }
  })

  depends_on = [google_monitoring_monitored_project.platform, google_logging_metric.drift]
}
