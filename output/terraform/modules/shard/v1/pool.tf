locals {
  # What proves a server to the pool. Public certificates; the provider marks them sensitive only because they stand beside keys.
  pool_authorities = merge(
    { primary = join("\n", nonsensitive(google_sql_database_instance.primary.server_ca_cert[*].cert)) },
    { for name, replica in google_sql_database_instance.replica : name => join("\n", nonsensitive(replica.server_ca_cert[*].cert)) },
  )
  pool_ports = var.pool == null ? [] : concat([tostring(var.pool.port)], var.pool.reader_port == 0 ? [] : [tostring(var.pool.reader_port)])
}

resource "google_service_account" "pool" {
  count = var.pool == null ? 0 : 1

  project      = google_project.shard.project_id
  account_id   = var.pool.account_id
  display_name = var.pool.display_name

  depends_on = [google_project_service.shard]
}

# The agent reads the sites' passwords to set them over the loopback; it can write none.
resource "google_project_iam_member" "pool_secrets" {
  count = var.pool == null ? 0 : 1

  project = google_project.shard.project_id
  role    = "roles/secretmanager.secretAccessor"
  member  = google_service_account.pool[0].member

  condition {
    title       = "secrets of sites"
    description = "Secrets whose id begins with ${var.pool.secret_prefix}"
    expression  = "resource.name.startsWith(\"${local.site_secrets}${var.pool.secret_prefix}\")"
  }
}

resource "google_project_iam_member" "pool_telemetry" {
  for_each = var.pool == null ? toset([]) : toset(["roles/logging.logWriter", "roles/monitoring.metricWriter"])

  project = google_project.shard.project_id
  role    = each.value
  member  = google_service_account.pool[0].member
}

# The pool's own passwords, such as its monitor user's. The job fills them.
resource "google_secret_manager_secret" "pool" {
  for_each = toset(var.pool_secrets)

  project             = google_project.shard.project_id
  secret_id           = each.value
  labels              = var.labels
  deletion_protection = false
  deletion_policy     = "DELETE"

  replication {
    auto {}
  }

  depends_on = [google_project_service.shard]
}

resource "google_secret_manager_secret_iam_member" "pool" {
  for_each = toset(var.pool == null ? [] : var.pool_secrets)

  project   = google_project.shard.project_id
  secret_id = google_secret_manager_secret.pool[each.value].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.pool[0].member
}

resource "google_secret_manager_secret_iam_member" "provision_pool" {
  for_each = toset(var.pool_secrets)

  project   = google_project.shard.project_id
  secret_id = google_secret_manager_secret.pool[each.value].secret_id
  role      = "roles/secretmanager.secretVersionManager"
  member    = google_service_account.provision.member
}

# What was stored is read back, and a run that was killed finds what the one before has stored.
resource "google_secret_manager_secret_iam_member" "provision_pool_read" {
  for_each = toset(var.pool_secrets)

  project   = google_project.shard.project_id
  secret_id = google_secret_manager_secret.pool[each.value].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.provision.member
}

resource "google_artifact_registry_repository_iam_member" "pool" {
  count = var.pool == null ? 0 : 1

  project    = var.images.project
  location   = var.images.location
  repository = var.images.repository
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.pool[0].member
}

resource "google_storage_bucket_iam_member" "pool" {
  count = var.pool == null ? 0 : 1

  bucket = google_storage_bucket.config.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.pool[0].member
}

resource "google_storage_bucket_object" "pool_config" {
  count = var.pool == null ? 0 : 1

  bucket       = google_storage_bucket.config.name
  name         = var.pool.config_object
  content      = var.pool.config
  content_type = "text/plain; charset=utf-8"
}

resource "google_storage_bucket_object" "pool_users" {
  count = var.pool == null ? 0 : 1

  bucket       = google_storage_bucket.config.name
  name         = var.pool.users_object
  content      = var.pool.users
  content_type = "application/json"
}

# Old and new authority stand in one file while Google rotates them. The agents look again by themselves.
resource "google_storage_bucket_object" "pool_authority" {
  for_each = var.pool == null ? {} : var.pool.authorities

  bucket       = google_storage_bucket.config.name
  name         = each.key
  content      = local.pool_authorities[each.value]
  content_type = "application/x-pem-file"
}

resource "google_compute_region_instance_template" "pool" {
  count = var.pool == null ? 0 : 1

  project = google_project.shard.project_id
  region  = var.shard.region

  # A template cannot change and the group uses the old one until it has the new one: two names at a time.
  name_prefix  = var.pool.template_prefix
  machine_type = var.pool.machine_type
  labels       = var.labels

  disk {
    source_image = var.pool.os_image
    disk_type    = var.pool.disk_type
    disk_size_gb = var.pool.disk_gb
    auto_delete  = true
    boot         = true
  }

  # No access_config: the machine has no public address.
  network_interface {
    network            = local.network
    subnetwork         = google_compute_subnetwork.shard.self_link
    subnetwork_project = var.network.host_project
  }

  service_account {
    email  = google_service_account.pool[0].email
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  # No password is in here: metadata is readable by everybody who may see the machine.
  metadata = {
    block-project-ssh-keys = "true"
    enable-oslogin         = "TRUE"
    google-logging-enabled = "true"

    user-data = templatefile("${path.module}/cloud-init.yaml.tftpl", {
      registry        = "${var.images.location}-docker.pkg.dev"
      image           = var.pool.image
      args            = var.pool.args
      agent_image     = var.pool.agent_image
      agent_init_args = var.pool.agent_init_args
      agent_args      = var.pool.agent_args
      ports           = concat(local.pool_ports, [tostring(var.pool.health_port)])
      drain_seconds   = var.pool.drain_seconds

      env = {
        AIPRESS_PROJECT       = var.project.id
        AIPRESS_SHARD         = var.shard.id
        AIPRESS_CONFIG_BUCKET = var.config_bucket.name
        AIPRESS_CONFIG_OBJECT = var.pool.config_object
        AIPRESS_USERS_OBJECT  = var.pool.users_object
        AIPRESS_HEALTH_PORT   = tostring(var.pool.health_port)
        AIPRESS_HEALTH_PATH   = var.pool.health_path
        AIPRESS_POOL_DRAIN    = tostring(var.pool.drain_seconds)

        # Part of the template, so that a new configuration rolls the machines. New users do not appear here.
        AIPRESS_CONFIG_SHA256 = sha256(var.pool.config)
      }
    })
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_compute_subnetwork_iam_member.cloudservices]
}

# Takes a machine out of the balancer when its agent says so.
resource "google_compute_region_health_check" "pool" {
  count = var.pool == null ? 0 : 1

  project             = google_project.shard.project_id
  region              = var.shard.region
  name                = var.pool.health_name
  check_interval_sec  = 5
  timeout_sec         = 3
  healthy_threshold   = 2
  unhealthy_threshold = 2

  http_health_check {
    port         = var.pool.health_port
    request_path = var.pool.health_path
  }

  depends_on = [google_project_service.shard]
}

# Replaces a machine, which costs every connection on it: slower, and about ProxySQL alone.
resource "google_compute_region_health_check" "pool_healing" {
  count = var.pool == null ? 0 : 1

  project             = google_project.shard.project_id
  region              = var.shard.region
  name                = var.pool.healing_name
  check_interval_sec  = 30
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 6

  tcp_health_check {
    port = var.pool.port
  }

  depends_on = [google_project_service.shard]
}

resource "google_compute_region_instance_group_manager" "pool" {
  count = var.pool == null ? 0 : 1

  project            = google_project.shard.project_id
  region             = var.shard.region
  name               = var.pool.group_name
  base_instance_name = var.pool.base_name

  # With an autoscaler the size is not Terraform's.
  target_size               = var.pool.min == var.pool.max ? var.pool.min : null
  distribution_policy_zones = var.pool.zones

  version {
    instance_template = google_compute_region_instance_template.pool[0].self_link
  }

  auto_healing_policies {
    health_check      = google_compute_region_health_check.pool_healing[0].id
    initial_delay_sec = 300
  }

  # One new machine per zone first, then the old ones go; a regional group takes no smaller surge than its zones.
  update_policy {
    type                         = "PROACTIVE"
    minimal_action               = "REPLACE"
    replacement_method           = "SUBSTITUTE"
    max_surge_fixed              = length(var.pool.zones)
    max_unavailable_fixed        = 0
    instance_redistribution_type = "PROACTIVE"
  }

  # Services start after the pool, or their startup probes would run out.
  wait_for_instances        = true
  wait_for_instances_status = "STABLE"

  # The agent needs the passwords that the job makes.
  depends_on = [
    google_artifact_registry_repository_iam_member.pool,
    google_cloud_run_v2_job.provision,
    google_project_iam_member.pool_secrets,
    google_secret_manager_secret_iam_member.pool,
    google_storage_bucket_iam_member.pool,
    google_storage_bucket_object.pool_authority,
    google_storage_bucket_object.pool_config,
    google_storage_bucket_object.pool_users,
  ]
}

resource "google_compute_region_autoscaler" "pool" {
  count = var.pool == null ? 0 : var.pool.min == var.pool.max ? 0 : 1

  project = google_project.shard.project_id
  region  = var.shard.region
  name    = var.pool.autoscaler_name
  target  = google_compute_region_instance_group_manager.pool[0].id

  autoscaling_policy {
    min_replicas = var.pool.min
    max_replicas = var.pool.max

    # Scaling in cuts the sessions of the machine that goes.
    mode            = "ONLY_SCALE_OUT"
    cooldown_period = 120

    cpu_utilization {
      target = var.pool.cpu_target
    }
  }
}

resource "google_compute_region_backend_service" "pool" {
  count = var.pool == null ? 0 : 1

  project                         = google_project.shard.project_id
  region                          = var.shard.region
  name                            = var.pool.backend_name
  load_balancing_scheme           = "INTERNAL"
  protocol                        = "TCP"
  session_affinity                = "NONE"
  network                         = local.network
  health_checks                   = [google_compute_region_health_check.pool[0].id]
  connection_draining_timeout_sec = var.pool.drain_seconds

  backend {
    group = google_compute_region_instance_group_manager.pool[0].instance_group

    # The default UTILIZATION is refused by a passthrough balancer.
    balancing_mode = "CONNECTION"
  }
}

resource "google_compute_address" "pool" {
  count = var.pool == null ? 0 : 1

  project      = google_project.shard.project_id
  region       = var.shard.region
  name         = var.pool.address_name
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.shard.self_link
  address      = var.pool.ip
  labels       = var.labels

  depends_on = [google_compute_shared_vpc_service_project.shard]
}

resource "google_compute_forwarding_rule" "pool" {
  count = var.pool == null ? 0 : 1

  project               = google_project.shard.project_id
  region                = var.shard.region
  name                  = var.pool.rule_name
  load_balancing_scheme = "INTERNAL"
  ip_protocol           = "TCP"
  ports                 = local.pool_ports
  backend_service       = google_compute_region_backend_service.pool[0].id
  ip_address            = google_compute_address.pool[0].id
  network               = local.network
  subnetwork            = google_compute_subnetwork.shard.self_link
  labels                = var.labels

  # The shard's own region alone.
  allow_global_access = false
}

# Ingress is denied unless a rule says otherwise: this shard's subnet may reach this shard's pool, no other one may.
resource "google_compute_firewall" "pool_clients" {
  count = var.pool == null ? 0 : 1

  project                 = var.network.host_project
  name                    = var.firewall.clients_name
  network                 = local.network
  direction               = "INGRESS"
  source_ranges           = [var.network.subnet_cidr]
  target_service_accounts = [google_service_account.pool[0].email]

  allow {
    protocol = "tcp"
    ports    = local.pool_ports
  }
}

# The two ranges are Google's health checkers.
resource "google_compute_firewall" "pool_health" {
  count = var.pool == null ? 0 : 1

  project                 = var.network.host_project
  name                    = var.firewall.health_check_name
  network                 = local.network
  direction               = "INGRESS"
  source_ranges           = ["130.211.0.0/22", "35.191.0.0/16"]
  target_service_accounts = [google_service_account.pool[0].email]

  allow {
    protocol = "tcp"
    ports    = [tostring(var.pool.port), tostring(var.pool.health_port)]
  }
}
