resource "google_storage_bukcet" "extra" {
  name     = "extra"
  location = "EU"
}
