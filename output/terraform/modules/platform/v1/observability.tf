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

resource "google_monitoring_notification_channel" "platform" {
  for_each = var.channels

  project      = google_project.platform["shared"].project_id
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

  depends_on = [google_project_service.platform]
}

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
