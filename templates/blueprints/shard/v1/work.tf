# What runs without being asked. Cloud Scheduler calls as one identity; each workflow runs as one of its own, so that
# the one that may make instances cannot read a site's files, and the one that runs sites' jobs can do neither.
resource "google_service_account" "scheduler" {
  project      = google_project.shard.project_id
  account_id   = var.scheduler.account_id
  display_name = var.scheduler.display_name

  depends_on = [google_project_service.shard]
}

# A workflow takes no grant of its own, only its project does; all workflows of this project are the three below.
resource "google_project_iam_member" "scheduler" {
  project = google_project.shard.project_id
  role    = "roles/workflows.invoker"
  member  = google_service_account.scheduler.member
}

resource "google_service_account" "workflow" {
  for_each = var.workflows

  project      = google_project.shard.project_id
  account_id   = each.value.account_id
  display_name = each.value.display_name

  depends_on = [google_project_service.shard]
}

# What they say is what alerts read.
resource "google_project_iam_member" "workflow_logs" {
  for_each = var.workflows

  project = google_project.shard.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.workflow[each.key].member
}

# Waiting for a job means reading its execution. Reading jobs shows no secret value: they only name secrets.
resource "google_project_iam_member" "workflow_executions" {
  for_each = var.workflows

  project = google_project.shard.project_id
  role    = "roles/run.viewer"
  member  = google_service_account.workflow[each.key].member
}

resource "google_workflows_workflow" "shard" {
  for_each = var.workflows

  project             = google_project.shard.project_id
  region              = var.shard.region
  name                = each.value.name
  description         = each.value.display_name
  service_account     = google_service_account.workflow[each.key].id
  source_contents     = file("${path.module}/workflows/${each.value.name}.yaml")
  call_log_level      = "LOG_ERRORS_ONLY"
  labels              = var.labels
  deletion_protection = false
  deletion_policy     = "DELETE"

  # The basic history holds no values of variables.
  execution_history_level = "EXECUTION_HISTORY_BASIC"

  # The texts are the same for every shard: what differs comes from here. `${` in them is the workflows' own.
  user_env_vars = {
    AIPRESS_CHECK_PREFIX = local.check_prefix
    AIPRESS_IDENTITY     = google_service_account.workflow[each.key].email
    AIPRESS_INSTANCE     = google_sql_database_instance.primary.name
    AIPRESS_JOB          = var.backup.job.name
    AIPRESS_REGION       = var.shard.region
    AIPRESS_SHARD        = var.shard.id
  }

  depends_on = [
    google_project_iam_member.workflow_executions,
    google_project_iam_member.workflow_logs,
    google_project_service_identity.agent,
  ]
}

resource "google_cloud_scheduler_job" "dump" {
  for_each = var.backup.dumps

  project          = google_project.shard.project_id
  region           = var.shard.region
  name             = each.value.job_name
  description      = "Dumps of ${each.key}"
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  paused           = false
  attempt_deadline = "60s"

  retry_config {
    retry_count          = 3
    min_backoff_duration = "60s"
  }

  http_target {
    http_method = "POST"
    uri         = "https://workflowexecutions.googleapis.com/v1/${google_workflows_workflow.shard["dump"].id}/executions"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ argument = jsonencode({ group = each.key, sites = each.value.sites }) }))

    # A token for Google's own interfaces; `oidc_token` is for services of ours.
    oauth_token {
      service_account_email = google_service_account.scheduler.email
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_project_iam_member.scheduler]
}

resource "google_cloud_scheduler_job" "check" {
  for_each = var.backup.checks

  project          = google_project.shard.project_id
  region           = var.shard.region
  name             = each.value.job_name
  description      = "Proof that backups can be restored: ${each.key}"
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  paused           = false
  attempt_deadline = "60s"

  retry_config {
    retry_count          = 3
    min_backoff_duration = "60s"
  }

  http_target {
    http_method = "POST"
    uri         = "https://workflowexecutions.googleapis.com/v1/${google_workflows_workflow.shard["restore_check"].id}/executions"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ argument = jsonencode({ group = each.key, mode = each.value.mode, sites = each.value.sites }) }))

    oauth_token {
      service_account_email = google_service_account.scheduler.email
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_project_iam_member.scheduler]
}
