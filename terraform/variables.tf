variable "region" {
  description = "AWS region that holds everything."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Give a region's name, such as eu-central-1."
  }
}

variable "name" {
  description = "Prefix of every name; two installations in one account need two."
  type        = string
  default     = "suyuan"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "3 to 20 lower-case letters, digits and hyphens, beginning with a letter: load balancers and caches allow no more."
  }
}

variable "domain_name" {
  description = "Where people reach the service; tenants' pages are at {slug}.<domain_name>."
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "Give a host name in lower case without a scheme, such as trace.example.com."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of this region, issued, for domain_name and *.domain_name."
  type        = string
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:${var.region}:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "Give the ARN of an ACM certificate in the region that everything stands in: a load balancer takes no other."
  }
}

variable "zone_id" {
  description = "Route 53 zone in which the two records are made; null where DNS is kept elsewhere."
  type        = string
  default     = null
}

variable "image" {
  description = "The service's image in ECR, by digest: what was tested is what runs."
  type        = string
  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[a-z0-9/_.-]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Give <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hexadecimal digits>, not a tag: a tag can be moved."
  }
}

variable "cpu_architecture" {
  description = "What the image was built for."
  type        = string
  default     = "X86_64"
  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "X86_64 or ARM64."
  }
}

variable "vpc_cidr" {
  description = "Address range of the network: /16 to /22, split into nine subnets."
  type        = string
  default     = "10.20.0.0/16"
  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 10)) && try(tonumber(split("/", var.vpc_cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.vpc_cidr)[1]), 99) <= 22
    error_message = "Give an IPv4 range of /16 to /22, such as 10.20.0.0/16."
  }
}

variable "single_nat_gateway" {
  description = "One NAT gateway instead of one a zone: cheaper, and the loss of its zone cuts the tasks of all three off from the outside."
  type        = bool
  default     = false
}

variable "database_engine_version" {
  description = "Major version of PostgreSQL; minor ones come by themselves in the maintenance window."
  type        = string
  default     = "18"
  validation {
    condition     = can(regex("^[0-9]{2}$", var.database_engine_version)) && try(tonumber(var.database_engine_version), 0) >= 15
    error_message = "A major version, 15 or later: the service supports no older one."
  }
}

variable "database_instance_class" {
  description = "Size of the database's two machines."
  type        = string
  default     = "db.m7g.large"
}

variable "database_storage_gib" {
  description = "Storage at the start, and how far it may grow by itself."
  type = object({
    initial = number
    maximum = number
  })
  default = { initial = 100, maximum = 1000 }
  validation {
    condition     = var.database_storage_gib.initial >= 20 && var.database_storage_gib.maximum >= var.database_storage_gib.initial * 1.1
    error_message = "At least 20 GiB, and a maximum at least a tenth above the start, else storage cannot grow before it is full."
  }
}

variable "database_log_volume" {
  description = "Keep the write-ahead log on a volume of its own; takes provisioned IOPS (io2)."
  type        = bool
  default     = false
}

variable "cache_node_type" {
  description = "Size of the cache's two nodes."
  type        = string
  default     = "cache.t4g.small"
}

variable "server" {
  description = "Server tasks: how many, and CPU units and MiB of memory for each."
  type = object({
    count  = number
    cpu    = number
    memory = number
  })
  default = { count = 2, cpu = 1024, memory = 2048 }
  validation {
    condition     = var.server.count >= 2
    error_message = "At least 2, so that the loss of a zone or a deployment leaves one."
  }
}

variable "worker" {
  description = "Worker tasks: how many, and CPU units and MiB of memory for each."
  type = object({
    count  = number
    cpu    = number
    memory = number
  })
  default = { count = 2, cpu = 512, memory = 1024 }
  validation {
    condition     = var.worker.count >= 1
    error_message = "At least 1: without a worker no alert goes out."
  }
}

variable "secret_versions" {
  description = "Which secrets are drawn here; raise a number to draw that one anew (README.md: what to run afterwards)."
  type        = map(number)
  default = {
    database_url        = 1
    database_relay_url  = 1
    database_auth_url   = 1
    database_public_url = 1
    database_owner_url  = 1
    redis_password      = 1
    token_signing_key   = 1
    encryption_key      = 1
  }
  validation {
    condition = length(setsubtract(keys(var.secret_versions), [
      "database_url", "database_relay_url", "database_auth_url", "database_public_url", "database_owner_url",
      "redis_password", "token_signing_key", "encryption_key",
    ])) == 0
    error_message = "The names are fixed; see the default."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when the database's storage runs short."
  type        = list(string)
  default     = []
}
