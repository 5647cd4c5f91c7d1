locals {
  # An archived or deleting site has no compute; what holds data stays until the site's call goes.
  has_service = contains(["active", "suspended"], var.lifecycle_state)
}

# One identity per site: with a shared one every site could read the secrets and media of all others.
resource "google_service_account" "site" {
  project      = var.site.project
  account_id   = var.service_account.account_id
  display_name = var.service_account.display_name
  description  = "runs WordPress"
  disabled     = var.lifecycle_state == "deleting"

  depends_on = [var.apis]
}
