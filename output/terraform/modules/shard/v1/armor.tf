# A backend service takes a policy of its own project only, and sites' backends are made before their edge is applied:
# therefore the policies stand here, one per level of Cloud Armor that the shard's edges have.
resource "google_compute_security_policy" "edge" {
  for_each = var.armor

  project     = google_project.shard.project_id
  name        = each.value.name
  description = each.value.description
  type        = "CLOUD_ARMOR"
  labels      = var.labels

  advanced_options_config {
    json_parsing = each.value.json_parsing
    log_level    = each.value.log_level
  }

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable = each.value.adaptive_protection
    }
  }

  dynamic "rule" {
    for_each = each.value.rules

    content {
      priority    = rule.value.priority
      description = rule.value.description
      action      = rule.value.action
      preview     = rule.value.preview

      match {
        versioned_expr = rule.value.expression == "" ? "SRC_IPS_V1" : null

        dynamic "config" {
          for_each = rule.value.expression == "" ? [1] : []

          content {
            src_ip_ranges = rule.value.ranges
          }
        }

        dynamic "expr" {
          for_each = rule.value.expression == "" ? [] : [1]

          content {
            expression = rule.value.expression
          }
        }
      }

      dynamic "rate_limit_options" {
        for_each = rule.value.rate == null ? [] : [rule.value.rate]

        content {
          conform_action   = "allow"
          exceed_action    = rate_limit_options.value.exceed_action
          ban_duration_sec = rate_limit_options.value.ban_seconds > 0 ? rate_limit_options.value.ban_seconds : null

          rate_limit_threshold {
            count        = rate_limit_options.value.count
            interval_sec = rate_limit_options.value.interval_seconds
          }

          # Several keys count per combination, such as address and host: one rule then serves many sites.
          dynamic "enforce_on_key_configs" {
            for_each = rate_limit_options.value.keys

            content {
              enforce_on_key_type = enforce_on_key_configs.value.type
              enforce_on_key_name = enforce_on_key_configs.value.name == "" ? null : enforce_on_key_configs.value.name
            }
          }
        }
      }

      dynamic "preconfigured_waf_config" {
        for_each = length(rule.value.exclusions) == 0 ? [] : [1]

        content {
          dynamic "exclusion" {
            for_each = rule.value.exclusions

            content {
              target_rule_set = exclusion.value.rule_set
              target_rule_ids = exclusion.value.rule_ids

              dynamic "request_uri" {
                for_each = exclusion.value.paths

                content {
                  operator = "STARTS_WITH"
                  value    = request_uri.value
                }
              }
            }
          }
        }
      }
    }
  }

  # A policy must hold this one.
  rule {
    priority    = 2147483647
    description = "default"
    action      = each.value.default_action

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [google_project_service.shard]
}
