# What must hold of states, keys and identities. Runs without Google: `terraform init -backend=false && terraform test`.
mock_provider "google" {
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com" }
  }
}

variables {
  project = {
    id              = "lab-shared-7f3k"
    name            = "lab shared"
    organization_id = "123456789012"
    billing_account = "01A2B3-C4D5E6-F70819"
    create          = false
    prevent_destroy = true
  }
  labels = { aip-stack = "bootstrap" }
  kms = {
    location = "europe"
    key_ring = "lab-7f3k"
    key      = "tfstate"
    rotation = "7776000s"
  }
  state_bucket = {
    name             = "lab-tfstate-7f3k"
    location         = "EU"
    versions         = 50
    soft_delete_days = 90
  }
  artifact_bucket = {
    name             = "lab-artifacts-7f3k"
    location         = "EU"
    plan_prefix      = "plans/"
    plan_days        = 30
    soft_delete_days = 30
  }
  plan_identity = {
    account_id         = "aip-plan"
    display_name       = "Plans"
    description        = "Reads"
    organization_roles = ["roles/browser", "roles/secretmanager.viewer"]
  }
  drift_identity = {
    account_id         = "aip-drift"
    display_name       = "Looks for drift"
    description        = "Reads"
    organization_roles = ["roles/browser"]
  }
  apply_identity = {
    account_id         = "aip-apply"
    display_name       = "Applies"
    description        = "Applies"
    organization_roles = ["roles/run.admin", "roles/spanner.admin"]
    billing_roles      = ["roles/billing.user"]
    secret_role        = "lab.secretKeeper"
  }
  federation = {
    pool       = "lab-git"
    provider   = "github"
    issuer     = "https://token.actions.githubusercontent.com"
    repository = "hosting-example/fleet"
    attributes = { "google.subject" = "assertion.sub", "attribute.repository" = "assertion.repository" }
    condition  = "assertion.repository_owner == 'hosting-example' && assertion.repository == 'hosting-example/fleet'"
  }
}

run "buckets_are_private_versioned_encrypted_and_stay" {
  command = plan

  assert {
    condition = alltrue([
      for bucket in [google_storage_bucket.state, google_storage_bucket.artifacts] :
      bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced" && bucket.versioning[0].enabled
    ])
    error_message = "A bucket is not uniform, private and versioned."
  }

  assert {
    condition = alltrue([
      for bucket in [google_storage_bucket.state, google_storage_bucket.artifacts] :
      !bucket.force_destroy && bucket.deletion_policy == "PREVENT" && length(bucket.encryption) == 1
    ])
    error_message = "A bucket can be destroyed or is not encrypted with a key of the platform's."
  }

  assert {
    condition     = alltrue([for rule in google_storage_bucket.state.lifecycle_rule : tolist(rule.condition)[0].with_state == "ARCHIVED"])
    error_message = "A rule deletes a state that is in use."
  }

  assert {
    condition     = google_kms_crypto_key.state.rotation_period == "7776000s" && google_kms_crypto_key.state.deletion_policy == "PREVENT"
    error_message = "The key does not rotate, or can be deleted."
  }
}

run "nobody_has_a_basic_role" {
  command = plan

  assert {
    condition = alltrue([
      for role in concat(
        [for grant in google_organization_iam_member.reader : grant.role],
        [for grant in google_organization_iam_member.apply : grant.role],
      ) : !contains(["roles/owner", "roles/editor", "roles/viewer"], role)
    ])
    error_message = "A basic role reaches data as well."
  }
}

run "readers_cannot_write" {
  command = plan

  assert {
    condition     = alltrue([for grant in google_storage_bucket_iam_member.reader_state : grant.role == "roles/storage.objectViewer"])
    error_message = "An identity that only plans can change states."
  }

  assert {
    condition     = alltrue([for grant in google_storage_bucket_iam_member.reader_artifacts_add : grant.role == "roles/storage.objectCreator"])
    error_message = "An identity that only plans can replace a plan that was reviewed."
  }

  assert {
    condition     = alltrue([for grant in google_billing_account_iam_member.reader : grant.role == "roles/billing.viewer"])
    error_message = "An identity that only plans can spend."
  }
}

run "who_applies_reads_no_secret" {
  command = plan

  assert {
    condition = length(setintersection(google_organization_iam_custom_role.secrets.permissions, [
      "secretmanager.versions.access", "secretmanager.versions.add", "secretmanager.versions.destroy",
    ])) == 0
    error_message = "The role of who applies reads or writes values of every secret in the organisation."
  }
}

run "only_the_fleets_repository_is_let_in" {
  command = plan

  assert {
    condition     = strcontains(google_iam_workload_identity_pool_provider.git.attribute_condition, "repository_owner == 'hosting-example'")
    error_message = "The pool lets in other owners."
  }

  assert {
    condition     = google_service_account_iam_member.git.role == "roles/iam.workloadIdentityUser"
    error_message = "A job at the Git provider has another right than to act as the identity that plans."
  }
}

run "a_condition_without_the_repository_is_refused" {
  command = plan

  variables {
    federation = {
      pool       = "lab-git"
      provider   = "github"
      issuer     = "https://token.actions.githubusercontent.com"
      repository = "hosting-example/fleet"
      attributes = { "google.subject" = "assertion.sub" }
      condition  = "assertion.ref == 'refs/heads/main'"
    }
  }

  expect_failures = [var.federation]
}
