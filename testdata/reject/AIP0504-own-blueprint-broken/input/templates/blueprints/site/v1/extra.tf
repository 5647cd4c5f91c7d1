# A check of our own.
resource "google_monitoring_uptime_check_config" "extra" {
  display_name = "extra
}
