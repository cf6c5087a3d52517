resource "aws_elasticache_subnet_group" "main" {
  name       = var.name
  subnet_ids = [for subnet in aws_subnet.isolated : subnet.id]
}

resource "aws_elasticache_parameter_group" "main" {
  name   = "${var.name}-valkey8"
  family = "valkey8"

  # Queued jobs stand here: when memory is short a write fails and is tried again; nothing is dropped silently.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

# A stack, because the provider would keep the user's password in its state: CloudFormation fetches it from the secret by itself.
resource "aws_cloudformation_stack" "cache_user" {
  name = "${var.name}-cache-user"

  template_body = jsonencode({
    Resources = {
      User = {
        Type = "AWS::ElastiCache::User"
        Properties = {
          Engine       = "valkey"
          UserId       = "${var.name}-default"
          UserName     = "default"
          AccessString = "on ~* &* +@all -@admin -@dangerous +info"
          AuthenticationMode = {
            Type = "password"
            # With the version, so that a password drawn anew is a changed template.
            Passwords = ["{{resolve:secretsmanager:${aws_secretsmanager_secret.main["redis_password"].arn}:SecretString:::${local.redis_password_version}}}"]
          }
        }
      }
    }
    Outputs = { UserId = { Value = { Ref = "User" } } }
  })
}

resource "aws_elasticache_user_group" "main" {
  engine        = "valkey"
  user_group_id = var.name
  user_ids      = [aws_cloudformation_stack.cache_user.outputs["UserId"]]
}

resource "aws_elasticache_replication_group" "main" {
  replication_group_id = var.name
  description          = "${var.name}: queue and short-lived state; losing it loses nothing"
  engine               = "valkey"
  engine_version       = "8.1"
  node_type            = var.cache_node_type
  parameter_group_name = aws_elasticache_parameter_group.main.name

  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true

  subnet_group_name  = aws_elasticache_subnet_group.main.name
  security_group_ids = [aws_security_group.cache.id]
  port               = 6379

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.data.arn
  user_group_ids             = [aws_elasticache_user_group.main.user_group_id]

  auto_minor_version_upgrade = true
  maintenance_window         = "sun:20:30-sun:21:30"
}
