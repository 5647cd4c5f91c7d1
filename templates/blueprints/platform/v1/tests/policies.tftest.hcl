# What must hold of what all sites share. Runs without Google: `terraform init -backend=false && terraform test`.
#
# Not a mocked provider: Terraform cannot mock one whose ephemeral resources a module uses, even none of them. Plans of
# what does not exist yet ask nobody, so the real provider does, with a token that is none.
provider "google" {
  access_token = "none"
}

variables {
  organization = { id = "123456789012", domain = "hosting.example" }
  labels       = { aip-stack = "platform" }
  folders      = { root = "lab", production = "lab-prod", non_production = "lab-nonprod", prevent_destroy = true }
  projects = {
    edge    = { id = "lab-edge-7f3k", name = "lab edge", billing_account = "01A2B3-C4D5E6-F70819", apis = ["compute.googleapis.com"], audit = false, prevent_destroy = true }
    logging = { id = "lab-logs-7f3k", name = "lab logging", billing_account = "01A2B3-C4D5E6-F70819", apis = ["bigquery.googleapis.com"], audit = true, prevent_destroy = true }
    shared  = { id = "lab-shared-7f3k", name = "lab shared", billing_account = "01A2B3-C4D5E6-F70819", apis = ["spanner.googleapis.com"], audit = true, prevent_destroy = true }
  }
  org_policies = {
    "sql.restrictPublicIp"          = { enforce = "TRUE", allowed = [], denied = [], deny_all = false }
    "run.managed.requireInvokerIam" = { enforce = "FALSE", allowed = [], denied = [], deny_all = false }
    "compute.vmExternalIpAccess"    = { enforce = "", allowed = [], denied = [], deny_all = true }
    "run.allowedIngress"            = { enforce = "", allowed = ["internal-and-cloud-load-balancing"], denied = [], deny_all = false }
  }
  network = { name = "shared", cidr = "100.64.0.0/10", reserved = {} }
  regions = {
    europe-west1 = {
      subnet_range_name = "shards-europe-west1"
      subnet_cidr       = "100.64.0.0/13"
      endpoint_subnet   = "endpoints-europe-west1"
      endpoint_cidr     = "100.96.0.0/16"
      cache_policy      = "caches-europe-west1"
      cache_connections = 500
      description       = "Shards in europe-west1"
    }
  }
  dns       = { zone = "sites", domain = "sites.example", description = "Sites", authorization = "d-sites", certificate = "c-sites" }
  artifacts = { project = "lab-shared-7f3k", location = "europe", repository = "runtime", description = "Images", keep = 20, untagged_days = 30 }
  spanner = {
    instance         = "lab-control"
    display_name     = "lab control"
    config           = "regional-europe-west1"
    edition          = "STANDARD"
    processing_units = 100
    database         = "control"
    retention        = "7d"
    prevent_destroy  = true
    backup           = { name = "full", cron = "0 1 * * *", retention = "1209600s" }
  }
  logging = {
    audit = { sink = "lab-audit", filter = "log_id(\"cloudaudit.googleapis.com/activity\")", dataset = "lab_audit", description = "Who did what", location = "EU", retention_days = 400 }
  }
  build = {
    location        = "europe-west1"
    connection      = "github"
    installation_id = 51234567
    provider        = "github"
    token_secret    = "projects/lab-shared-7f3k/secrets/github-token"
    token_version   = "1"
    webhook_secret  = ""
    webhook_version = "1"
    repository      = "fleet"
    remote_uri      = "https://github.com/hosting-example/fleet.git"
    comment_secret  = "projects/lab-shared-7f3k/secrets/comment"
    comment_reader  = "serviceAccount:aip-plan@lab-shared-7f3k.iam.gserviceaccount.com"
  }
  triggers = {
    apply = {
      name           = "aip-apply"
      description    = "Applies"
      event          = "push"
      branch         = "^main$"
      filename       = "output/cloudbuild/apply.yaml"
      account        = "projects/lab-shared-7f3k/serviceAccounts/aip-apply@lab-shared-7f3k.iam.gserviceaccount.com"
      approval       = true
      included_files = []
      ignored_files  = []
      substitutions  = {}
      schedule       = ""
      time_zone      = "Etc/UTC"
      scheduler      = ""
    }
    drift = {
      name           = "aip-drift"
      description    = "Compares"
      event          = "manual"
      branch         = "refs/heads/main"
      filename       = "output/cloudbuild/drift.yaml"
      account        = "projects/lab-shared-7f3k/serviceAccounts/aip-drift@lab-shared-7f3k.iam.gserviceaccount.com"
      approval       = false
      included_files = []
      ignored_files  = []
      substitutions  = {}
      schedule       = "0 3 * * *"
      time_zone      = "Etc/UTC"
      scheduler      = "scheduler"
    }
    review = {
      name           = "aip-review"
      description    = "Plans"
      event          = "pull_request"
      branch         = "^main$"
      filename       = "output/cloudbuild/pr.yaml"
      account        = "projects/lab-shared-7f3k/serviceAccounts/aip-plan@lab-shared-7f3k.iam.gserviceaccount.com"
      approval       = false
      included_files = []
      ignored_files  = []
      substitutions  = {}
      schedule       = ""
      time_zone      = "Etc/UTC"
      scheduler      = ""
    }
  }
  identities = {
    scheduler = { account_id = "aip-scheduler", display_name = "Starts builds", description = "Starts", roles = ["roles/cloudbuild.builds.editor"] }
  }
  roles = {
    lab_viewer = { title = "lab viewer", description = "May plan", permissions = ["cloudbuild.builds.get"] }
  }
  channels = {
    ops = { type = "email", display_name = "E-mail ops", address = "ops@hosting.example", secret = "", secret_version = "" }
  }
  secret_readers = { apply = "serviceAccount:aip-apply@lab-shared-7f3k.iam.gserviceaccount.com" }
  watch = {
    title         = "lab"
    dashboards    = { control = "lab: the pipeline", traffic = "lab: all sites" }
    notify        = ["ops"]
    drift_metric  = "lab-drift"
    drift_line    = "aipress: drift in"
    error_ratio   = 0.05
    spanner_ratio = 0.65
  }
  budget = {
    billing_account = "01A2B3-C4D5E6-F70819"
    display_name    = "Platform"
    currency        = "USD"
    amount          = "12000"
    thresholds      = [0.5, 1]
    notify          = ["ops"]
  }
}

run "the_database_is_protected_and_can_be_read_a_week_back" {
  command = plan

  assert {
    condition     = google_spanner_database.control.enable_drop_protection && google_spanner_database.control.deletion_protection && google_spanner_database.control.version_retention_period == "7d"
    error_message = "The control plane's database can be dropped, or has no point-in-time recovery."
  }

  assert {
    condition     = !google_spanner_instance.control.force_destroy && google_spanner_instance.control.deletion_policy == "PREVENT"
    error_message = "The instance can be deleted with its backups."
  }

  assert {
    condition     = length(google_spanner_backup_schedule.control.full_backup_spec) == 1 && google_spanner_instance.control.default_backup_schedule_type == "NONE"
    error_message = "There is no full backup, or one more that nobody asked for."
  }

  assert {
    condition     = alltrue([for table in ["Tenants", "Shards", "Projects", "AuditEvents"] : anytrue([for statement in google_spanner_database.control.ddl : startswith(statement, "CREATE TABLE ${table} ")])])
    error_message = "A table of the control plane is missing."
  }

  # A key that begins with a time puts all new rows on one server.
  assert {
    condition     = alltrue([for statement in google_spanner_database.control.ddl : !can(regex("(PRIMARY KEY|ON [A-Za-z]+) \\((OccurredAt|UpdatedAt)", statement))])
    error_message = "A key or an index begins with a time."
  }
}

run "who_did_what_is_written_and_kept" {
  command = plan

  assert {
    condition     = contains(keys(google_project_iam_audit_config.platform), "shared") && contains(keys(google_project_iam_audit_config.platform), "logging")
    error_message = "Who read keys, states or evidence is not written."
  }

  assert {
    condition     = alltrue([for config in google_project_iam_audit_config.platform : config.service == "allServices" && length(config.audit_log_config) == 3])
    error_message = "A kind of access is not written."
  }

  assert {
    condition     = alltrue([for sink in google_logging_folder_sink.logs : sink.include_children && !sink.disabled]) && alltrue([for dataset in google_bigquery_dataset.logs : !dataset.delete_contents_on_destroy && dataset.deletion_policy == "PREVENT"])
    error_message = "Logs of some project are lost, or evidence can be deleted."
  }

  assert {
    condition     = length(google_bigquery_dataset_iam_member.logs) == length(google_logging_folder_sink.logs)
    error_message = "A sink cannot write into its dataset."
  }
}

run "policies_hold_and_the_exception_is_named" {
  command = plan

  assert {
    condition     = google_org_policy_policy.root["run.managed.requireInvokerIam"].spec[0].rules[0].enforce == "FALSE"
    error_message = "Sites could not take anonymous visitors."
  }

  assert {
    condition     = google_org_policy_policy.root["compute.vmExternalIpAccess"].spec[0].rules[0].deny_all == "TRUE"
    error_message = "A machine may have an address of its own on the internet."
  }

  assert {
    condition     = alltrue([for policy in google_org_policy_policy.root : !policy.spec[0].inherit_from_parent])
    error_message = "A policy is merged with what the organisation says."
  }
}

run "a_pull_request_can_comment_and_nothing_else" {
  command = plan

  assert {
    condition     = google_secret_manager_secret_iam_member.comment[0].secret_id == "projects/lab-shared-7f3k/secrets/comment" && google_secret_manager_secret_iam_member.comment[0].member == var.build.comment_reader
    error_message = "The build of a pull request reads another secret."
  }

  assert {
    condition     = endswith(google_cloudbuild_trigger.fleet["review"].service_account, "/aip-plan@lab-shared-7f3k.iam.gserviceaccount.com")
    error_message = "A pull request runs as somebody who can write."
  }

  assert {
    condition     = google_cloudbuild_trigger.fleet["review"].repository_event_config[0].pull_request[0].comment_control == "COMMENTS_ENABLED_FOR_EXTERNAL_CONTRIBUTORS_ONLY"
    error_message = "A fork of anybody's runs in our project."
  }

  assert {
    condition     = google_cloudbuild_trigger.fleet["apply"].approval_config[0].approval_required
    error_message = "Nobody has to approve an apply."
  }
}

run "no_basic_role_and_no_secret_of_the_project" {
  command = plan

  assert {
    condition     = alltrue([for grant in google_project_iam_member.build : !contains(["roles/owner", "roles/editor", "roles/viewer", "roles/secretmanager.secretAccessor", "roles/secretmanager.admin"], grant.role)])
    error_message = "An identity of a build has a basic role, or reads every secret of the project."
  }
}

run "images_do_not_change_under_their_name" {
  command = plan

  assert {
    condition     = google_artifact_registry_repository.images.docker_config[0].immutable_tags && google_artifact_registry_repository.images.deletion_policy == "PREVENT"
    error_message = "A tag can move, or running images can be deleted."
  }
}

run "nothing_is_open_in_the_network" {
  command = plan

  assert {
    condition     = !google_compute_network.shared.auto_create_subnetworks && alltrue([for subnet in google_compute_subnetwork.endpoints : subnet.private_ip_google_access])
    error_message = "The network makes subnets by itself, or reaches Google over the internet."
  }
}
