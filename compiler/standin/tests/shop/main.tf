terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "8.7.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.7.2"
    }
  }
}

provider "google" {
  region         = "us-central1"
  default_labels = { team = "shop" }
}

resource "google_project" "shop" {
  name            = "Shop"
  project_id      = "shop-rehearsal"
  folder_id       = "folders/1"
  deletion_policy = "DELETE"
}

resource "google_project_service" "api" {
  for_each = toset(["run.googleapis.com", "sqladmin.googleapis.com", "iam.googleapis.com", "secretmanager.googleapis.com", "compute.googleapis.com"])
  project  = google_project.shop.project_id
  service  = each.key
}

resource "google_service_account" "shop" {
  project    = google_project.shop.project_id
  account_id = "wp-shop"
  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "log" {
  project = google_project.shop.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.shop.member
}

resource "google_secret_manager_secret" "shop" {
  project   = google_project.shop.project_id
  secret_id = "wp-shop-g1"
  labels    = { site = "shop" }
  replication {
    auto {}
  }
  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_version" "shop" {
  secret                 = google_secret_manager_secret.shop.id
  secret_data_wo         = "not stored"
  secret_data_wo_version = "1"
}

resource "google_secret_manager_secret_iam_member" "shop" {
  secret_id = google_secret_manager_secret.shop.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.shop.member
}

resource "google_storage_bucket" "media" {
  name                        = "shop-media-rehearsal"
  project                     = google_project.shop.project_id
  location                    = "US"
  uniform_bucket_level_access = true
}

resource "google_sql_database_instance" "shop" {
  project             = google_project.shop.project_id
  name                = "shop-1"
  database_version    = "MYSQL_8_4"
  deletion_protection = false
  settings {
    tier = "db-custom-2-8192"
    database_flags {
      name  = "max_connections"
      value = "100"
    }
  }
  depends_on = [google_project_service.api]
}

resource "google_sql_database" "shop" {
  project  = google_project.shop.project_id
  instance = google_sql_database_instance.shop.name
  name     = "wp-shop"
}

resource "google_cloud_run_v2_service" "shop" {
  project             = google_project.shop.project_id
  location            = "us-central1"
  name                = "wp-shop"
  deletion_protection = false
  template {
    service_account = google_service_account.shop.email
    containers {
      image = "example/wordpress@sha256:0000"
      env {
        name  = "A"
        value = "b"
      }
    }
  }
}

resource "random_password" "x" {
  length = 20
}

output "uri" {
  value = google_cloud_run_v2_service.shop.uri
}

output "number" {
  value = google_project.shop.number
}

output "result" {
  value     = random_password.x.result
  sensitive = true
}
