locals {
  # The provisioning job signs in as itself, without a password.
  database_flags = merge(var.database.flags, { cloudsql_iam_authentication = "on" })
}

resource "google_sql_database_instance" "primary" {
  project          = google_project.shard.project_id
  region           = var.shard.region
  name             = var.database.name
  database_version = var.database.version

  # Two walls: this one stops Terraform, the one in `settings` stops everybody else.
  deletion_protection = var.database.deletion_protection
  deletion_policy     = "DELETE"

  settings {
    tier                        = var.database.tier
    edition                     = var.database.edition
    availability_type           = var.database.availability
    activation_policy           = "ALWAYS"
    disk_type                   = var.database.disk.type
    disk_size                   = var.database.disk.size_gb
    disk_autoresize             = true
    disk_autoresize_limit       = var.database.disk.max_gb
    deletion_protection_enabled = var.database.deletion_protection
    retain_backups_on_delete    = true
    user_labels                 = var.labels

    # ProxySQL connects without a connector; TLS is what `ssl_mode` asks for.
    connector_enforcement = "NOT_REQUIRED"

    # The Data API would let an identity query from the internet.
    data_api_access = "DISALLOW_DATA_API"

    backup_configuration {
      enabled    = true
      start_time = var.database.backup.start_time
      location   = var.database.backup.location

      # Point in time recovery of MySQL is the binary log; the argument of that name is for other engines.
      # Replicas and regional availability need it, too.
      binary_log_enabled             = true
      transaction_log_retention_days = var.database.backup.pitr_days

      backup_retention_settings {
        retained_backups = var.database.backup.retained
        retention_unit   = "COUNT"
      }
    }

    dynamic "final_backup_config" {
      for_each = var.database.final_backup_days > 0 ? [1] : []

      content {
        enabled        = true
        retention_days = var.database.final_backup_days
      }
    }

    ip_configuration {
      ipv4_enabled = false
      ssl_mode     = var.database.ssl_mode

      # A CA of the instance's own. Under a shared one any certificate of the region would pass ProxySQL, which checks no host names.
      server_ca_mode = "GOOGLE_MANAGED_INTERNAL_CA"

      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = concat([google_project.shard.project_id], var.database.client_projects)
      }
    }

    # Day 1 is Monday and 7 is Sunday.
    maintenance_window {
      day          = var.database.maintenance.day
      hour         = var.database.maintenance.hour
      update_track = var.database.maintenance.track
    }

    insights_config {
      query_insights_enabled  = var.database.insights.enabled
      query_string_length     = var.database.insights.query_string_length
      query_plans_per_minute  = var.database.insights.query_plans_per_minute
      record_application_tags = true

      # Behind the pool every client has the same address.
      record_client_address = false
    }

    # Only Enterprise Plus has one; naming it elsewhere fails.
    dynamic "data_cache_config" {
      for_each = var.database.edition == "ENTERPRISE_PLUS" ? [1] : []

      content {
        data_cache_enabled = var.database.data_cache
      }
    }

    dynamic "database_flags" {
      for_each = local.database_flags

      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    # The disk grows by itself. Terraform would see the old size in the code and ask for a smaller disk, which is a new instance.
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_project_service.shard]
}

resource "google_sql_database_instance" "replica" {
  for_each = var.replicas

  project              = google_project.shard.project_id
  region               = each.value.region
  name                 = each.value.name
  database_version     = var.database.version
  master_instance_name = google_sql_database_instance.primary.name
  deletion_protection  = each.value.deletion_protection
  deletion_policy      = "DELETE"

  settings {
    tier                        = each.value.tier
    edition                     = var.database.edition
    availability_type           = each.value.availability
    activation_policy           = "ALWAYS"
    disk_type                   = var.database.disk.type
    disk_size                   = var.database.disk.size_gb
    disk_autoresize             = true
    disk_autoresize_limit       = var.database.disk.max_gb
    deletion_protection_enabled = each.value.deletion_protection
    user_labels                 = merge(var.labels, { "aip-role" = each.value.role })
    connector_enforcement       = "NOT_REQUIRED"
    data_api_access             = "DISALLOW_DATA_API"

    # Google rebuilds a replica that falls further behind. Below five minutes the lag is ProxySQL's to watch.
    replication_lag_max_seconds = each.value.max_lag_seconds >= 300 ? each.value.max_lag_seconds : null

    # No backup_configuration: a replica has no backups, and Google refuses the block without cascading replicas.
    ip_configuration {
      ipv4_enabled   = false
      ssl_mode       = var.database.ssl_mode
      server_ca_mode = "GOOGLE_MANAGED_INTERNAL_CA"

      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = concat([google_project.shard.project_id], var.database.client_projects)
      }
    }

    insights_config {
      query_insights_enabled  = var.database.insights.enabled
      query_string_length     = var.database.insights.query_string_length
      query_plans_per_minute  = var.database.insights.query_plans_per_minute
      record_application_tags = true
      record_client_address   = false
    }

    dynamic "data_cache_config" {
      for_each = var.database.edition == "ENTERPRISE_PLUS" ? [1] : []

      content {
        data_cache_enabled = var.database.data_cache
      }
    }

    dynamic "database_flags" {
      for_each = local.database_flags

      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }
}

locals {
  # A replica must not be called primary; the compiler refuses that name.
  endpoints = merge(
    { primary = merge(var.database.endpoint, { region = var.shard.region }) },
    { for name, replica in var.replicas : name => merge(replica.endpoint, { region = replica.region }) },
  )

  attachments = merge(
    { primary = google_sql_database_instance.primary.psc_service_attachment_link },
    { for name, replica in google_sql_database_instance.replica : name => replica.psc_service_attachment_link },
  )
}

# The address is chosen by the compiler, so that the pool's configuration is complete before anything exists.
resource "google_compute_address" "endpoint" {
  for_each = local.endpoints

  project      = google_project.shard.project_id
  region       = each.value.region
  name         = each.value.address_name
  address_type = "INTERNAL"
  subnetwork   = each.value.subnetwork
  address      = each.value.ip
  labels       = var.labels

  depends_on = [google_compute_shared_vpc_service_project.shard]
}

resource "google_compute_forwarding_rule" "endpoint" {
  for_each = local.endpoints

  project    = google_project.shard.project_id
  region     = each.value.region
  name       = each.value.rule_name
  target     = local.attachments[each.key]
  network    = local.network
  ip_address = google_compute_address.endpoint[each.key].id
  labels     = var.labels

  # An endpoint of Private Service Connect has no scheme; the default would make it a public address.
  load_balancing_scheme = ""

  # The pool reaches a replica of another region through its endpoint.
  allow_psc_global_access = true

  # An instance that was replaced closes its endpoints for good.
  recreate_closed_psc = true
}
