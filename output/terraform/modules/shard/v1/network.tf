locals {
  network       = "projects/${var.network.host_project}/global/networks/${var.network.network}"
  run_agent     = "serviceAccount:service-${local.project_number}@serverless-robot-prod.iam.gserviceaccount.com"
  cloudservices = "serviceAccount:${local.project_number}@cloudservices.gserviceaccount.com"
  site_secrets  = "projects/${local.project_number}/secrets/"
}

resource "google_compute_shared_vpc_service_project" "shard" {
  host_project    = var.network.host_project
  service_project = google_project.shard.project_id

  depends_on = [google_project_service.shard]
}

resource "google_compute_subnetwork" "shard" {
  project       = var.network.host_project
  region        = var.shard.region
  name          = var.network.subnet_name
  network       = local.network
  ip_cidr_range = var.network.subnet_cidr

  # The pool's machines have no public address and still have to reach images, secrets and the bucket.
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "EXCLUDE_ALL_METADATA"
  }
}

# Direct VPC egress of Cloud Run takes its addresses as the service agent.
resource "google_compute_subnetwork_iam_member" "run" {
  project    = var.network.host_project
  region     = var.shard.region
  subnetwork = google_compute_subnetwork.shard.name
  role       = "roles/compute.networkUser"
  member     = local.run_agent

  depends_on = [google_project_service_identity.agent]
}

# Managed instance groups make their machines as this one.
resource "google_compute_subnetwork_iam_member" "cloudservices" {
  project    = var.network.host_project
  region     = var.shard.region
  subnetwork = google_compute_subnetwork.shard.name
  role       = "roles/compute.networkUser"
  member     = local.cloudservices

  depends_on = [google_project_service.shard]
}

# With a grant on the subnet alone the service agent must be able to see the network of the host project.
resource "google_project_iam_member" "run_network_viewer" {
  project = var.network.host_project
  role    = "roles/compute.networkViewer"
  member  = local.run_agent

  depends_on = [google_project_service_identity.agent]
}
