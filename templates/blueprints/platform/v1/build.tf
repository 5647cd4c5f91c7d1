resource "google_service_account" "build" {
  for_each = var.identities

  project      = google_project.platform["shared"].project_id
  account_id   = each.value.account_id
  display_name = each.value.display_name
  description  = each.value.description

  depends_on = [google_project_service.platform]
}

locals {
  identity_roles = {
    for grant in flatten([
      for key, identity in var.identities : [for role in identity.roles : { identity = key, role = role }]
    ]) : "${grant.identity}/${grant.role}" => grant
  }

  build_agent = "serviceAccount:service-${google_project.platform["shared"].number}@gcp-sa-cloudbuild.iam.gserviceaccount.com"

  # What Cloud Build calls a connected repository that is not on GitHub.
  repository_type = var.build.provider == "github" ? "GITHUB" : "UNKNOWN"

  schedules = { for key, trigger in var.triggers : key => trigger if trigger.schedule != "" }
}

resource "google_project_iam_member" "build" {
  for_each = local.identity_roles

  project = google_project.platform["shared"].project_id
  role    = each.value.role
  member  = google_service_account.build[each.value.identity].member
}

# The connection reads its token as Cloud Build's service agent.
resource "google_secret_manager_secret_iam_member" "token" {
  secret_id = var.build.token_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = local.build_agent

  depends_on = [google_project_service.platform]
}

# A build of a pull request comments with this token. Its author can read the token, because the commit says what the build
# does: it may comment and nothing else, and the identity reads no other secret.
resource "google_secret_manager_secret_iam_member" "comment" {
  count = var.build.comment_secret == "" ? 0 : 1

  secret_id = var.build.comment_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = var.build.comment_reader

  depends_on = [google_project_service.platform]
}

resource "google_cloudbuildv2_connection" "git" {
  project  = google_project.platform["shared"].project_id
  location = var.build.location
  name     = var.build.connection

  # The token's version is named, its value is not here.
  dynamic "github_config" {
    for_each = var.build.provider == "github" ? [1] : []

    content {
      app_installation_id = var.build.installation_id

      authorizer_credential {
        oauth_token_secret_version = "${var.build.token_secret}/versions/${var.build.token_version}"
      }
    }
  }

  dynamic "gitlab_config" {
    for_each = var.build.provider == "gitlab" ? [1] : []

    content {
      webhook_secret_secret_version = "${var.build.webhook_secret}/versions/${var.build.webhook_version}"

      authorizer_credential {
        user_token_secret_version = "${var.build.token_secret}/versions/${var.build.token_version}"
      }

      read_authorizer_credential {
        user_token_secret_version = "${var.build.token_secret}/versions/${var.build.token_version}"
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.token]
}

resource "google_cloudbuildv2_repository" "fleet" {
  project           = google_project.platform["shared"].project_id
  location          = var.build.location
  name              = var.build.repository
  parent_connection = google_cloudbuildv2_connection.git.name
  remote_uri        = var.build.remote_uri
}

resource "google_cloudbuild_trigger" "fleet" {
  for_each = var.triggers

  project = google_project.platform["shared"].project_id

  # Left out, it would be global, where the repository of a region is unknown.
  location = var.build.location

  name               = each.value.name
  description        = each.value.description
  service_account    = each.value.account
  filename           = each.value.event == "manual" ? null : each.value.filename
  included_files     = length(each.value.included_files) == 0 ? null : each.value.included_files
  ignored_files      = length(each.value.ignored_files) == 0 ? null : each.value.ignored_files
  substitutions      = each.value.substitutions
  include_build_logs = each.value.event == "manual" ? null : "INCLUDE_BUILD_LOGS_WITH_STATUS"

  dynamic "repository_event_config" {
    for_each = each.value.event == "manual" ? [] : [1]

    content {
      repository = google_cloudbuildv2_repository.fleet.id

      dynamic "pull_request" {
        for_each = each.value.event == "pull_request" ? [1] : []

        content {
          branch = each.value.branch

          # Somebody else's fork runs nothing until a person with write access says so.
          comment_control = "COMMENTS_ENABLED_FOR_EXTERNAL_CONTRIBUTORS_ONLY"
        }
      }

      dynamic "push" {
        for_each = each.value.event == "push" ? [1] : []

        content {
          branch = each.value.branch
        }
      }
    }
  }

  # A manual trigger has no event: it names the file and the branch itself.
  dynamic "git_file_source" {
    for_each = each.value.event == "manual" ? [1] : []

    content {
      path       = each.value.filename
      repository = google_cloudbuildv2_repository.fleet.id
      revision   = each.value.branch
      repo_type  = local.repository_type
    }
  }

  dynamic "source_to_build" {
    for_each = each.value.event == "manual" ? [1] : []

    content {
      repository = google_cloudbuildv2_repository.fleet.id
      ref        = each.value.branch
      repo_type  = local.repository_type
    }
  }

  approval_config {
    approval_required = each.value.approval
  }
}

# A trigger runs as its own identity; who starts it has to be allowed to.
resource "google_service_account_iam_member" "schedule" {
  for_each = local.schedules

  service_account_id = each.value.account
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.build[each.value.scheduler].member
}

resource "google_cloud_scheduler_job" "fleet" {
  for_each = local.schedules

  project          = google_project.platform["shared"].project_id
  region           = var.build.location
  name             = each.value.name
  description      = each.value.description
  schedule         = each.value.schedule
  time_zone        = each.value.time_zone
  attempt_deadline = "60s"
  paused           = false

  # Starting is quick; a start that failed is worth a few more tries, a second build is not.
  retry_config {
    retry_count = 3
  }

  http_target {
    http_method = "POST"
    uri         = "https://cloudbuild.googleapis.com/v1/${google_cloudbuild_trigger.fleet[each.key].id}:run"
    body        = base64encode("{}")
    headers     = { Content-Type = "application/json" }

    oauth_token {
      service_account_email = google_service_account.build[each.value.scheduler].email
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_service_account_iam_member.schedule]
}
