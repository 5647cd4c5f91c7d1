variable "project" {
  description = "The project that holds the media."
  type        = string
}

variable "location" {
  description = "Where the media are kept."
  type        = string
}

variable "keep_days" {
  description = "Days for which a deleted file can be had back."
  type        = number
}
