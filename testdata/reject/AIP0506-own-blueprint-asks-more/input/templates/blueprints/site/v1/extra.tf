variable "colour" {
  description = "The colour of the logo."
  type        = string
}
