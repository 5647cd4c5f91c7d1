# The contract of an edge: one load-balancer cell in the edge project. Every name comes from the caller.

variable "edge" {
  description = "Which edge this is and where it stands. `description` appears on the URL map; `prevent_destroy` keeps the addresses that customers' DNS points at."
  type = object({
    id              = string
    project         = string
    description     = string
    prevent_destroy = bool
  })
}

variable "labels" {
  description = "Labels of every resource that takes them. Keys and values already follow the label syntax."
  type        = map(string)
}

variable "names" {
  description = "Names of the parts of the load balancer."
  type = object({
    address_ipv4     = string
    address_ipv6     = string
    certificate_map  = string
    url_map          = string
    redirect_url_map = string
    https_proxy      = string
    http_proxy       = string
    ssl_policy       = string
    https_rule_ipv4  = string
    https_rule_ipv6  = string
    http_rule_ipv4   = string
    http_rule_ipv6   = string
  })
}

variable "tls" {
  description = "What clients may negotiate: profile MODERN, RESTRICTED or COMPATIBLE and the lowest TLS version."
  type = object({
    profile     = string
    min_version = string
  })
}

variable "authorizations" {
  description = "DNS authorisations by domain. The owner of the domain makes the record that the output names."
  type = map(object({
    name   = string
    domain = string
  }))
}

variable "certificates" {
  description = "Managed certificates by key. `name` has to change with `domains`, because the successor is made first. `authorizations` are keys of that variable; empty means that Google checks over the load balancer itself."
  type = map(object({
    name           = string
    description    = string
    domains        = list(string)
    authorizations = list(string)
  }))
}

variable "entries" {
  description = "Entries of the certificate map by host. `hostname` empty makes the default entry. `certificates` are keys of that variable; `external` are full ids of certificates that somebody else brought."
  type = map(object({
    name         = string
    hostname     = string
    certificates = list(string)
    external     = list(string)
  }))
}

variable "default_host" {
  description = "Where requests for an unknown host are sent."
  type        = string
}

variable "sites" {
  description = "Routes of sites by matcher name. `backend` is the self link of a backend service in a shard's project; `hsts` is the header's value, empty for none; `redirects` send exact paths, or prefixes ending in `/*`, to `path` or, keeping the rest of the path, to `prefix`; `host` empty keeps the host, `code` is Google's name such as MOVED_PERMANENTLY_DEFAULT."
  type = map(object({
    hosts   = list(string)
    backend = string
    hsts    = string
    redirects = list(object({
      from        = list(string)
      host        = string
      path        = string
      prefix      = string
      code        = string
      strip_query = bool
    }))
  }))
}

variable "redirect_hosts" {
  description = "Hosts that only forward to another host, by matcher name. `code` is Google's name, such as PERMANENT_REDIRECT."
  type = map(object({
    hosts = list(string)
    to    = string
    code  = string
  }))
}

variable "dns" {
  description = "The platform's zone, and the name in it that points at this edge, with the closing dot."
  type = object({
    project = string
    zone    = string
    target  = string
    ttl     = number
  })
}

variable "records" {
  description = "Names of sites below the platform's domain, each with the closing dot: they are aliases of `dns.target`."
  type        = map(string)
}
