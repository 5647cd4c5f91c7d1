# What nothing below the root folder may do, whoever asks. Two that are often set are missing on purpose:
# `iam.allowedPolicyMemberDomains`, because tenants grant access to agencies of other organisations, and
# `gcp.resourceLocations`, because load balancers, certificates and identities are global. One is set to FALSE, so that
# the organisation's own TRUE does not reach here: `run.managed.requireInvokerIam` would refuse anonymous visitors.
resource "google_org_policy_policy" "root" {
  for_each = var.org_policies

  name   = "${google_folder.root.name}/policies/${each.key}"
  parent = google_folder.root.name

  spec {
    # What the organisation says about the same constraint is replaced, not merged with.
    inherit_from_parent = false

    rules {
      enforce  = each.value.enforce == "" ? null : each.value.enforce
      deny_all = each.value.deny_all ? "TRUE" : null

      dynamic "values" {
        for_each = length(each.value.allowed) + length(each.value.denied) == 0 ? [] : [1]

        content {
          allowed_values = length(each.value.allowed) == 0 ? null : each.value.allowed
          denied_values  = length(each.value.denied) == 0 ? null : each.value.denied
        }
      }
    }
  }

  deletion_policy = "DELETE"
}
