resource "google_artifact_registry_repository" "images" {
  project       = var.artifacts.project
  location      = var.artifacts.location
  repository_id = var.artifacts.repository
  description   = var.artifacts.description
  format        = "DOCKER"
  mode          = "STANDARD_REPOSITORY"
  labels        = var.labels

  # Every running service pins a digest that is here.
  deletion_policy = "PREVENT"

  # Services pin digests, people read tags: a tag that moved would lie to them.
  docker_config {
    immutable_tags = true
  }

  # Scans as the project's Container Scanning API says, which the shared project switches on.
  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  cleanup_policy_dry_run = false

  cleanup_policies {
    id     = "untagged"
    action = "DELETE"

    condition {
      tag_state  = "UNTAGGED"
      older_than = "${var.artifacts.untagged_days}d"
    }
  }

  # Keeping wins over deleting.
  cleanup_policies {
    id     = "newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = var.artifacts.keep
    }
  }

  depends_on = [google_project_service.platform]
}
