resource "google_billing_budget" "platform" {
  billing_account = var.budget.billing_account
  display_name    = var.budget.display_name

  budget_filter {
    # Everything below the folder, shards that do not exist yet included.
    resource_ancestors     = [google_folder.root.name]
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
    monitoring_notification_channels = [for name in var.budget.notify : google_monitoring_notification_channel.platform[name].id]
    disable_default_iam_recipients   = false
  }
}
