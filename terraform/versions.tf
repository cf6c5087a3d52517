terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket, key and region come from -backend-config; README.md says how.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Application = var.name
      ManagedBy   = "terraform"
    }
  }
}

# The same, for the ephemeral resources alone: Terraform 1.11 cannot mock those, so the tests mock the other one.
provider "aws" {
  alias  = "secrets"
  region = var.region
}
