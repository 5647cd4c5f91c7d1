resource "google_billing_budget" "site" {
  count = var.budget == null ? 0 : 1

  billing_account = var.budget.billing_account
  display_name    = var.budget.display_name

  budget_filter {
    # The number of the project: an id is accepted and then matches nothing.
    projects               = ["projects/${var.budget.project_number}"]
    labels                 = { (var.budget.label_key) = var.budget.label_value }
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
    monitoring_notification_channels = [for name in var.budget.notify : var.channels[name]]
    pubsub_topic                     = var.budget.topic == "" ? null : var.budget.topic

    # The default recipients stay: a budget that tells nobody is worth nothing.
    disable_default_iam_recipients = false
  }
}
