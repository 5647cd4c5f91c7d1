# Protected twice over by provider and code: a folder cannot be deleted while projects are in it anyway.
resource "google_folder" "root" {
  display_name        = var.folders.root
  parent              = "organizations/${var.organization.id}"
  deletion_protection = var.folders.prevent_destroy
}

resource "google_folder" "production" {
  display_name        = var.folders.production
  parent              = google_folder.root.name
  deletion_protection = var.folders.prevent_destroy
}

resource "google_folder" "non_production" {
  display_name        = var.folders.non_production
  parent              = google_folder.root.name
  deletion_protection = var.folders.prevent_destroy
}

resource "google_org_policy_policy" "root" {
  for_each = var.org_policies

  name   = "${google_folder.root.name}/policies/${each.key}"
  parent = google_folder.root.name

  spec {
    rules {
      enforce = each.value.enforce == "" ? null : each.value.enforce

      dynamic "values" {
        for_each = length(each.value.allowed) + length(each.value.denied) == 0 ? [] : [1]

        content {
          allowed_values = length(each.value.allowed) == 0 ? null : each.value.allowed
          denied_values  = length(each.value.denied) == 0 ? null : each.value.denied
        }
      }
    }
  }
}

resource "google_organization_iam_custom_role" "access" {
  for_each = var.roles

  org_id      = var.organization.id
  role_id     = each.key
  title       = each.value.title
  description = each.value.description
  permissions = each.value.permissions
  stage       = "GA"
}
