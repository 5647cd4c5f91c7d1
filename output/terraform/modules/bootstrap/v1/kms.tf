# A key ring can never be deleted, so its name is final.
resource "google_kms_key_ring" "bootstrap" {
  project  = var.project.id
  location = var.kms.location
  name     = var.kms.key_ring

  depends_on = [google_project_service.bootstrap]
}

resource "google_kms_crypto_key" "state" {
  key_ring        = google_kms_key_ring.bootstrap.id
  name            = var.kms.key
  purpose         = "ENCRYPT_DECRYPT"
  rotation_period = var.kms.rotation
  labels          = var.labels
  deletion_policy = "PREVENT"

  # Somebody who destroys a version has a month to be caught; the default differs between kinds of keys.
  destroy_scheduled_duration = "2592000s"

  # Without the key every state of the fleet is noise.
  lifecycle {
    prevent_destroy = true
  }
}

# Asking for it makes Cloud Storage's service agent, which a new project does not have yet.
data "google_storage_project_service_account" "bootstrap" {
  project = var.project.id

  depends_on = [google_project_service.bootstrap]
}

# Buckets encrypt as this agent; no identity of ours can use the key directly.
resource "google_kms_crypto_key_iam_member" "storage" {
  crypto_key_id = google_kms_crypto_key.state.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = data.google_storage_project_service_account.bootstrap.member
}
