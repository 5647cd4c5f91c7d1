# Caches of the shard's sites. The network path of a Valkey instance comes from the region's connection policy,
# which the platform made.
resource "google_memorystore_instance" "cache" {
  count = var.cache.engine == "valkey" ? 1 : 0

  project        = google_project.shard.project_id
  location       = var.shard.region
  instance_id    = var.cache.name
  engine_version = var.cache.version
  node_type      = var.cache.node_type
  replica_count  = var.cache.replicas
  labels         = var.labels

  # WordPress speaks to one node; cluster mode would need a client that follows redirections.
  mode        = "CLUSTER_DISABLED"
  shard_count = 1

  authorization_mode      = var.cache.auth ? "IAM_AUTH" : "AUTH_DISABLED"
  transit_encryption_mode = var.cache.tls ? "SERVER_AUTHENTICATION" : "TRANSIT_ENCRYPTION_DISABLED"
  acl_policy              = length(var.cache.acl) == 0 ? null : google_memorystore_acl_policy.cache[0].id
  engine_configs          = { maxmemory-policy = var.cache.evict }

  # A cache can be filled again, but all sites of the shard would be slow while it is.
  deletion_protection_enabled = var.cache.deletion_protection
  deletion_policy             = "DELETE"

  desired_auto_created_endpoints {
    network    = local.network
    project_id = google_project.shard.project_id
  }

  # What is cached need not survive a restart.
  persistence_config {
    mode = "DISABLED"
  }

  maintenance_policy {
    weekly_maintenance_window {
      day = var.cache.maintenance.day

      start_time {
        hours = var.cache.maintenance.hour
      }
    }
  }

  depends_on = [google_project_service.shard, google_compute_shared_vpc_service_project.shard]
}

# The only true wall between sites in one cache: a user sees the keys of its own site.
resource "google_memorystore_acl_policy" "cache" {
  count = var.cache.engine == "valkey" && length(var.cache.acl) > 0 ? 1 : 0

  project       = google_project.shard.project_id
  location      = var.shard.region
  acl_policy_id = var.cache.acl_policy

  dynamic "rules" {
    for_each = var.cache.acl

    content {
      username = rules.value.username
      rule     = rules.value.rule
    }
  }

  depends_on = [google_project_service.shard]
}

# Every identity of this project may connect; what it may see is the policy's business. One grant instead of one per site.
resource "google_project_iam_member" "cache_users" {
  count = var.cache.engine == "valkey" && var.cache.auth ? 1 : 0

  project = google_project.shard.project_id
  role    = "roles/memorystore.dbConnectionUser"
  member  = "principalSet://cloudresourcemanager.googleapis.com/projects/${local.project_number}/type/ServiceAccount"

  depends_on = [google_project_service.shard]
}

resource "google_redis_instance" "cache" {
  count = var.cache.engine == "redis" ? 1 : 0

  project            = google_project.shard.project_id
  region             = var.shard.region
  name               = var.cache.name
  redis_version      = var.cache.version
  tier               = var.cache.tier
  memory_size_gb     = var.cache.memory_gb
  authorized_network = local.network
  labels             = var.labels

  # The only mode for a network that belongs to another project.
  connect_mode = "PRIVATE_SERVICE_ACCESS"

  # The one password that all sites would share ends up in Terraform's state, and separates no site from another.
  auth_enabled            = false
  transit_encryption_mode = var.cache.tls ? "SERVER_AUTHENTICATION" : "DISABLED"
  redis_configs           = { maxmemory-policy = var.cache.evict }

  # Unset means protected here.
  deletion_protection = var.cache.deletion_protection
  deletion_policy     = "DELETE"

  maintenance_policy {
    weekly_maintenance_window {
      day = var.cache.maintenance.day

      start_time {
        hours = var.cache.maintenance.hour
      }
    }
  }

  depends_on = [google_project_service.shard, google_compute_shared_vpc_service_project.shard]
}

locals {
  # Google chooses the address of a cache, so that sites learn it from here.
  valkey_addresses = [
    for connection in flatten(google_memorystore_instance.cache[*].endpoints[*].connections[*].psc_auto_connection) :
    connection if connection.connection_type == "CONNECTION_TYPE_PRIMARY"
  ]

  cache_env = {
    valkey = {
      AIPRESS_CACHE_HOST = try(local.valkey_addresses[0].ip_address, "")
      AIPRESS_CACHE_PORT = try(tostring(local.valkey_addresses[0].port), "6379")
      AIPRESS_CACHE_CA   = try(join("\n", flatten(google_memorystore_instance.cache[0].managed_server_ca[*].ca_certs[*].certificates)), "")
    }
    redis = {
      AIPRESS_CACHE_HOST = try(google_redis_instance.cache[0].host, "")
      AIPRESS_CACHE_PORT = try(tostring(google_redis_instance.cache[0].port), "6379")
      AIPRESS_CACHE_CA   = try(join("\n", google_redis_instance.cache[0].server_ca_certs[*].cert), "")
    }
    none = {}
  }

  site_env = merge(
    local.cache_env[var.cache.engine],
    var.shard.state == "maintenance" ? { AIPRESS_READ_ONLY = "1" } : {},
  )
}
