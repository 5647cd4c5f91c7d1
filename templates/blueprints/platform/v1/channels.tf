locals {
  # Which label of a channel holds its address.
  channel_labels = {
    email             = "email_address"
    webhook_basicauth = "url"
  }

  keyed_channels = { for name, channel in var.channels : name => channel if channel.secret != "" }

  # Who opens keys: a plan of this stack does, whether it applies or looks for drift. Pull requests are not planned by
  # Terraform, so their identity is not among them.
  key_readers = {
    for reader in flatten([
      for name, channel in local.keyed_channels : [
        for key, member in var.secret_readers : { channel = name, key = key, member = member }
      ]
    ]) : "${reader.channel}/${reader.key}" => reader
  }
}

# One secret to one identity: nobody reads secrets of the project.
resource "google_secret_manager_secret_iam_member" "channel" {
  for_each = local.key_readers

  secret_id = local.keyed_channels[each.value.channel].secret
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value.member

  depends_on = [google_project_service.platform]
}

# Read while applying and never stored: neither plan nor state knows the key.
ephemeral "google_secret_manager_secret_version" "channel" {
  for_each = local.keyed_channels

  secret  = each.value.secret
  version = each.value.secret_version

  depends_on = [google_secret_manager_secret_iam_member.channel]
}

resource "google_monitoring_notification_channel" "platform" {
  for_each = var.channels

  project      = google_project.platform["shared"].project_id
  type         = each.value.type
  display_name = each.value.display_name
  user_labels  = var.labels
  enabled      = true

  # A channel that a policy still uses stays until the policy lets go of it.
  force_delete = false

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
