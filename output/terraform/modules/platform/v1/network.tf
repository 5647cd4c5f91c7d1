# Without the host project no service project can be attached.
resource "google_compute_shared_vpc_host_project" "shared" {
  project = google_project.platform["shared"].project_id

  depends_on = [google_project_service.platform]
}

# No description, here and at subnets: a change of it would replace the network.
# No firewall rule either: incoming traffic is denied unless a shard opens its own pool to its own subnet.
resource "google_compute_network" "shared" {
  project                 = google_project.platform["shared"].project_id
  name                    = var.network.name
  auto_create_subnetworks = false

  # Shards of one region reach endpoints of another one.
  routing_mode = "GLOBAL"

  depends_on = [google_project_service.platform]
}

# Ranges that belong to somebody else: nothing in this network may take them.
resource "google_network_connectivity_internal_range" "reserved" {
  for_each = var.network.reserved

  project       = google_project.platform["shared"].project_id
  name          = each.value.name
  network       = google_compute_network.shared.id
  ip_cidr_range = each.value.cidr
  usage         = "EXTERNAL_TO_VPC"
  peering       = "FOR_SELF"
  labels        = var.labels
}

# Shards' subnets come from here. Subnets overlap the range on purpose.
resource "google_network_connectivity_internal_range" "subnets" {
  for_each = var.regions

  project       = google_project.platform["shared"].project_id
  name          = each.value.subnet_range_name
  network       = google_compute_network.shared.id
  ip_cidr_range = each.value.subnet_cidr
  description   = "${each.value.description} (${var.network.cidr})"
  usage         = "FOR_VPC"
  peering       = "FOR_SELF"
  overlaps      = ["OVERLAP_EXISTING_SUBNET_RANGE"]
  labels        = var.labels
}

# Endpoints of databases, at addresses that the compiler chose.
resource "google_compute_subnetwork" "endpoints" {
  for_each = var.regions

  project                  = google_project.platform["shared"].project_id
  region                   = each.key
  name                     = each.value.endpoint_subnet
  network                  = google_compute_network.shared.id
  ip_cidr_range            = each.value.endpoint_cidr
  private_ip_google_access = true
}

# Lets a Valkey instance of a service project take an address of the region by itself.
resource "google_network_connectivity_service_connection_policy" "cache" {
  for_each = var.regions

  project       = google_project.platform["shared"].project_id
  location      = each.key
  name          = each.value.cache_policy
  network       = google_compute_network.shared.id
  service_class = "gcp-memorystore"
  description   = each.value.description
  labels        = var.labels

  psc_config {
    subnetworks = [google_compute_subnetwork.endpoints[each.key].id]
    limit       = tostring(each.value.cache_connections)
  }
}

resource "google_compute_global_address" "private_services" {
  count = var.private_services == null ? 0 : 1

  project       = google_project.platform["shared"].project_id
  name          = var.private_services.name
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  network       = google_compute_network.shared.id
  address       = split("/", var.private_services.cidr)[0]
  prefix_length = tonumber(split("/", var.private_services.cidr)[1])
}

resource "google_service_networking_connection" "private_services" {
  count = var.private_services == null ? 0 : 1

  network                 = google_compute_network.shared.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.private_services[0].name]
}
