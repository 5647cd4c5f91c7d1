# The contract of bootstrap: what must exist before any state can be stored. Every name comes from the caller.

variable "project" {
  description = "The project that holds state, artefacts and the pipeline's identities. `create` false means that it exists already."
  type = object({
    id              = string
    name            = string
    organization_id = string
    billing_account = string
    create          = bool
    prevent_destroy = bool
  })
}

variable "labels" {
  description = "Labels of every resource that takes them. Keys and values already follow the label syntax."
  type        = map(string)
}

variable "kms" {
  description = "The key ring and key that encrypt state and artefacts. `location` must match the buckets'; `rotation` is a period such as `7776000s`."
  type = object({
    location = string
    key_ring = string
    key      = string
    rotation = string
  })
}

variable "state_bucket" {
  description = "The bucket of all Terraform states, one prefix per stack. `versions` old states of each are kept."
  type = object({
    name             = string
    location         = string
    versions         = number
    soft_delete_days = number
  })
}

variable "artifact_bucket" {
  description = "The bucket of saved plans, applied records and reports. Saved plans go after `plan_days`."
  type = object({
    name             = string
    location         = string
    plan_prefix      = string
    plan_days        = number
    soft_delete_days = number
  })
}

variable "plan_identity" {
  description = "Who plans what a pull request says: it reads and never writes. `organization_roles` are granted on the organisation."
  type = object({
    account_id         = string
    display_name       = string
    description        = string
    organization_roles = list(string)
  })
}

variable "drift_identity" {
  description = "Who compares what there is with what was applied, from the default branch: it reads and never writes."
  type = object({
    account_id         = string
    display_name       = string
    description        = string
    organization_roles = list(string)
  })
}

variable "apply_identity" {
  description = "Who applies. `organization_roles` are granted on the organisation, `billing_roles` on the billing account; `secret_role` is the id of the custom role that manages secrets without reading them."
  type = object({
    account_id         = string
    display_name       = string
    description        = string
    organization_roles = list(string)
    billing_roles      = list(string)
    secret_role        = string
  })
}

variable "federation" {
  description = "How jobs at the Git provider prove who they are. `attributes` map claims of its token, `condition` names the one owner and repository that are let in; `repository` is what `attribute.repository` is then."
  type = object({
    pool       = string
    provider   = string
    issuer     = string
    repository = string
    attributes = map(string)
    condition  = string
  })

  validation {
    condition     = strcontains(var.federation.condition, var.federation.repository)
    error_message = "The condition must name the repository: the issuer signs tokens for everybody's."
  }
}
