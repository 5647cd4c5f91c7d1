locals {
  # What the platform owns comes last, so that nothing a tenant sets can replace it.
  env = merge(
    var.runtime.env,
    var.shard_env,
    {
      AIPRESS_SITE  = var.config
      AIPRESS_STATE = var.lifecycle_state
    },
  )

  job_env = merge(local.env, { AIPRESS_SITE = var.job_config == null ? var.config : var.job_config })

  suspended = var.lifecycle_state == "suspended"
}

resource "google_cloud_run_v2_service" "site" {
  count = local.has_service ? 1 : 0

  project     = var.site.project
  location    = var.site.region
  name        = var.service.name
  description = var.service.description
  labels      = var.labels

  # Cloud Run keeps no data and archiving removes the service, so protection would only ask for a second apply.
  deletion_protection = false
  deletion_policy     = "DELETE"

  # Only through the load balancer: the run.app address would go around Cloud Armor and the CDN. `ingress` refuses it to
  # the internet; Cloud Scheduler of this project counts as internal and knows no other address, so that a site with a
  # schedule keeps it.
  ingress              = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  default_uri_disabled = var.cron == null

  # A public site has no caller identity to check. A grant to allUsers would be refused by domain restricted sharing.
  invoker_iam_disabled = true

  annotations = merge(var.annotations, {
    "aipress.dev/site"         = var.site.id
    "aipress.dev/tenant"       = var.site.tenant
    "aipress.dev/environment"  = "${var.site.environment} (${var.site.environment_kind})"
    "aipress.dev/display-name" = var.site.display_name
    "aipress.dev/description"  = var.site.description
    "aipress.dev/access"       = join(", ", [for key in sort(keys(var.access)) : "${var.access[key].member} ${var.access[key].role} ${var.access[key].until}"])
  })

  template {
    service_account                  = google_service_account.site.email
    timeout                          = "${var.service.timeout_seconds}s"
    max_instance_request_concurrency = var.service.concurrency
    labels                           = var.labels

    # A bucket as a volume needs the second generation.
    execution_environment = "EXECUTION_ENVIRONMENT_GEN2"

    scaling {
      min_instance_count = local.suspended ? 0 : var.service.min_instances
      max_instance_count = local.suspended ? 1 : var.service.max_instances
    }

    # PRIVATE_RANGES_ONLY keeps internet traffic out of the VPC: with Cloud NAT cold starts take half a minute longer.
    vpc_access {
      egress = var.network.egress

      network_interfaces {
        network    = var.network.network
        subnetwork = var.network.subnetwork
      }
    }

    # With a pool: first the agent, which writes its files, then ProxySQL, then WordPress, whose own probe needs a login.
    containers {
      name       = "wordpress"
      image      = var.runtime.image
      depends_on = var.sidecar == null ? null : ["pool"]

      ports {
        # Cloud Run serves HTTP alone; h2c would need a server that speaks it.
        name           = "http1"
        container_port = var.runtime.port
      }

      resources {
        limits = {
          cpu    = var.service.cpu
          memory = var.service.memory
        }

        # Left out, `resources` would switch to billing by instance.
        cpu_idle          = !var.service.cpu_always
        startup_cpu_boost = var.service.startup_boost
      }

      dynamic "env" {
        for_each = local.env

        content {
          name  = env.key
          value = env.value
        }
      }

      # An exact version: with `latest` two instances of one revision can hold different values.
      dynamic "env" {
        for_each = var.runtime.secret_env

        content {
          name = env.key

          value_source {
            secret_key_ref {
              secret  = env.value.secret
              version = env.value.version
            }
          }
        }
      }

      volume_mounts {
        name       = "site-secret"
        mount_path = var.secret.directory
      }

      volume_mounts {
        name       = "media"
        mount_path = var.bucket.mount_path
      }

      dynamic "volume_mounts" {
        for_each = var.runtime.secret_files

        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value.directory
        }
      }

      # Over HTTP and down to the database: the network interface may need a minute before the first connection works.
      startup_probe {
        initial_delay_seconds = var.runtime.startup_probe.initial_delay_seconds
        period_seconds        = var.runtime.startup_probe.period_seconds
        timeout_seconds       = var.runtime.startup_probe.timeout_seconds
        failure_threshold     = var.runtime.startup_probe.failure_threshold

        http_get {
          path = var.runtime.startup_probe.path
          port = var.runtime.port
        }
      }

      liveness_probe {
        initial_delay_seconds = var.runtime.liveness_probe.initial_delay_seconds
        period_seconds        = var.runtime.liveness_probe.period_seconds
        timeout_seconds       = var.runtime.liveness_probe.timeout_seconds
        failure_threshold     = var.runtime.liveness_probe.failure_threshold

        http_get {
          path = var.runtime.liveness_probe.path
          port = var.runtime.port
        }
      }
    }

    dynamic "containers" {
      for_each = var.sidecar == null ? [] : [var.sidecar.pool]

      content {
        name       = "pool"
        image      = containers.value.image
        command    = containers.value.command
        args       = containers.value.args
        depends_on = ["agent"]

        resources {
          limits = {
            cpu    = containers.value.cpu
            memory = containers.value.memory
          }

          # Follows the first container: its connections die with the CPU otherwise.
          cpu_idle = !var.service.cpu_always
        }

        volume_mounts {
          name       = "pool"
          mount_path = var.sidecar.directory
        }

        # Without a probe `depends_on` would wait for the start of the process alone.
        startup_probe {
          period_seconds    = 2
          failure_threshold = 30

          tcp_socket {
            port = containers.value.port
          }
        }

        # Cloud Run asks over HTTP or gRPC once a container runs.
        liveness_probe {
          period_seconds    = 30
          timeout_seconds   = 10
          failure_threshold = 4

          http_get {
            path = containers.value.health_path
            port = containers.value.health_port
          }
        }
      }
    }

    dynamic "containers" {
      for_each = var.sidecar == null ? [] : [var.sidecar.agent]

      content {
        name  = "agent"
        image = containers.value.image
        args  = containers.value.args

        resources {
          limits = {
            cpu    = containers.value.cpu
            memory = containers.value.memory
          }

          cpu_idle = !var.service.cpu_always
        }

        # No password is in here: the agent fetches them with the site's identity.
        dynamic "env" {
          for_each = merge(containers.value.env, {
            AIPRESS_POOL_FILES = jsonencode(merge(var.sidecar.files, var.sidecar.authorities))
          })

          content {
            name  = env.key
            value = env.value
          }
        }

        volume_mounts {
          name       = "pool"
          mount_path = var.sidecar.directory
        }

        # The network interface may need a minute before the first secret can be read.
        startup_probe {
          period_seconds    = 2
          timeout_seconds   = 2
          failure_threshold = 90

          http_get {
            path = containers.value.started_path
            port = containers.value.port
          }
        }

        # That the process answers, and no more: between requests it stands still with the CPU.
        liveness_probe {
          period_seconds    = 30
          timeout_seconds   = 10
          failure_threshold = 4

          http_get {
            path = containers.value.alive_path
            port = containers.value.port
          }
        }
      }
    }

    volumes {
      name = "site-secret"

      secret {
        secret = google_secret_manager_secret.site[var.secret.id].secret_id

        items {
          path    = var.secret.file
          version = var.secret.version
        }
      }
    }

    volumes {
      name = "media"

      gcs {
        bucket        = var.bucket.name
        read_only     = false
        mount_options = concat(var.bucket.folder == "" ? [] : ["only-dir=${var.bucket.folder}"], var.bucket.mount_options)
      }
    }

    dynamic "volumes" {
      for_each = var.runtime.secret_files

      content {
        name = volumes.key

        secret {
          secret = volumes.value.secret

          items {
            path    = volumes.value.file
            version = volumes.value.version
          }
        }
      }
    }

    # In memory: passwords and ProxySQL's own database are gone with the instance. What is written counts for its writer.
    dynamic "volumes" {
      for_each = var.sidecar == null ? [] : [var.sidecar]

      content {
        name = "pool"

        empty_dir {
          medium     = "MEMORY"
          size_limit = volumes.value.size
        }
      }
    }
  }

  # The first revision starts only when the secret has a value and its reader may read it.
  depends_on = [
    var.ready,
    google_secret_manager_secret_iam_member.site,
    google_secret_manager_secret_iam_member.owner,
    google_secret_manager_secret_iam_member.monitor,
    google_storage_bucket_iam_member.media,
    google_storage_managed_folder_iam_member.media,
  ]
}

# Cloud Run takes no IAM condition, so the end of a grant is the commit that removes it.
resource "google_cloud_run_v2_service_iam_member" "access" {
  for_each = local.has_service ? var.access : {}

  project  = var.site.project
  location = var.site.region
  name     = google_cloud_run_v2_service.site[0].name
  role     = each.value.role
  member   = each.value.member
}
