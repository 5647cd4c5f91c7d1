# What people see who hold one of the fleet's access roles, beyond the predefined roles that it names.
resource "google_organization_iam_custom_role" "access" {
  for_each = var.roles

  org_id      = var.organization.id
  role_id     = each.key
  title       = each.value.title
  description = each.value.description
  permissions = each.value.permissions
  stage       = "GA"
}
