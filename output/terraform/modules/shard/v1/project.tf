# A folder's number is only known to Google: the platform made the folders, their names lead to them.
data "google_active_folder" "root" {
  display_name = var.project.root_folder
  parent       = "organizations/${var.project.organization_id}"
}

data "google_active_folder" "shard" {
  display_name = var.project.folder
  parent       = data.google_active_folder.root.name
}

resource "google_project" "shard" {
  project_id      = var.project.id
  name            = var.project.name
  folder_id       = data.google_active_folder.shard.name
  billing_account = var.project.billing_account
  labels          = merge(var.labels, { "aip-state" = var.shard.state })

  # Sites live in the shared network; a default network would come with open firewall rules.
  auto_create_network = false

  deletion_policy = var.project.prevent_destroy ? "PREVENT" : "DELETE"
}

locals {
  # cloudsql.googleapis.com is a prefix of metrics, not an API that can be switched on.
  apis = [
    "artifactregistry.googleapis.com",
    "backupdr.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudbilling.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "compute.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "memorystore.googleapis.com",
    "monitoring.googleapis.com",
    "networkconnectivity.googleapis.com",
    "pubsub.googleapis.com",
    "redis.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
    "workflowexecutions.googleapis.com",
    "workflows.googleapis.com",
  ]

  # Services that act as agents of their own. Google makes an agent some time after its API was switched on, or at first
  # use; a grant to one that is not there yet is refused. Asking for it makes it now.
  agents = [
    "cloudscheduler.googleapis.com",
    "run.googleapis.com",
    "sqladmin.googleapis.com",
    "workflows.googleapis.com",
  ]

  # A project that was there before is known by its number while planning; a new one after it was made.
  project_number = var.project.number == "" ? google_project.shard.number : var.project.number
}

# First of all: nothing else works before, and what depends on it says so.
resource "google_project_service" "shard" {
  for_each = toset(local.apis)

  project = google_project.shard.project_id
  service = each.value

  # Switching an API off on the way out would take what other tools made with it.
  disable_on_destroy         = false
  disable_dependent_services = false
}

resource "google_project_service_identity" "agent" {
  provider = google-beta
  for_each = toset(local.agents)

  project = google_project.shard.project_id
  service = each.value

  depends_on = [google_project_service.shard]
}

resource "google_logging_project_bucket_config" "default" {
  project        = google_project.shard.project_id
  location       = var.logs.location
  bucket_id      = "_Default"
  retention_days = var.logs.retention_days

  # A locked bucket can never be unlocked, not even by its owner.
  locked          = false
  deletion_policy = "DELETE"

  depends_on = [google_project_service.shard]
}

# Whoever may see a view sees that part of the logs alone. Nobody is granted one here.
resource "google_logging_log_view" "shard" {
  for_each = var.log_views

  parent      = "projects/${google_project.shard.project_id}"
  location    = google_logging_project_bucket_config.default.location
  bucket      = google_logging_project_bucket_config.default.bucket_id
  name        = each.key
  description = each.value.description
  filter      = each.value.filter
}

# The edge's URL map stands in another project and refers to the backend services of this one.
resource "google_project_iam_member" "load_balancer_users" {
  for_each = toset(var.load_balancer_users)

  project = google_project.shard.project_id
  role    = "roles/compute.loadBalancerServiceUser"
  member  = each.value

  depends_on = [google_project_service.shard]
}

# Cloud Run pulls images as its service agent, not as the identity of a service.
resource "google_artifact_registry_repository_iam_member" "run" {
  project    = var.images.project
  location   = var.images.location
  repository = var.images.repository
  role       = "roles/artifactregistry.reader"
  member     = local.run_agent

  depends_on = [google_project_service_identity.agent]
}
